"""What a file is by its first bytes, and whether that agrees with what it claims to be."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from task_warehouse.reading import refusal
from task_warehouse.reading.refusal import Refusal

CSV, JSON, NDJSON, XLSX, XLS, XML, ZIP, GZIP, TAR = (
    "csv",
    "json",
    "ndjson",
    "xlsx",
    "xls",
    "xml",
    "zip",
    "gzip",
    "tar",
)
ARCHIVES = frozenset({ZIP, GZIP, TAR})
WORKBOOKS = frozenset({XLSX, XLS})
# Pages of one pull are landed as a sequence of JSON texts (RFC 7464).
_DECLARED_AS = {"tsv": CSV, "json-seq": JSON}
DECLARABLE = frozenset({CSV, "tsv", JSON, NDJSON, XLSX, XLS, XML})

_MAGIC = (
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"\x1f\x8b", GZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", XLS),
)
_FOREIGN = (
    (b"%PDF-", "a PDF document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)
_HTML = re.compile(
    rb"\s*(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html|head|body|table)\b", re.I | re.S
)
_XML = re.compile(rb"\s*(?:<\?xml\b|<!--|<!DOCTYPE\b|<[A-Za-z_][\w.:-]*(?:\s|/?>))", re.I)
_PROLOG = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_BOM = re.compile(rb"\A(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)")

_BY_SUFFIX = {
    ".csv": CSV,
    ".tsv": CSV,
    ".txt": CSV,
    ".tab": CSV,
    ".json": JSON,
    ".jsonl": NDJSON,
    ".ndjson": NDJSON,
    ".xlsx": XLSX,
    ".xlsm": XLSX,
    ".xls": XLS,
    ".xml": XML,
    ".zip": ZIP,
    ".gz": GZIP,
    ".tgz": GZIP,
    ".tar": TAR,
}
DOCUMENTS = frozenset({JSON, NDJSON, XML})
_JSON_BEGINS = re.compile(r"\[\s*(?:[\"'{\[\]\d-]|true|false|null|NaN|$)|\{\s*(?:[\"'}]|$)")
_CONTROLS = bytes((*range(1, 9), *range(14, 28)))
# A JSON body under either name is read by what it holds; an old ".xls" name over a new workbook
# is what Excel itself opens without a word.
_KIN = (frozenset({JSON, NDJSON}), frozenset({XLSX, XLS}))


def container(head: bytes) -> str | None:
    """Kind of archive or workbook by magic bytes, None for text; foreign formats are refused."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[257:262] == b"ustar":
        return TAR
    for magic, what in _FOREIGN:
        if head.startswith(magic) and (magic != b"MZ" or b"\x00" in head[:512]):
            raise Refusal(refusal.NOT_WHAT_IT_SAYS, f"the content is {what}")
    return None


def text_format(sample: str) -> str:
    """Format of decoded text: json, ndjson, xml or csv; an HTML page is refused."""
    start = sample.lstrip("\ufeff \t\r\n")[:4_096]
    octets = start.encode("utf-8", "replace")
    if _HTML.match(octets):
        raise Refusal(refusal.NOT_WHAT_IT_SAYS, "the content is an HTML page")
    if start.startswith("\x1e"):
        return JSON
    if re.match(r"[\[{]", start):
        return _json_or_lines(sample.lstrip("\ufeff \t\r\n"))
    if _XML.match(octets):
        return XML
    return CSV


def stated_encoding(head: bytes) -> str | None:
    """The encoding an XML declaration states. It is read as ASCII, so it cannot be UTF-16."""
    found = _PROLOG.match(head)
    name = found.group(1).decode() if found else None
    return None if name and name.lower().replace("-", "").startswith("utf16") else name


def _json_or_lines(text: str) -> str:
    """JSON Lines if the first line closes what it opens and the next opens another."""
    first, _, rest = text.partition("\n")
    following = rest.lstrip()[:1]
    if first.rstrip().endswith(("}", "]")) and following and following in "{[":
        return NDJSON
    return JSON if _JSON_BEGINS.match(text) else CSV  # "[Mã];[Tên]" is a header


def claimed_format(declared: str | None, name: str) -> str | None:
    """What the source declared, else what the name ends in; None if neither says."""
    if declared:
        kind = _DECLARED_AS.get(declared.lower(), declared.lower())
        if kind not in DECLARABLE:
            raise Refusal(refusal.UNSUPPORTED, f"no reader for the declared format {declared!r}")
        return kind
    return _BY_SUFFIX.get(PurePosixPath(name.replace("\\", "/").lower()).suffix)


def agree(claimed: str | None, found: str) -> bool:
    """Whether the content may go under the claimed format."""
    if claimed is None or claimed == found or claimed in ARCHIVES:
        return True
    return any({claimed, found} <= kin for kin in _KIN)


def looks_binary(head: bytes) -> bool:
    """NUL or many control bytes, and no sign of UTF-16."""
    if _BOM.match(head):
        return False
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return b"\x00" in head or controls > max(4, len(head) // 20)
