"""Bytes of an export: the dialects, encodings and containers of the habits.

Rows are mappings from canonical column to cell; every writer gives the same bytes for the same
rows, on any day and any machine.
"""

from __future__ import annotations

import io
import json
import unicodedata
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from xml.sax.saxutils import escape

import xlsxwriter

from task_warehouse.sample.deliveries import Cell, Delivery, Row
from task_warehouse.sample.habits import Habit
from task_warehouse.sample.vocabularies import FULL, header_of, words_of

DATE_FORMATS = {
    "dd/mm/yyyy": "%d/%m/%Y",
    "iso": "%Y-%m-%d",
    "yyyymmdd": "%Y%m%d",
    "mm/dd/yyyy": "%m/%d/%Y",
}
MOMENTS = {"iso": "%Y-%m-%dT%H:%M:%S+07:00", "yyyymmdd": "%Y-%m-%d %H:%M:%S"}
ARCHIVE_TIME = (2025, 1, 1, 0, 0, 0)
BOOK_CREATED = datetime(2025, 1, 1)
TITLES = {
    "documents": "DANH MỤC VĂN BẢN GIAO NHIỆM VỤ",
    "tasks": "DANH MỤC NHIỆM VỤ",
    "progress": "BÁO CÁO TIẾN ĐỘ THỰC HIỆN NHIỆM VỤ",
    "indicators": "DANH MỤC CHỈ TIÊU",
    "indicator_values": "SỐ LIỆU CHỈ TIÊU",
    "feedback": "PHẢN ÁNH, KIẾN NGHỊ, SÁNG KIẾN, GIẢI PHÁP",
    "control_totals": "SỐ TỔNG ĐỐI CHIẾU",
}
SHEETS = {
    "documents": "Văn bản", "tasks": "Nhiệm vụ", "progress": "Tiến độ",
    "indicators": "Chỉ tiêu", "indicator_values": "Số liệu", "feedback": "Phản ánh, kiến nghị",
    "control_totals": "Số tổng",
}  # fmt: skip
ORDINAL = "STT"
NESTED = "duLieuBaoCao[].dulieu[]"
NESTED_HEADERS = {"breakdown": "fldCode"}
TONES = "\u0300\u0301\u0303\u0309\u0323"
NOT_IN_1258 = {"≥": ">=", "≤": "<="}


def columns_of(habit: Habit, dataset: str) -> list[str]:
    """The canonical columns in the order in which this habit exports them."""
    columns = list(FULL[dataset])
    if habit.reversed_columns:
        # The key stays in front; old software lists the rest from the newest field back.
        return columns[:1] + columns[:0:-1]
    return columns


def headers_of(habit: Habit, dataset: str) -> dict[str, str]:
    """By canonical column, in export order, the header as written (lower part when merged)."""
    headers = {c: header_of(habit.headers, dataset, c) for c in columns_of(habit, dataset)}
    return headers | NESTED_HEADERS if is_nested(habit, dataset) else headers


def is_nested(habit: Habit, dataset: str) -> bool:
    """Does it export the dataset in the report shape of provincial systems?"""
    return habit.nested_values and dataset == "indicator_values"


def export(delivery: Delivery) -> bytes:
    """The file, or the JSON list that the simulated server cuts into pages."""
    return WRITERS[delivery.system.habit.format](delivery)


def show(habit: Habit, dataset: str) -> Callable[[str, Cell], Cell]:
    """A function that writes one cell the way the habit does, numbers and real dates kept."""
    words = words_of(habit.words, dataset)
    pattern = DATE_FORMATS[habit.date_format]
    moment = MOMENTS.get(habit.date_format, f"{pattern} %H:%M:%S")
    native = habit.native_dates

    def shown(column: str, cell: Cell) -> Cell:
        if isinstance(cell, datetime):
            return cell if native else cell.strftime(moment)
        if isinstance(cell, date):
            return cell if native else cell.strftime(pattern)
        if isinstance(cell, str) and column in words:
            return words[column].get(cell, cell)
        return cell

    return shown


