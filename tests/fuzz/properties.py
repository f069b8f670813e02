"""What must hold of any bytes that are read: an end, an account that adds up, no row lost."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa

from task_warehouse.reading.delivery import read_delivery
from task_warehouse.reading.refusal import Refusal
from task_warehouse.reading.request import MIB, Limits, ReadRequest
from task_warehouse.reading.tables import TEXT_SCHEMA, Layout, TextSink

# The first byte of an input says as what the rest is read; None leaves it to the reader.
KINDS: tuple[tuple[str, str | None], ...] = (
    ("f", None),
    ("f.csv", "csv"),
    ("f.csv", None),
    ("f.tsv", "tsv"),
    ("f.json", "json"),
    ("f.json", None),
    ("f.ndjson", "ndjson"),
    ("f.xml", "xml"),
    ("f.xlsx", "xlsx"),
    ("f.zip", None),
)
LIMITS = Limits(
    output_bytes=64 * MIB,
    document_bytes=4 * MIB,
    record_bytes=65_536,
    archive_members=20,
    archive_bytes=16 * MIB,
    sheet_cells=200_000,
)


class LostError(AssertionError):
    """An account that does not add up."""


def examine(octets: bytes, folder: Path) -> None:
    """Read ``octets`` and hold the result against an independent count; raises LostError."""
    if not octets:
        return
    name, kind = KINDS[octets[0] % len(KINDS)]
    path = folder / "input"
    path.write_bytes(octets[1:])
    stream = io.BytesIO()
    sink = TextSink(stream, "d1", LIMITS.output_bytes)
    try:
        read_delivery(ReadRequest("d1", path, name=name, format=kind), LIMITS, sink, folder)
    except Refusal as verdict:
        if not verdict.kind.startswith("file."):
            raise LostError(f"refused as {verdict.kind!r}") from None
        return
    rows = _delivered(stream.getvalue())
    stated = sum(layout.records for layout in sink.layouts)
    damaged = sum(layout.damaged for layout in sink.layouts)
    if (len(rows), sum(problem is not None for problem in rows)) != (stated, damaged):
        raise LostError(
            f"{stated} records stated, {damaged} of them damaged; {len(rows)} delivered"
        )
    if len(sink.layouts) == 1:
        _count_lines(octets[1:], sink.layouts[0])


def _delivered(octets: bytes) -> list[str | None]:
    """The problem of each record that came out."""
    source, rows = pa.BufferReader(octets), []
    while source.tell() < source.size():
        batch = pa.ipc.read_record_batch(pa.ipc.read_message(source), TEXT_SCHEMA)
        batch.validate(full=True)
        rows += batch.column("problem").to_pylist()
    return rows


def _count_lines(octets: bytes, layout: Layout) -> None:
    """Without quotes a record is a line: those below the header are all there, or fewer than said.

    Lines are counted here as the standard counts them, by their line feeds; text that is not plain
    ASCII is left to other tests.
    """
    plain = octets.isascii() and b'"' not in octets and b"'" not in octets and b"\\" not in octets
    if layout.format not in ("csv", "tsv", "ndjson") or not plain or b"\r" in octets:
        return
    if layout.encoding != "utf-8":
        return
    if layout.header_line is None and any("above the table" in note for note in layout.notes):
        return  # how far above is told in words only
    lines = octets.split(b"\n")
    delimiter = (layout.delimiter or "").encode()
    below = lines[layout.header_line or 0 :]
    held = [line for line in below if line.replace(delimiter or b",", b"").strip(b" \t\x1e")]
    counted = len(held)
    if layout.format == "ndjson":
        if layout.records < counted and not _has_lists(held):
            raise LostError(f"{counted} lines, {layout.records} records")
    elif layout.records < counted:
        raise LostError(f"{counted} lines below the header, {layout.records} records")


def _has_lists(lines: list[bytes]) -> bool:
    """A line that is an empty list holds no record."""
    return any(line.strip().startswith(b"[") for line in lines)
