"""A source's report as an Excel workbook that a person can print, filter and work through.

Every text is written as text, whatever it begins with: nothing an export holds becomes a formula
or a link. The same report gives the same bytes.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import xlsxwriter

from task_warehouse.reporting_back.texts import said

MOST_ROWS = 100_000  # of one sheet; the JSON file holds all
LONGEST_TEXT = 32_767  # characters in one cell of the format
ROWS_IN_MEMORY = 2_000
NAVY, PALE, GREY, WHITE = "#1F3864", "#EAF0F8", "#7F7F7F", "#FFFFFF"
ROW_COLOURS = {"error": "#FBE4E0", "warn": "#FFF6DB"}
SCORE_COLOURS = {"green": "#DFF2E1", "amber": "#FFF1CC", "red": "#F9D9D4", "grey": "#EEEEEE"}
DIMENSIONS = ("overall", "completeness", "timeliness", "validity", "uniqueness", "consistency")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet: where its value is in a row of the report, its titles and its width."""

    key: str
    title_vi: str
    title_en: str
    width: float

    @property
    def title(self) -> str:
        return f"{self.title_vi}\n{self.title_en}"


ROWS = (
    Column("severity_vi", "Mức độ", "Severity", 13),
    Column("dataset_vi", "Bộ dữ liệu", "Dataset", 20),
    Column("file", "Tệp", "File", 26),
    Column("address_vi", "Vị trí", "Where", 38),
    Column("record_key", "Mã bản ghi", "Record", 18),
    Column("value", "Giá trị đã gửi", "Value as sent", 28),
    Column("message_vi", "Sai ở đâu", "What is wrong", 46),
    Column("expected_vi", "Yêu cầu đúng", "What was expected", 36),
    Column("remedy_vi", "Việc cần làm", "What to do", 44),
    Column("responsibility_vi", "Bên xử lý", "Who acts", 16),
    Column("message_en", "Nội dung (tiếng Anh)", "In English", 40),
    Column("check_id", "Quy tắc", "Check", 28),
)
OPEN = (
    Column("dataset_vi", "Bộ dữ liệu", "Dataset", 22),
    Column("record_key", "Mã bản ghi", "Record", 22),
    Column("column_vi", "Cột", "Column", 22),
    Column("message_vi", "Lỗi", "Defect", 42),
    Column("first_seen_on", "Có từ ngày", "First seen", 13),
    Column("last_seen_on", "Gần nhất", "Last seen", 13),
    Column("days_open", "Số ngày", "Days open", 10),
    Column("remedy_vi", "Việc cần làm", "What to do", 48),
    Column("message_en", "Lỗi (tiếng Anh)", "In English", 40),
)
DATASETS = (
    Column("name_vi", "Bộ dữ liệu", "Dataset", 30),
    Column("status_vi", "Tình trạng", "Status", 16),
    Column("due_at", "Hạn gửi", "Due", 17),
    Column("received_at", "Đã nhận", "Received", 17),
    Column("rows_received", "Nhận", "Received", 10),
    Column("rows_accepted", "Được nhận", "Accepted", 11),
    Column("rows_rejected", "Bị từ chối", "Refused", 11),
    Column("rows_duplicate", "Trùng", "Repeated", 10),
    Column("rows_warned", "Cảnh báo", "Warned", 11),
    Column("rows_held", "Tạm giữ", "Held", 10),
    Column("overall", "Điểm", "Score", 9),
    Column("reason_vi", "Lý do", "Reason", 60),
)
# Points of a line of the sheet's letters, and their room in units of a column's width: wrapped at
# words, a line is rarely full.
LINE_HEIGHT, TITLE_HEIGHT, ROOM_A_LETTER, MOST_LINES = 15.0, 26.0, 1.05, 12
HIDDEN_VALUE = "(không hiển thị / not shown)"


