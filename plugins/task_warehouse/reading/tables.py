"""The text table: what every format becomes, written record batch by record batch.

A sink keeps the order of the records. Rows come in two ways: as Python lists (any format) or as
one Arrow list array a segment (the fast path of clean CSV).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from task_warehouse.reading import refusal
from task_warehouse.reading.refusal import Refusal

RAW_LIMIT = 2_000
ROWS_A_BATCH = 16_384
NOTES_LIMIT = 60

TEXT_SCHEMA = pa.schema(
    [
        ("delivery_id", pa.string()),
        ("part", pa.string()),
        ("record", pa.int64()),
        ("line", pa.int64()),
        ("cells", pa.list_(pa.string())),
        ("problem", pa.string()),
        ("raw", pa.string()),
    ]
)

LAYOUT_SCHEMA = pa.schema(
    [
        ("delivery_id", pa.string()),
        ("part", pa.string()),
        ("format", pa.string()),
        ("encoding", pa.string()),
        ("delimiter", pa.string()),
        ("quote", pa.string()),
        ("header_line", pa.int64()),
        ("headers", pa.list_(pa.string())),
        ("first_column", pa.int64()),  # column of the sheet in which the cells begin, from 1
        ("records", pa.int64()),
        ("damaged", pa.int64()),
        ("refused", pa.string()),
        ("refused_detail", pa.string()),
        ("notes", pa.list_(pa.string())),
    ]
)

Row = tuple[int, "list[str | None] | None", "str | None", "str | None"]


@dataclass(slots=True)
class Layout:
    """What was found out about one part of a delivery; one row of ``layouts.parquet``."""

    part: str = ""
    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    header_line: int | None = None
    headers: list[str] = field(default_factory=list)
    first_column: int | None = None
    records: int = 0
    damaged: int = 0
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Keep a remark for the person who asks why; the first sixty are kept."""
        if len(self.notes) < NOTES_LIMIT:
            self.notes.append(text[:RAW_LIMIT])

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in LAYOUT_SCHEMA.names if hasattr(self, name)}


class TextSink:
    """Writes the records of one delivery, part after part, as Arrow IPC messages."""

    def __init__(self, stream: BinaryIO, delivery_id: str, output_bytes: int) -> None:
        self._stream = stream
        self._delivery_id = delivery_id
        self._limit = output_bytes
        self._rows: list[Row] = []
        self._written = 0
        self.record = 0
        self.layouts: list[Layout] = []

    @property
    def layout(self) -> Layout:
        """Layout of the part that is being read."""
        return self.layouts[-1]

    @property
    def idle(self) -> bool:
        """Whether no rows are pending, so that a segment costs no extra batch."""
        return not self._rows

    def begin(self, layout: Layout) -> None:
        """Start a part; the record numbers go on through the delivery."""
        self.flush()
        layout.part = clean_text(layout.part)
        self.layouts.append(layout)

    def row(self, line: int, cells: list[str | None]) -> None:
        self._rows.append((line, cells, None, None))
        if len(self._rows) >= ROWS_A_BATCH:
            self.flush()

    def damaged(
        self, line: int, problem: str, raw: str, cells: list[str | None] | None = None
    ) -> None:
        """A record that cannot be trusted: its raw text, cut, and the kind of damage."""
        self.layout.damaged += 1
        self._rows.append((line, cells, problem, clean_text(raw[:RAW_LIMIT])))
        if len(self._rows) >= ROWS_A_BATCH:
            self.flush()

    def segment(self, lines: Any, cells: pa.Array) -> None:
        """Many sound records at once: ``lines`` an int64 array, ``cells`` a list<string> array."""
        self.flush()
        for start in range(0, len(cells), ROWS_A_BATCH):
            part = cells.slice(start, ROWS_A_BATCH)
            count = len(part)
            nulls = pa.nulls(count, pa.string())
            self._write(lines[start : start + count], part, nulls, nulls)

    def flush(self) -> None:
        """Write the pending rows."""
        if not self._rows:
            return
        rows, self._rows = self._rows, []
        rows = [self._storable(row) for row in rows]
        lines, cells, problems, raws = zip(*rows, strict=True)
        self._write(
            np.array(lines, dtype=np.int64),
            _cells_array(cells),
            pa.array(problems, pa.string()),
            pa.array(raws, pa.string()),
        )

    def _storable(self, row: Row) -> Row:
        """The row itself, or a damaged one if it holds half a surrogate pair, which no text is."""
        line, cells, problem, raw = row
        if cells is None:
            return row
        text = "".join(filter(None, cells))
        if text.isascii():
            return row
        try:
            text.encode()
        except UnicodeEncodeError:
            if problem is None:
                self.layout.damaged += 1
            shown = " | ".join(cell or "" for cell in cells)
            return line, None, problem or refusal.BAD_CHARACTER, clean_text(shown[:RAW_LIMIT])
        if not unicodedata.is_normalized("NFC", text):
            cells = [None if cell is None else unicodedata.normalize("NFC", cell) for cell in cells]
        return line, cells, problem, raw

    def _write(self, lines: Any, cells: pa.Array, problems: pa.Array, raws: pa.Array) -> None:
        count = len(cells)
        first = self.record + 1
        self.record += count
        self.layout.records += count
        batch = pa.record_batch(
            [
                pa.repeat(pa.scalar(self._delivery_id), count),
                pa.repeat(pa.scalar(self.layout.part), count),
                pa.array(np.arange(first, first + count, dtype=np.int64)),
                pa.array(lines, pa.int64()),
                cells,
                problems,
                raws,
            ],
            schema=TEXT_SCHEMA,
        )
        message = batch.serialize()
        self._written += message.size
        if self._written > self._limit:
            raise Refusal(refusal.TOO_LARGE, f"more than {self._limit} bytes of text came out")
        self._stream.write(message)


def clean_text(text: str) -> str:
    """NFC, and storable: half a surrogate pair becomes its escape."""
    normal = unicodedata.normalize("NFC", text)
    return normal.encode("utf-8", "backslashreplace").decode()


def _cells_array(rows: Sequence[list[str | None] | None]) -> pa.Array:
    sizes = [0 if cells is None else len(cells) for cells in rows]
    offsets = np.zeros(len(sizes) + 1, dtype=np.int32)
    np.cumsum(sizes, out=offsets[1:])
    flat = pa.array(list(chain.from_iterable(filter(None, rows))), pa.string())
    absent = np.array([cells is None for cells in rows])
    mask = pa.array(absent) if absent.any() else None
    return pa.ListArray.from_arrays(pa.array(offsets), flat, mask=mask)
