"""Child process that looks into pages (JSON, a bucket's XML) it is handed: what comes next?

Standard library only, and run by its path: it starts in milliseconds and shares nothing with the
process that holds the credentials. Request: one line of JSON (size in bytes, paths), then the
page. Answer: one line of JSON. Anything that hurts it (depth, memory, digits) ends here.
"""

import hashlib
import json
import resource
import sys
from typing import Any
from urllib.parse import unquote
from xml.parsers import expat  # takes no entity and opens nothing by itself; DTDs end it below

MEMORY_BYTES = 1_500_000_000
MAX_ANSWER_CHARS = 8_192
COMMON_LISTS = 1
DEEPEST_XML = 8
MAX_OBJECTS = 10_000
LISTING, OBJECT = ["ListBucketResult"], ["ListBucketResult", "Contents"]


def follow(page: Any, path: str | None) -> Any:
    """The value at a dotted path; None where there is none."""
    for part in (path or "").split("."):
        if not part or part == "$":
            continue
        if isinstance(page, list) and part.isdigit() and int(part) < len(page):
            page = page[int(part)]
        elif isinstance(page, dict):
            page = page.get(part)
        else:
            return None
    return page


def items_of(page: Any, path: str | None) -> list[Any] | None:
    """The list of the page: at the path, or the page itself, or the only list in it."""
    if path:
        found = follow(page, path)
        return found if isinstance(found, list) else None
    if isinstance(page, list):
        return page
    lists = [value for value in page.values() if isinstance(value, list)] if page else []
    return lists[0] if len(lists) == COMMON_LISTS else None


def peek(page: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Number and hash of the items, the next address or cursor, the stated total."""
    items = items_of(page, request.get("items")) if isinstance(page, (list, dict)) else None
    following = follow(page, request["next"]) if request.get("next") else None
    total = follow(page, request["total"]) if request.get("total") else None
    answer: dict[str, Any] = {"items": None, "hash": None, "next": None, "total": None}
    if items is not None:
        answer["items"] = len(items)
        text = json.dumps(items, sort_keys=True, ensure_ascii=True)
        answer["hash"] = hashlib.sha256(text.encode()).hexdigest()
    if isinstance(following, (str, int, float)) and not isinstance(following, bool):
        answer["next"] = str(following)
    if isinstance(total, (str, int)) and str(total).isdigit():
        answer["total"] = int(total)
    return answer


class Bucket:
    """What expat meets in a listing; ValueError for what no listing holds."""

    def __init__(self) -> None:
        self.path: list[str] = []
        self.text: list[str] = []
        self.told: dict[str, str] = {}
        self.one: dict[str, str] = {}
        self.objects: list[dict[str, str]] = []

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self.path.append(name.rpartition(":")[2])
        self.text.clear()
        if len(self.path) > DEEPEST_XML or self.path[:1] != LISTING:
            raise ValueError("not a listing")
        if self.path == OBJECT:
            self.one = {}

    def end(self, _name: str) -> None:
        text, above = "".join(self.text), self.path[:-1]
        if self.path == OBJECT:
            self.objects.append(self.one)
            if len(self.objects) > MAX_OBJECTS:
                raise ValueError("too many objects on one page")
        elif above == OBJECT:
            self.one[self.path[-1]] = text
        elif above == LISTING:
            self.told[self.path[-1]] = text
        self.path.pop()
        self.text.clear()

    def refuse(self, *_: Any) -> None:
        raise ValueError("a DTD")


def objects_of(body: bytes) -> dict[str, Any]:
    """Objects of a listing (ListObjectsV2) and the token of the next page."""
    found, parser = Bucket(), expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = found.start, found.end
    parser.CharacterDataHandler = found.text.append
    parser.StartDoctypeDeclHandler = found.refuse
    parser.Parse(body, True)
    decode = unquote if found.told.get("EncodingType") == "url" else str
    objects = [
        (decode(one["Key"]), int(one["Size"]), one.get("ETag"), one.get("LastModified"))
        for one in found.objects
        if one.get("Key") and one.get("Size", "").isdigit()
    ]
    following = found.told.get("NextContinuationToken") or None
    if found.told.get("IsTruncated") == "true" and following is None:
        raise ValueError("more objects, and no token for them")
    return {"objects": objects, "next": following}


def answer_one(line: bytes, read: Any) -> str:
    request = json.loads(line)
    body = read(request["size"])
    if request.get("objects"):
        try:
            return json.dumps(objects_of(body))
        except (ValueError, expat.ExpatError) as error:
            return json.dumps({"error": f"no listing of a bucket: {str(error)[:200]}"})
    try:
        answer = peek(json.loads(body), request)
    except RecursionError:
        answer = {"error": "nested too deeply"}
    except (ValueError, UnicodeDecodeError) as error:
        answer = {"error": f"not JSON: {type(error).__name__}"}
    except MemoryError:
        answer = {"error": "too large to look into"}
    text = json.dumps(answer)
    return text if len(text) <= MAX_ANSWER_CHARS else json.dumps({"error": "next is too long"})


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    source, target = sys.stdin.buffer, sys.stdout
    while line := source.readline():
        target.write(answer_one(line, source.read) + "\n")
        target.flush()


if __name__ == "__main__":
    main()
