"""JSON documents, pages of them, and JSON Lines to the text table.

Numbers stay the text they were written as. NaN, Infinity, numbers beyond a double and keys given
twice are refused: they are where readers differ silently.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

from task_warehouse.reading import refusal
from task_warehouse.reading.encodings import Chunk
from task_warehouse.reading.nested import Columns, Step, find_path, parse_path, records_at
from task_warehouse.reading.refusal import Refusal
from task_warehouse.reading.request import Limits
from task_warehouse.reading.tables import Layout, TextSink

RECORD_SEPARATOR = "\x1e"
_SPACE = re.compile(r"[ \t\r\n]*")


def read_json(
    text: str, records: str | None, layout: Layout, sink: TextSink, limits: Limits
) -> None:
    """Read one document, or several after one another (pages, RFC 7464), as one table.

    ``line`` of a record is its ordinal in the delivery. Any fault refuses the delivery.
    """
    sink.begin(layout)
    columns = Columns(layout, sink, limits)
    steps = parse_path(records) if records else None
    ordinal = pages = 0
    for document in _documents(text):
        pages += 1
        if steps is None or (not records and not steps):
            steps = find_path(document)
        for around, record in records_at(document, steps):
            ordinal += 1
            columns.add(ordinal, around, record)
    if pages == 0:
        raise Refusal(refusal.EMPTY, "no JSON document")
    if pages > 1:
        layout.note(f"{pages} pages")
    if steps and not records:
        layout.note(f"records found at {_written(steps)}")


def _written(steps: list[Step]) -> str:
    return ".".join(step.name + ("[]" if step.each else "") for step in steps)


def _documents(text: str) -> Iterator[Any]:
    decoder = _decoder()
    place, end = 0, len(text)
    while True:
        place = _skip(text, place)
        if place >= end:
            return
        try:
            document, place = decoder.raw_decode(text, place)
        except RecursionError as error:
            raise Refusal(refusal.TOO_DEEP, "brackets nested too deep") from error
        except json.JSONDecodeError as error:
            detail = f"line {error.lineno}, column {error.colno}: {error.msg}"
            raise Refusal(refusal.JSON_INVALID, detail) from error
        yield document


def _skip(text: str, place: int) -> int:
    """Past white space and record separators between documents."""
    while True:
        match = _SPACE.match(text, place)
        place = match.end() if match else place
        if not text.startswith(RECORD_SEPARATOR, place):
            return place
        place += 1


def read_json_lines(
    chunks: Iterable[Chunk], records: str | None, layout: Layout, sink: TextSink, limits: Limits
) -> None:
    """Read JSON Lines; a line that is not sound costs itself."""
    sink.begin(layout)
    columns = Columns(layout, sink, limits)
    decoder = _decoder()
    steps = parse_path(records) if records else []
    line = 0
    for chunk in chunks:
        octets = chunk.octets
        for raw in octets.split(b"\n") if not octets.endswith(b"\n") else octets[:-1].split(b"\n"):
            line += 1
            if raw.strip(b" \t\r\x1e"):
                _read_line(line, raw, decoder, steps, columns)


def _read_line(
    line: int, raw: bytes, decoder: json.JSONDecoder, steps: list[Step], columns: Columns
) -> None:
    try:
        text = raw.decode().strip(" \t\r\x1e")
        document = decoder.decode(text)
        if not isinstance(document, (dict, list)):
            raise ValueError("a plain value")
        found = list(records_at(document, steps))
    except UnicodeDecodeError:
        shown = raw.decode("utf-8", "backslashreplace")
        columns.sink.damaged(line, refusal.BAD_CHARACTER, shown)
    except (ValueError, Refusal, RecursionError):
        columns.sink.damaged(line, refusal.LINE_INVALID, raw.decode("utf-8", "backslashreplace"))
    else:
        for around, record in found:
            columns.add(line, around, record)


def _decoder() -> json.JSONDecoder:
    def number(text: str) -> str:
        if len(text) > 4_000 or not math.isfinite(float(text)):
            raise Refusal(refusal.JSON_NUMBER, f"number {text[:80]!r} is beyond any double")
        return text

    def whole(text: str) -> str:
        if len(text) > 4_000:
            raise Refusal(refusal.JSON_NUMBER, f"a number of {len(text)} digits")
        return text

    def constant(text: str) -> str:
        raise Refusal(refusal.JSON_NUMBER, f"{text} is not a number")

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(items)
        if len(fields) != len(items):
            keys = [key for key, _ in items]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise Refusal(refusal.JSON_DUPLICATE_KEY, f"key {twice[:200]!r} is given twice")
        return fields

    return json.JSONDecoder(
        parse_float=number, parse_int=whole, parse_constant=constant, object_pairs_hook=pairs
    )
