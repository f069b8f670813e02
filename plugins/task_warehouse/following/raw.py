"""The bytes of a delivery around one line: as text where they are lines, else as they were read.

Lines of a plain text file are decoded and shown as they stand. Anything that has to be unpacked or
parsed (archives, workbooks, JSON, XML) is read again by the pipeline's own limited child process,
so what is shown is what the checks saw.
"""

from __future__ import annotations

import codecs
import json
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from task_warehouse.following.deliveries import Delivery
from task_warehouse.reading.request import Limits, ReadRequest

LINES_BEFORE = 3
LINES_AFTER = 6
LONGEST_LINE = 2_000
MOST_CELLS = 60
FARTHEST_BYTES = 512 * 1024 * 1024
CHUNK_BYTES = 1024 * 1024
LINE_FORMATS = ("csv", "ndjson")
PACKED = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\xd0\xcf\x11\xe0")
SECONDS = 20
MEMORY_BYTES = 1024 * 1024 * 1024

_one_at_a_time = threading.Semaphore(1)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file; ``is_asked`` marks the one that was asked for."""

    number: int
    text: str
    is_asked: bool
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One record as the pipeline reads it, cells under their headers."""

    line: int
    record: int
    part: str
    cells: list[tuple[str, str | None]]
    problem: str | None
    is_asked: bool


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What is around a line: lines, or records, or a word on why neither can be shown."""

    lines: list[Line] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    trouble: str | None = None


def excerpt(path: Path, delivery: Delivery, part: str, line: int, *, parsed: bool) -> Excerpt:
    """The surroundings of ``line`` (from 1) of ``part``; ``parsed`` asks for records in any case.

    ``trouble`` is ``far`` past what is searched, ``nothing`` where there is no such line, else the
    kind of defect that the reader met.
    """
    encoding = delivery.entry.encoding if delivery.entry else None
    if parsed or not is_plain_lines(path, delivery):
        return _records(path, delivery, part, line)
    return _lines(path, encoding or "utf-8", line)


def is_plain_lines(path: Path, delivery: Delivery) -> bool:
    """Whether the file is text that can be shown line by line as it stands."""
    if delivery.entry is None or delivery.entry.format not in LINE_FORMATS:
        return False
    if not _is_known(delivery.entry.encoding or "utf-8"):
        return False
    with path.open("rb") as stream:
        return not stream.read(8).startswith(PACKED)


def _is_known(encoding: str) -> bool:
    """Whether Python decodes it; TCVN3 and VNI are known to the reader only."""
    try:
        codecs.lookup(encoding)
    except LookupError:
        return False
    return True


def _lines(path: Path, encoding: str, asked: int) -> Excerpt:
    first, last = max(1, asked - LINES_BEFORE), asked + LINES_AFTER
    shown: list[Line] = []
    for number, text in _numbered(path, encoding, last):
        if number is None:
            return Excerpt(trouble="far")
        if number >= first:
            cut = text[:LONGEST_LINE]
            shown.append(Line(number, cut, number == asked, len(text) > LONGEST_LINE))
    if not any(line.is_asked for line in shown):
        return Excerpt(trouble="nothing")
    return Excerpt(lines=shown)


def _numbered(path: Path, encoding: str, last: int) -> Iterator[tuple[int | None, str]]:
    """Lines with their number up to ``last``, each cut to a little more than is shown."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    number, rest, end, done = 1, "", "", 0
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            done += len(chunk)
            text = decoder.decode(chunk)
            # As the reader counts: line feeds, or carriage returns where there are no others.
            end = end or ("\n" if "\n" in text or "\r" not in text else "\r")
            *whole, tail = text.split(end)
            for line in whole:
                yield number, (rest + line).strip("\r\n\ufeff")
                number, rest = number + 1, ""
                if number > last:
                    return
            rest = (rest + tail)[: LONGEST_LINE + 2]
            if done > FARTHEST_BYTES:
                yield None, ""
                return
    if rest:
        yield number, rest.strip("\r\n\ufeff")


def _records(path: Path, delivery: Delivery, part: str, asked: int) -> Excerpt:
    from task_warehouse import reading

    request = _request(path, delivery)
    limits = Limits(
        children=1, cpu_seconds=SECONDS, wall_seconds=float(SECONDS), memory_bytes=MEMORY_BYTES
    )
    # Short-lived, readable by this process only, and one at a time: pages must not crowd out runs.
    with _one_at_a_time, tempfile.TemporaryDirectory(prefix="follow-") as scratch:
        out = Path(scratch)
        reading.read_batch([request], out, limits)
        with duckdb.connect() as connection:
            return _around(connection, out, part, asked)


def _request(path: Path, delivery: Delivery) -> ReadRequest:
    from task_warehouse import reading
    from task_warehouse.contracts import load_contracts

    said = json.loads(delivery.first.options or "{}")
    known = {*load_contracts().known_headers(delivery.first.dataset), *(said.get("headers") or {})}
    return ReadRequest(
        delivery_id=delivery.delivery_id,
        path=path,
        name=delivery.first.original_name or "",
        format=said.get("format") or delivery.first.format,
        encoding=said.get("encoding"),
        delimiter=said.get("delimiter"),
        sheet=said.get("sheet"),
        records=said.get("records"),
        member=said.get("member"),
        header_hints=frozenset(reading.normalise_header(header) for header in known),
    )


def _around(connection: duckdb.DuckDBPyConnection, out: Path, part: str, asked: int) -> Excerpt:
    from task_warehouse import reading

    found = connection.execute(
        "select coalesce(part, ''), headers, refused from read_parquet(?)",
        [str(out / reading.LAYOUTS_FILE)],
    ).fetchall()
    refused = next((row[2] for row in found if row[2]), None)
    if refused:
        return Excerpt(trouble=refused)
    headers = {row[0]: list(row[1] or []) for row in found}
    connection.register("text", reading.open_text(out))
    rows = connection.execute(
        "select line, record, coalesce(part, ''), cells, problem from text"
        " where coalesce(part, '') = $part and line between $first and $last"
        f" order by record limit {LINES_BEFORE + LINES_AFTER + 1}",
        {
            "part": part,
            "first": asked - LINES_BEFORE,
            "last": asked + LINES_AFTER,
        },
    ).fetchall()
    records = [
        Record(
            row[0], row[1], row[2], _named(headers.get(row[2], []), row[3]), row[4], row[0] == asked
        )
        for row in rows
    ]
    return Excerpt(records=records, trouble=None if records else "nothing")


def _named(headers: list[str], cells: list[str | None] | None) -> list[tuple[str, str | None]]:
    values = (cells or [])[:MOST_CELLS]
    names = [*headers, *("" for _ in range(len(values) - len(headers)))]
    return list(zip(names, values, strict=False))