def write(report: Mapping[str, Any]) -> bytes:
    """The octets of the workbook of ``report``."""
    octets = io.BytesIO()
    rows = max(len(report["rows"]), len(report["still_open"]))
    options = {
        "in_memory": rows <= ROWS_IN_MEMORY,
        "constant_memory": rows > ROWS_IN_MEMORY,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(octets, options) as book:
        day = datetime.fromisoformat(report["business_date"])
        book.set_properties(
            {"title": report["receipt_vi"], "subject": report["source"], "created": day}
        )
        forms = _formats(book)
        _Summary(book.add_worksheet("Tổng hợp"), forms, report).write()
        shown = [
            {**row, "value": HIDDEN_VALUE if row["value_hidden"] else row["value"]}
            for row in report["rows"][:MOST_ROWS]
        ]
        sheet = book.add_worksheet("Dòng cần sửa")
        _write_table(sheet, forms, ROWS, shown, len(report["rows"]))
        if report["still_open"]:
            sheet = book.add_worksheet("Lỗi cũ chưa sửa")
            left = report["still_open"]
            _write_table(sheet, forms, OPEN, left[:MOST_ROWS], len(left))
    return octets.getvalue()


def _formats(book: Any) -> dict[str, Any]:
    plain = {"font_name": "Calibri", "font_size": 11, "valign": "top", "text_wrap": True}
    boxed = {**plain, "border": 1, "border_color": "#D0D5DD"}
    head = {**boxed, "bold": True, "bg_color": NAVY, "font_color": WHITE, "valign": "vcenter"}
    forms = {
        "title": {**plain, "bold": True, "font_size": 16, "font_color": NAVY, "text_wrap": False},
        "note": {**plain, "font_color": GREY, "text_wrap": False},
        "said": plain,
        "label": {**boxed, "bold": True, "bg_color": PALE},
        "head": head,
        "cell": boxed,
        "number": {**boxed, "num_format": "#,##0"},
        "score": {**boxed, "num_format": "0.00"},
        **{name: {**boxed, "bg_color": colour} for name, colour in ROW_COLOURS.items()},
        **{
            name: {**boxed, "bold": True, "num_format": "0.00", "bg_color": colour}
            for name, colour in SCORE_COLOURS.items()
        },
    }
    return {name: book.add_format(form) for name, form in forms.items()}


class _Summary:
    """The first sheet: the receipt, the score, each dataset, each remark."""

    def __init__(self, sheet: Any, forms: Mapping[str, Any], report: Mapping[str, Any]) -> None:
        self.sheet, self.forms, self.report = sheet, forms, report
        self.row = 0

    def write(self) -> None:
        for place, column in enumerate(DATASETS):
            self.sheet.set_column(place, place, column.width)
        day = datetime.fromisoformat(self.report["business_date"])
        self.sheet.set_row(self.row, TITLE_HEIGHT)
        self._say("Kết quả tiếp nhận dữ liệu / What became of your data", "title")
        who = self.report["organisation"] or self.report["source"]
        self._say(f"{who} ({self.report['source']}), {day:%d/%m/%Y}", "note")
        self.row += 1
        for language in ("vi", "en"):
            self._across(self.report[f"receipt_{language}"])
        self.row += 1
        self._scores()
        self.row += 1
        self._datasets()
        for remark in self.report["anomalies"]:
            self._across(
                f"Khác thường lệ / Unusual: {remark['message_vi']} / {remark['message_en']}"
            )
        self.sheet.freeze_panes(2, 0)
        _set_page(self.sheet)

    def _say(self, text: str, form: str) -> None:
        _write_text(self.sheet, self.row, 0, text, self.forms[form])
        self.row += 1

    def _across(self, text: str) -> None:
        """A line of text over the whole width; its height must be given, merged cells have none."""
        width = sum(column.width for column in DATASETS)
        self.sheet.set_row(self.row, 16 * (1 + int(len(text) // width)))
        _write_text(self.sheet, self.row, 0, text, self.forms["said"], last=len(DATASETS) - 1)
        self.row += 1

    def _scores(self) -> None:
        for place, name in enumerate(DIMENSIONS):
            vi, en = said("dimensions", name)
            _write_text(self.sheet, self.row, place, f"{vi}\n{en}", self.forms["label"])
        self.sheet.set_row(self.row, 32)
        self.row += 1
        for place, name in enumerate(DIMENSIONS):
            colour = self.report["score"]["colour"] if name == "overall" else "score"
            _write_score(
                self.sheet, self.row, place, self.report["score"][name], self.forms[colour]
            )
        self.row += 1

    def _datasets(self) -> None:
        for place, column in enumerate(DATASETS):
            _write_text(self.sheet, self.row, place, column.title, self.forms["head"])
        self.sheet.set_row(self.row, 32)
        self.row += 1
        for dataset in self.report["datasets"]:
            self.sheet.set_row(self.row, _height(DATASETS, dataset))
            for place, column in enumerate(DATASETS):
                if column.key == "overall":
                    score = dataset["score"]
                    form = self.forms[score["colour"]]
                    _write_score(self.sheet, self.row, place, score["overall"], form)
                else:
                    _write_value(self.sheet, self.row, place, dataset[column.key], self.forms)
            self.row += 1


def _write_table(
    sheet: Any,
    forms: Mapping[str, Any],
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, Any]],
    all_rows: int,
) -> None:
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width)
    sheet.set_row(0, 34)
    for place, column in enumerate(columns):
        _write_text(sheet, 0, place, column.title, forms["head"])
    for number, row in enumerate(rows, start=1):
        sheet.set_row(number, _height(columns, row))
        for place, column in enumerate(columns):
            form = row.get("severity") if column.key == "severity_vi" else None
            _write_value(sheet, number, place, row[column.key], forms, forms.get(form or ""))
    if not rows:
        _write_text(sheet, 1, 0, "Không có dòng nào. / No rows.", forms["note"])
    elif all_rows > len(rows):
        text = f"Còn {all_rows - len(rows)} dòng nữa trong tệp JSON. / More in the JSON file."
        _write_text(sheet, len(rows) + 1, 0, text, forms["note"])
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(rows), 1), len(columns) - 1)
    _set_page(sheet)