def as_text(habit: Habit, cell: Cell) -> str:
    """The cell as text of a flat file, in the habit's decimal sign and normal form."""
    if cell is None:
        return ""
    if isinstance(cell, float | int):
        return f"{cell:.12g}".replace(".", habit.decimal)
    return unicodedata.normalize("NFD" if habit.decomposed else "NFC", str(cell))


def _flat(delivery: Delivery) -> bytes:
    habit, dataset = delivery.system.habit, delivery.dataset
    shown = show(habit, dataset)
    headers = headers_of(habit, dataset)
    quoted = (habit.delimiter, '"', "\n", "\r")

    def field(text: str) -> str:
        if any(mark in text for mark in quoted):
            return '"' + text.replace('"', '""') + '"'
        return text

    first = [ORDINAL] if habit.ordinal else []
    lines = [[*first, *(as_text(habit, header) for header in headers.values())]]
    lines[0] = [field(text) for text in lines[0]]
    for number, row in enumerate(delivery.rows, start=1):
        cells = [as_text(habit, shown(c, row.cells[c])) for c in headers]
        texts = [field(text) for text in cells]
        if row.is_ragged:
            texts.insert(len(texts) // 2, "xem phụ lục")
        lines.append([str(number), *texts] if habit.ordinal else texts)
    end = habit.newline
    text = end.join(habit.delimiter.join(line) for line in lines) + end
    return _packed(habit, delivery, encode(habit, text))


def encode(habit: Habit, text: str) -> bytes:
    """Text in the habit's encoding."""
    if habit.encoding == "windows-1258":
        return encode_1258(text)
    if habit.bom:
        return text.encode("utf-8-sig")
    return text.encode(habit.encoding)


def encode_1258(text: str) -> bytes:
    """Windows-1258: letters with their shape in one byte, the tone as a mark after it."""
    out: list[str] = []
    for char in text:
        if char.isascii():
            out.append(char)
            continue
        parts = unicodedata.normalize("NFD", NOT_IN_1258.get(char, char))
        shape = "".join(part for part in parts if part not in TONES)
        out.append(unicodedata.normalize("NFC", shape))
        out.extend(part for part in parts if part in TONES)
    return "".join(out).encode("cp1258")


def _packed(habit: Habit, delivery: Delivery, content: bytes) -> bytes:
    if not habit.zipped:
        return content
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo(delivery.name.removesuffix("zip") + habit.format, ARCHIVE_TIME)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        archive.writestr(info, content)
    return buffer.getvalue()


def _records(delivery: Delivery) -> list[dict[str, Cell]]:
    habit = delivery.system.habit
    shown = show(habit, delivery.dataset)
    headers = headers_of(habit, delivery.dataset)
    return [
        {header: shown(column, row.cells[column]) for column, header in headers.items()}
        for row in delivery.rows
    ]


def _json(delivery: Delivery) -> bytes:
    records = _records(delivery)
    if is_nested(delivery.system.habit, delivery.dataset):
        return _dump(_reports(delivery, records))
    if delivery.system.habit.transport == "http":
        return _dump(records)
    return _dump({"data": {"total": len(records), "items": records}})


def _reports(delivery: Delivery, records: list[dict[str, Cell]]) -> list[dict[str, object]]:
    """One report a body and period, in it the indicators, in each of them its values as text."""
    habit = delivery.system.habit
    reports: dict[tuple[Cell, Cell], dict[Cell, list[dict[str, str]]]] = {}
    for record in records:
        texts = {header: as_text(habit, cell) for header, cell in record.items()}
        unit, period = texts.pop("maDonVi"), texts.pop("kyDuLieu")
        indicators = reports.setdefault((unit, period), {})
        indicators.setdefault(texts.pop("maChiTieu"), []).append(texts)
    return [
        {
            "tenBaoCao": TITLES[delivery.dataset].capitalize(),
            "maDonVi": unit,
            "tenDonVi": delivery.system.organisation.name,
            "kyDuLieu": period,
            "duLieuBaoCao": [
                {"maChiTieu": code, "dulieu": values} for code, values in indicators.items()
            ],
        }
        for (unit, period), indicators in reports.items()
    ]


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _ndjson(delivery: Delivery) -> bytes:
    return b"".join(_dump(record) + b"\n" for record in _records(delivery))


def _xml(delivery: Delivery) -> bytes:
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n<baoCao>\n']
    habit = delivery.system.habit
    for record in _records(delivery):
        cells = "".join(
            f"<{tag}>{escape(as_text(habit, cell))}</{tag}>"
            for tag, cell in record.items()
            if cell is not None
        )
        parts.append(f"  <banGhi>{cells}</banGhi>\n")
    parts.append("</baoCao>\n")
    return "".join(parts).encode()


def _workbook(delivery: Delivery) -> bytes:
    habit, dataset = delivery.system.habit, delivery.dataset
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "dd/mm/yyyy"})
    book.set_properties({"title": TITLES[dataset], "created": BOOK_CREATED})
    sheet = book.add_worksheet(SHEETS[dataset])
    first = [ORDINAL] if habit.ordinal else []
    headers = [*first, *headers_of(habit, dataset).values()]
    line = 0
    if habit.title_rows:
        line = _write_title(sheet, delivery, len(headers))
    line = _write_headers(sheet, headers, line, merged=habit.headers == "merged")
    moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"})
    shown = show(habit, dataset)
    for number, row in enumerate(delivery.rows, start=1):
        cells = [shown(c, row.cells[c]) for c in columns_of(habit, dataset)]
        _write_row(sheet, line, [number, *cells] if habit.ordinal else cells, moment)
        line += 1
    book.close()
    return buffer.getvalue()


