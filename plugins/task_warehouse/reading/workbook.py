"""Excel workbooks to the text table: a part a sheet, the line is the row of the sheet.

Cells become the text they mean: dates ISO, whole numbers without a decimal point, codes with the
zeros their format shows, formulas their cached value. Nothing is filled down, hidden rows are
read, hidden sheets are reported and left.
"""

from __future__ import annotations

import datetime
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from task_warehouse.reading import refusal
from task_warehouse.reading.archives import Allowance
from task_warehouse.reading.encodings import legacy_converter
from task_warehouse.reading.headers import HEADER_WITHIN, Header, find_header, normalise_header
from task_warehouse.reading.refusal import Refusal
from task_warehouse.reading.request import Limits, ReadRequest
from task_warehouse.reading.sniffing import XLSX
from task_warehouse.reading.tables import Layout, TextSink
from task_warehouse.reading.workbook_parts import SheetFacts, WorkbookParts

Row = list["str | None"]
EXACT_INTEGERS = 10**15


def read_workbook(
    stream: BinaryIO,
    part: str,
    kind: str,
    request: ReadRequest,
    limits: Limits,
    sink: TextSink,
    allowance: Allowance,
) -> None:
    """Read the declared sheet, or every visible one that holds anything.

    Where header names are known, sheets without any of them are left and reported, unless no
    sheet has one. Raises Refusal for a damaged or protected workbook and a missing sheet.
    """
    parts = WorkbookParts(stream, allowance) if kind == XLSX else None
    stream.seek(0)
    try:
        book = CalamineWorkbook.from_object(stream)
        sheets = _wanted(book, request.sheet)
        tables = [_Table(book, name, parts, request, limits) for name in sheets]
    except PasswordError as error:
        raise Refusal(refusal.ENCRYPTED, "the workbook is protected by a password") from error
    except CalamineError as error:
        raise Refusal(refusal.WORKBOOK_DAMAGED, str(error)[:300]) from error
    notes = _left_out(book, sheets)
    filled = [table for table in tables if table.rows]
    known = [table for table in filled if table.hits >= 2]
    chosen = known or filled
    notes += [f"sheet {table.name!r} has no known header: not read" for table in filled
              if table not in chosen]  # fmt: skip
    if not chosen:
        raise Refusal(refusal.EMPTY, "no sheet holds a cell")
    for table in chosen:
        table.write(part, kind, sink, notes)
        notes = []


def _wanted(book: CalamineWorkbook, sheet: str | None) -> list[str]:
    if sheet is None:
        return [
            found.name
            for found in book.sheets_metadata
            if found.visible == SheetVisibleEnum.Visible and found.typ == SheetTypeEnum.WorkSheet
        ]
    wanted = normalise_header(sheet)
    names = [name for name in book.sheet_names if normalise_header(name) == wanted]
    if not names:
        listed = ", ".join(repr(name) for name in book.sheet_names[:20])
        raise Refusal(refusal.SHEET_MISSING, f"no sheet {sheet!r}; there are {listed}")
    return names


def _left_out(book: CalamineWorkbook, read: list[str]) -> list[str]:
    return [
        f"hidden sheet {found.name!r} was not read"
        for found in book.sheets_metadata
        if found.visible != SheetVisibleEnum.Visible and found.name not in read
    ]


