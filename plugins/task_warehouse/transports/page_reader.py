"""Child process that looks into pages of JSON it is handed, and says what comes next.

Standard library only, and run by its path: it starts in milliseconds and shares nothing with the
process that holds the credentials. Request: one line of JSON (size in bytes, paths), then the
page. Answer: one line of JSON. Anything that hurts it (depth, memory, digits) ends here.
"""

import hashlib
import json
import resource
import sys
from typing import Any

MEMORY_BYTES = 1_500_000_000
MAX_ANSWER_CHARS = 8_192
COMMON_LISTS = 1


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


def answer_one(line: bytes, read: Any) -> str:
    request = json.loads(line)
    body = read(request["size"])
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
