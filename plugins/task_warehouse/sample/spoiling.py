"""Spoil the bytes of a delivery: what no defect of rows can express."""

from __future__ import annotations

from collections.abc import Callable

from task_warehouse.sample.deliveries import Delivery
from task_warehouse.sample.formats import encode_1258

ERROR_PAGE = """<!DOCTYPE html>
<html lang="vi"><head><meta charset="utf-8"><title>Lỗi hệ thống</title></head>
<body><h1>502 Bad Gateway</h1><p>Hệ thống đang bảo trì, vui lòng quay lại sau.</p></body></html>
"""


def spoil(delivery: Delivery, content: bytes) -> bytes:
    """The bytes as they arrive."""
    defect = delivery.defect or ""
    if defect in REPLACED:
        return REPLACED[defect]
    change = SPOILERS.get(defect)
    return change(content) if change else content


def _strange_headers(content: bytes) -> bytes:
    """The first line replaced by headers that nobody knows."""
    bom = content[:3] if content.startswith(b"\xef\xbb\xbf") else b""
    first, _, rest = content.partition(b"\n")
    separator = b";" if b";" in first else b","
    width = len(first.split(separator)) if b'"' not in first else 10
    strange = separator.join(b"F%03d" % number for number in range(1, width + 1))
    end = b"\r\n" if first.endswith(b"\r") else b"\n"
    return bom + strange + end + rest


def _new_column(content: bytes) -> bytes:
    """A column more than the template has, filled in every line."""
    first, *rest = content.splitlines(keepends=True)
    separator = b";" if b";" in first else b","
    added = [b"Y\xc3\xaau c\xe1\xba\xa7u m\xe1\xbb\x9bi", *([b"x"] * len(rest))]
    lines = zip((first, *rest), added, strict=True)
    return b"".join(
        line.rstrip(b"\r\n") + separator + cell + line[len(line.rstrip(b"\r\n")) :]
        for line, cell in lines
    )


SPOILERS: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda content: content[: len(content) * 3 // 5],
    "wrong_encoding": lambda content: encode_1258(content.decode("utf-8-sig")),
    "unknown_header": _strange_headers,
    "new_column": _new_column,
}
REPLACED = {"error_page": ERROR_PAGE.encode(), "empty_file": b""}