class _Table:
    """One sheet: its rows as text, and where its header is."""

    def __init__(
        self,
        book: CalamineWorkbook,
        name: str,
        parts: WorkbookParts | None,
        request: ReadRequest,
        limits: Limits,
    ) -> None:
        self.name = name
        self.facts = parts.facts(name, limits.sheet_cells) if parts else SheetFacts()
        sheet = book.get_sheet_by_name(name)
        if sheet.width > limits.columns:
            raise Refusal(refusal.TOO_WIDE, f"{sheet.width} columns in sheet {name!r}")
        self.left = sheet.start[1] if sheet.start else 0
        self.rows = list(self._rows(sheet))
        self.legacy = self._convert_legacy(request.encoding)
        ranges = sheet.merged_cell_ranges or []
        numbers = [number for number, _ in self.rows[: HEADER_WITHIN + 2]]
        across = {first[0] for first, last in ranges if last[1] > first[1]}
        merged = frozenset(index for index, number in enumerate(numbers) if number - 1 in across)
        first = [cells for _, cells in self.rows[: HEADER_WITHIN + 60]]
        self.header: Header = find_header(first, request.header_hints, merged)
        names = {
            normalise_header(piece)
            for cell in self.header.names
            for piece in (cell, cell.rpartition(" / ")[2])
        }
        self.hits = len(names & request.header_hints)
        self.merged = len(ranges)

    def _rows(self, sheet: CalamineSheet) -> Iterator[tuple[int, Row]]:
        """Rows that hold anything, with their number in the sheet from 1.

        The library gives empty rows above the first filled one, but no empty columns before it.
        """
        for row, values in enumerate(sheet.iter_rows()):
            cells = [self._text(row, column, value) for column, value in enumerate(values)]
            if any(cell is not None for cell in cells):
                yield row + 1, cells

    def _text(self, row: int, column: int, value: Any) -> str | None:
        place = (row, self.left + column)
        if value == "" and type(value) is str:
            return self.facts.errors.get(place)
        text = as_text(value)
        width = self.facts.padded.get(place)
        return text.zfill(width) if width and text.isdigit() else text

    def _convert_legacy(self, declared: str | None) -> str:
        """Text typed in a legacy font becomes Vietnamese; what is reported of it."""
        words = (cell for _, cells in self.rows[:400] for cell in cells if cell)
        convert, note = legacy_converter(declared, " ".join(words))
        if convert is not None:
            self.rows = [
                (number, [convert(cell) if cell else cell for cell in cells])
                for number, cells in self.rows
            ]
        return note

    def write(self, part: str, kind: str, sink: TextSink, notes: list[str]) -> None:
        header = self.header
        line = self.rows[header.rows[0]][0] if header.rows else None
        layout = Layout(
            part="/".join(filter(None, (part, self.name))),
            format=kind,
            header_line=line,
            headers=[unicodedata.normalize("NFC", name) for name in header.names],
            first_column=self.left + 1,
            notes=[*notes, *filter(None, [self.legacy]), *header.notes],
        )
        sink.begin(layout)
        for number, cells in self.rows[: header.rows[0] if header.rows else 0]:
            words = " | ".join(cell for cell in cells if cell)
            layout.note(f"row {number} stands above the table: {words[:500]}")
        below = {number for number, _ in self.rows[header.first_data :]}
        damaged = {row + 1 for row, _ in self.facts.unvalued} & below
        titles = [cell or None for cell in header.names]
        for number, cells in self.rows[header.first_data :]:
            if number in damaged:
                shown = " | ".join(cell or "" for cell in cells)
                sink.damaged(number, refusal.FORMULA_WITHOUT_VALUE, shown, cells)
            elif len(header.rows) == 1 and cells == titles:
                sink.damaged(number, refusal.REPEATED_HEADER, " | ".join(filter(None, cells)))
            else:
                sink.row(number, cells)
        self._only_formulas(damaged, below, sink)
        if self.facts.rows is not None and self.facts.rows != len(self.rows):
            layout.note(f"{self.facts.rows} rows hold a value, {len(self.rows)} came out")

    def _only_formulas(self, damaged: set[int], below: set[int], sink: TextSink) -> None:
        """Rows with nothing but formulas that were never computed are not lost either."""
        first = self.rows[self.header.first_data][0] if below else 0
        for number in sorted({row + 1 for row, _ in self.facts.unvalued} - damaged):
            if number > first:
                sink.damaged(number, refusal.FORMULA_WITHOUT_VALUE, "")


def as_text(value: Any) -> str:
    """The text of a cell; dates and times in ISO 8601, numbers in plain decimal notation."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.isoformat()
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return str(value)


def number_text(value: float) -> str:
    """A number as Excel shows it in a General cell: 12, 0.3, never 12.0 or 1e+20."""
    if value.is_integer() and abs(value) < EXACT_INTEGERS:
        return str(int(value))
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").removesuffix(".") if "." in text else text