def _write_title(sheet: xlsxwriter.worksheet.Worksheet, delivery: Delivery, width: int) -> int:
    last = width - 1
    sheet.merge_range(0, 0, 0, last, delivery.system.organisation.name.upper())
    sheet.merge_range(1, 0, 1, last, TITLES[delivery.dataset])
    sheet.merge_range(2, 0, 2, last, f"(Số liệu đến ngày {delivery.business_date:%d/%m/%Y})")
    return 3


def _write_headers(
    sheet: xlsxwriter.worksheet.Worksheet, headers: Sequence[str], line: int, *, merged: bool
) -> int:
    """One header row, or two where neighbours stand under a common upper cell."""
    pairs = [header.partition(" / ")[::2] for header in headers]
    if not merged or not any(lower for _, lower in pairs):
        sheet.write_row(line, 0, headers)
        return line + 1
    start = 0
    while start < len(pairs):
        upper, lower = pairs[start]
        end = start
        while lower and end + 1 < len(pairs) and pairs[end + 1][1] and pairs[end + 1][0] == upper:
            end += 1
        if not lower:
            sheet.merge_range(line, start, line + 1, start, upper)
        elif end > start:
            sheet.merge_range(line, start, line, end, upper)
        else:
            sheet.write_string(line, start, upper)
        for column in range(start, end + 1):
            if pairs[column][1]:
                sheet.write_string(line + 1, column, pairs[column][1])
        start = end + 1
    return line + 2


def _write_row(
    sheet: xlsxwriter.worksheet.Worksheet,
    line: int,
    cells: Sequence[Cell],
    moment: xlsxwriter.format.Format,
) -> None:
    for column, cell in enumerate(cells):
        if isinstance(cell, datetime):
            sheet.write_datetime(line, column, cell, moment)
        elif isinstance(cell, date):
            sheet.write_datetime(line, column, datetime(cell.year, cell.month, cell.day))
        elif isinstance(cell, float | int):
            sheet.write_number(line, column, cell)
        elif cell:
            sheet.write_string(line, column, cell)


WRITERS: dict[str, Callable[[Delivery], bytes]] = {
    "csv": _flat,
    "tsv": _flat,
    "json": _json,
    "ndjson": _ndjson,
    "xml": _xml,
    "xlsx": _workbook,
}


def can_be_ragged(row: Row, habit: Habit) -> bool:
    """Only flat files know rows with a field too many."""
    return habit.format in ("csv", "tsv") and row.is_safe