def _height(columns: Sequence[Column], row: Mapping[str, Any]) -> float:
    """Points for the longest text of a row once it is wrapped: not every program works it out."""
    lines = (
        sum(1 + int(len(line) * ROOM_A_LETTER // column.width) for line in str(value).splitlines())
        for column in columns
        if isinstance(value := row.get(column.key), str)
    )
    return LINE_HEIGHT * min(max(lines, default=1), MOST_LINES) or LINE_HEIGHT


def _set_page(sheet: Any) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_margins(0.4, 0.4, 0.5, 0.5)
    sheet.set_footer("&C&P / &N")


def _write_value(
    sheet: Any, row: int, place: int, value: Any, forms: Mapping[str, Any], form: Any = None
) -> None:
    if value is None:
        sheet.write_blank(row, place, None, form or forms["cell"])
    elif isinstance(value, int):
        sheet.write_number(row, place, value, form or forms["number"])
    else:
        _write_text(sheet, row, place, str(value), form or forms["cell"])


def _write_score(sheet: Any, row: int, place: int, score: float | None, form: Any) -> None:
    if score is None:
        _write_text(sheet, row, place, "–", form)
    else:
        sheet.write_number(row, place, score, form)


def _write_text(
    sheet: Any, row: int, place: int, text: str, form: Any, last: int | None = None
) -> None:
    text = unicodedata.normalize("NFC", text)[:LONGEST_TEXT]
    if last is None:
        sheet.write_string(row, place, text, form)
    else:
        sheet.merge_range(row, place, row, last, "", form)
        sheet.write_string(row, place, text, form)
