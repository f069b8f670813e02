"""Secret marks in what a refused delivery holds besides rows: its headers, and bytes nobody reads.

A file without a header line has its first row taken for one; a file cut in the middle is refused
before any row of it is seen. Neither may stay in landing, nor be quoted in a message, if a mark
stands in it. Bytes are decoded and searched here, nothing more: they are not parsed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import duckdb
import pyarrow as pa

from task_warehouse import landing
from task_warehouse.checking.refusals import Refusals
from task_warehouse.checking.secrecy import LABELLED, is_marked, joined
from task_warehouse.mapping import create_from
from task_warehouse.settings import Home

# A mark that fills a field of delimited text, a JSON string or an XML element.
FIELD = re.compile(rf"(?:^|[,;\t|\">])\s*{LABELLED}\s*(?:[,;\t|\"<]|$)", re.IGNORECASE | re.M)
SEARCHED_BYTES = 64_000_000
ENCODINGS = {b"\xff\xfe": ("utf-16-le",), b"\xfe\xff": ("utf-16-be",)}
USUAL = ("utf-8", "cp1258")


def find(con: duckdb.DuckDBPyConnection, home: Home, refusals: Refusals) -> dict[str, int]:
    """Deliveries refused so far in whose headers or unread bytes a mark stands, with how many."""
    found = _in_headers(con, refusals)
    for delivery_id in refusals.by_delivery:
        layouts = refusals.layouts[delivery_id]
        if layouts and not any(layout.refused for layout in layouts):
            continue
        marks = _in_bytes(home, refusals.deliveries[delivery_id].sha256)
        if marks:
            found[delivery_id] = max(marks, found.get(delivery_id, 0))
    return found


def _in_headers(con: duckdb.DuckDBPyConnection, refusals: Refusals) -> dict[str, int]:
    rows = [
        {"delivery_id": delivery_id, "cells": [header or "" for header in layout.headers]}
        for delivery_id in refusals.by_delivery
        for layout in refusals.layouts[delivery_id]
    ]
    schema = pa.schema([("delivery_id", pa.string()), ("cells", pa.list_(pa.string()))])
    create_from(con, "refused_headers", pa.Table.from_pylist(rows, schema=schema))
    return dict(
        con.execute(
            f"select delivery_id, count(*) from (select delivery_id, {joined('cells')} as joined"
            f" from refused_headers) where {is_marked('joined')} group by delivery_id"
        ).fetchall()
    )


def _in_bytes(home: Home, sha256: str) -> int:
    path = landing.path_of(home, sha256)
    if not path.is_file():
        return 0
    with path.open("rb") as stream:
        content = stream.read(SEARCHED_BYTES)
    return max((len(FIELD.findall(text)) for text in _texts(content)), default=0)


def _texts(content: bytes) -> Iterator[str]:
    for encoding in ENCODINGS.get(content[:2], USUAL):
        yield unicodedata.normalize("NFC", content.decode(encoding, errors="replace"))
