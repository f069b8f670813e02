"""Excel workbooks with one peculiarity each."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import xlsxwriter
from read_here import Read

from task_warehouse.reading.headers import normalise_header
from task_warehouse.reading.legacy_vietnamese import TCVN3
from task_warehouse.reading.request import Limits
from task_warehouse.reading.workbook import number_text

HEADER = ["Mã nhiệm vụ", "Tên nhiệm vụ", "Hạn"]
BODY = [["NV-1", "Một", "31/12/2025"], ["NV-2", "Hai", "30/06/2025"]]


def workbook(fill: Callable[[Any, Any], None], **options: Any) -> bytes:
    """Octets of a workbook whose first sheet is filled by ``fill(book, sheet)``."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, options) as book:
        fill(book, book.add_worksheet("Nhiệm vụ"))
    return out.getvalue()


def table(sheet: Any, rows: list[list[Any]], top: int = 0) -> None:
    for number, row in enumerate(rows):
        sheet.write_row(top + number, 0, row)


def rewritten(content: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one part of its ZIP changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for info in old.infolist():
            octets = old.read(info.filename)
            new.writestr(info.filename, change(octets) if info.filename == part else octets)
    return out.getvalue()


def test_a_plain_sheet(read: Read) -> None:
    reading = read(workbook(lambda _, sheet: table(sheet, [HEADER, *BODY])), "nv.xlsx")
    assert reading.headers == HEADER
    assert reading.rows == BODY
    assert reading.lines == [2, 3]
    assert reading.layout.part == "Nhiệm vụ"
    assert reading.layout.format == "xlsx"


def test_title_rows_stand_above_the_header(read: Read) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.merge_range("A1:C1", "BÁO CÁO TIẾN ĐỘ THỰC HIỆN NHIỆM VỤ")
        sheet.write("A2", "Kỳ báo cáo: tháng 11/2025")
        table(sheet, [HEADER, *BODY], top=3)

    reading = read(workbook(fill), "nv.xlsx")
    assert reading.headers == HEADER
    assert reading.lines == [5, 6]
    assert "row 1 stands above the table: BÁO CÁO" in reading.notes


def test_merged_header_of_two_rows(read: Read) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.merge_range("A1:A2", "STT")
        sheet.merge_range("B1:C1", "Nhiệm vụ")
        sheet.merge_range("D1:E1", "Thời hạn")
        table(sheet, [["", "Mã", "Tên", "Giao", "Hoàn thành"]], top=1)
        sheet.write("A2", "")
        table(sheet, [[1, "NV-1", "Một", "01/01/2025", "31/12/2025"]] * 3, top=2)

    content = workbook(fill)
    expected = [
        "STT",
        "Nhiệm vụ / Mã",
        "Nhiệm vụ / Tên",
        "Thời hạn / Giao",
        "Thời hạn / Hoàn thành",
    ]
    assert read(content, "nv.xlsx").headers == expected
    hints = frozenset(map(normalise_header, ["Mã", "Tên", "Giao", "Hoàn thành"]))
    reading = read(content, "nv.xlsx", header_hints=hints)
    assert reading.headers == expected
    assert len(reading.rows) == 3
    assert "two rows" in reading.notes


def test_dates_serials_and_text_dates(read: Read) -> None:
    """A date cell is ISO text; a number that only a person knows to be a date stays a number."""

    def fill(book: Any, sheet: Any) -> None:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        table(sheet, [["ma", "han"]])
        sheet.write("A2", "a")
        sheet.write_datetime("B2", datetime.datetime(2026, 2, 1), day)
        table(sheet, [["b", 46054], ["c", "01/02/2026"]], top=2)
        sheet.write("A5", "d")
        sheet.write_datetime("B5", datetime.datetime(2026, 2, 1, 10, 30), day)

    for options in ({}, {"date_1904": True}):
        rows = read(workbook(fill, **options), "nv.xlsx").rows
        assert [row[1] for row in rows] == [
            "2026-02-01",
            "46054",
            "01/02/2026",
            "2026-02-01T10:30:00",
        ]


def test_numbers_are_text_exactly(read: Read) -> None:
    def fill(book: Any, sheet: Any) -> None:
        table(sheet, [["ma", "so"], ["a", 12], ["b", 12.5], ["c", 0.1], ["d", 1e20], ["e", -3]])
        table(sheet, [["f", 2025.0], ["g", 1234567890123]], top=6)

    rows = read(workbook(fill), "nv.xlsx").rows
    assert [row[1] for row in rows] == [
        "12", "12.5", "0.1", "100000000000000000000", "-3", "2025", "1234567890123",
    ]  # fmt: skip
    assert number_text(1.5e-07) == "0.00000015"


def test_codes_with_leading_zeros(read: Read) -> None:
    def fill(book: Any, sheet: Any) -> None:
        zeros = book.add_format({"num_format": "00000"})
        table(sheet, [["ma_xa", "ten"], ["00004", "An Khê"]])
        sheet.write("A3", 4, zeros)
        sheet.write("B3", "số có định dạng 00000")
        table(sheet, [["4", "chữ"], [4, "số"]], top=3)

    rows = read(workbook(fill), "nv.xlsx").rows
    assert [row[0] for row in rows] == ["00004", "00004", "4", "4"]


def test_a_table_that_begins_in_another_row_and_column(read: Read) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row(3, 2, HEADER)
        sheet.write(4, 2, 7, book.add_format({"num_format": "00000"}))
        sheet.write_row(6, 2, BODY[1])

    reading = read(workbook(fill), "nv.xlsx")
    assert reading.headers == HEADER
    assert reading.lines == [5, 7]
    assert reading.rows[0][0] == "00007"
    assert (reading.layout.header_line, reading.layout.first_column) == (4, 3)


def test_hidden_rows_are_read_and_hidden_sheets_reported(read: Read) -> None:
    def fill(book: Any, sheet: Any) -> None:
        table(sheet, [HEADER, *BODY])
        sheet.set_row(1, None, None, {"hidden": True})
        other = book.add_worksheet("Ẩn")
        table(other, [HEADER, *BODY])
        other.hide()

    reading = read(workbook(fill), "nv.xlsx")
    assert reading.rows == BODY
    assert "hidden sheet 'Ẩn' was not read" in reading.notes


def test_every_visible_sheet_is_a_part(read: Read) -> None:
    def fill(book: Any, sheet: Any) -> None:
        table(sheet, [HEADER, *BODY])
        table(book.add_worksheet("Chỉ tiêu"), [["Chỉ tiêu", "Giá trị"], ["A", 1], ["B", 2]])
        book.add_worksheet("Trống")

    reading = read(workbook(fill), "nv.xlsx")
    assert [layout.part for layout in reading.layouts] == ["Nhiệm vụ", "Chỉ tiêu"]
    assert [record["part"] for record in reading.records] == ["Nhiệm vụ"] * 2 + ["Chỉ tiêu"] * 2


def test_known_names_choose_the_sheet_and_the_others_are_reported(read: Read) -> None:
    def fill(book: Any, sheet: Any) -> None:
        table(book.add_worksheet("Hướng dẫn"), [["Cột", "Cách ghi"], ["Hạn", "ngày"]])
        table(sheet, [HEADER, *BODY])

    hints = frozenset(map(normalise_header, HEADER))
    reading = read(workbook(fill), "nv.xlsx", header_hints=hints)
    assert reading.layout.part == "Nhiệm vụ"
    assert "sheet 'Hướng dẫn' has no known header: not read" in reading.notes


def test_the_declared_sheet_is_read_and_a_missing_one_refused(read: Read) -> None:
    def fill(book: Any, sheet: Any) -> None:
        table(sheet, [HEADER, *BODY])
        table(book.add_worksheet("Khác"), [["a", "b"], [1, 2]])

    content = workbook(fill)
    assert read(content, "nv.xlsx", sheet=" nhiệm  vụ").layout.part == "Nhiệm vụ"
    missing = read(content, "nv.xlsx", sheet="Tháng 12")
    assert missing.refused == "file.sheet_missing"
    assert "'Khác'" in missing.detail


def test_formulas_by_their_cached_value_and_errors_as_written(read: Read) -> None:
    def fill(book: Any, sheet: Any) -> None:
        table(sheet, [["ma", "so"]])
        sheet.write("A2", "a")
        sheet.write_formula("B2", "=1+1", None, 2)
        sheet.write("A3", "b")
        sheet.write_formula("B3", "=NA()", None, "#N/A")

    assert read(workbook(fill), "nv.xlsx").rows == [["a", "2"], ["b", "#N/A"]]


def test_a_formula_that_was_never_computed_is_a_reject(read: Read) -> None:
    def fill(book: Any, sheet: Any) -> None:
        table(sheet, [["ma", "so"], ["a", 1], ["b", 2], ["c", 3]])
        sheet.write_formula("B3", "=1+1", None, "")

    reading = read(workbook(fill), "nv.xlsx")
    assert reading.rows == [["a", "1"], ["c", "3"]]
    assert reading.damaged == [(3, "file.formula_without_value", "b | ")]


def test_formula_text_stays_text(read: Read) -> None:
    def fill(book: Any, sheet: Any) -> None:
        table(sheet, [["ma", "ten"]])
        sheet.write_row("A2", ["a"])
        sheet.write_string("B2", '=HYPERLINK("http://x")')

    assert read(workbook(fill), "nv.xlsx").rows == [["a", '=HYPERLINK("http://x")']]


def test_header_repeated_on_every_printed_page_is_a_reject(read: Read) -> None:
    reading = read(
        workbook(lambda _, sheet: table(sheet, [HEADER, *BODY, HEADER, *BODY])), "nv.xlsx"
    )
    assert len(reading.rows) == 4
    assert [line for line, _, _ in reading.damaged] == [4]


@pytest.mark.parametrize("declared", [None, "tcvn3"])
def test_cells_typed_in_a_legacy_font(read: Read, declared: str | None) -> None:
    places = {letter: chr(place) for place, letter in TCVN3.items()}
    rows = [
        ["mã nhiệm vụ", "tên nhiệm vụ", "đơn vị chủ trì", "khó khăn, vướng mắc"],
        ["nv-1", "xây dựng cơ sở dữ liệu", "sở khoa học và công nghệ", "chưa bố trí kinh phí"],
        ["nv-2", "đào tạo kỹ năng số", "sở giáo dục", "thiếu người ở cấp xã, đường truyền yếu"],
    ]
    typed = [
        ["".join(places.get(letter, letter) for letter in cell) for cell in row] for row in rows
    ]
    reading = read(workbook(lambda _, sheet: table(sheet, typed)), "nv.xlsx", encoding=declared)
    assert [reading.headers, *reading.rows] == rows
    assert "tcvn3" in reading.notes


def test_a_workbook_bomb_is_refused(read: Read) -> None:
    def fill(book: Any, sheet: Any) -> None:
        table(sheet, [HEADER, *BODY])

    def grow(octets: bytes) -> bytes:
        return octets + b"<!--" + b"0" * (60 << 20) + b"-->"

    content = rewritten(workbook(fill), "xl/sharedStrings.xml", grow)
    assert len(content) < 200_000
    assert read(content, "nv.xlsx").refused == "file.archive_bomb"


def test_a_cell_in_the_last_corner_is_refused_before_memory_is_taken(read: Read) -> None:
    def fill(book: Any, sheet: Any) -> None:
        table(sheet, [HEADER, *BODY])
        sheet.write(1_048_575, 16_383, "x")

    assert read(workbook(fill), "nv.xlsx").refused in {"file.too_large", "file.too_wide"}


def test_a_cut_workbook_is_refused(read: Read) -> None:
    content = workbook(lambda _, sheet: table(sheet, [HEADER, *BODY]))
    assert read(content[: len(content) // 2], "nv.xlsx").refused == "file.archive_damaged"
    broken = rewritten(content, "xl/worksheets/sheet1.xml", lambda octets: octets[:200])
    assert read(broken, "nv.xlsx").refused in {"file.workbook_damaged", "file.empty"}


def test_a_protected_workbook_is_refused(read: Read) -> None:
    compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600
    assert read(compound, "nv.xlsx").refused in {"file.workbook_damaged", "file.encrypted"}


def test_rows_are_counted_twice(read: Read) -> None:
    """The rows of the XML and the rows that came out are held against each other."""
    content = workbook(lambda _, sheet: table(sheet, [HEADER, *BODY]))

    def spoil(octets: bytes) -> bytes:
        return re.sub(rb'<row r="3".*?</row>', rb'<row r="3"><c r="A3"><v>  </v></c></row>', octets)

    reading = read(rewritten(content, "xl/worksheets/sheet1.xml", spoil), "nv.xlsx")
    assert reading.refused or "rows hold a value" in reading.notes or len(reading.records) == 2


@pytest.mark.parametrize("rows", [2_000])
def test_large_sheets_in_reasonable_time(read: Read, rows: int) -> None:
    content = workbook(
        lambda _, sheet: table(sheet, [HEADER, *[[f"NV-{n}", f"Tên {n}", n] for n in range(rows)]])
    )
    assert len(read(content, "nv.xlsx", limits=Limits()).rows) == rows
