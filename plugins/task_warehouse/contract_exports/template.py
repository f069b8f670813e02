"""A contract as an Excel workbook that an officer fills in.

First sheet: the table to fill in, its header locked, its cells formatted and validated as the
contract asks, code lists as drop-downs. Then how to fill it in, and the code lists. What Excel
cannot ask is asked by the check; a workbook filled in by these rules is read and accepted as it is.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from task_warehouse.checking.secrecy import CODES as SECRET_CODES
from task_warehouse.contract_exports.wording import (
    SEVERITIES,
    asked_of,
    message_of,
    presence_of,
    service_of,
)
from task_warehouse.contracts import Column, Contract, Contracts
from task_warehouse.contracts.declared import shown_limit

LAST_ROW = 20_000
GUIDE, LISTS = "Hướng dẫn", "Danh mục"
LIST_TITLE = "Danh mục: "
# Part of the file's bytes: the same contract is the same file.
MADE = datetime.datetime(2025, 1, 1)
CELL_LIMIT = 32_767
INK, PAPER, WASH, SOFT = "#17324D", "#FFFFFF", "#EAF0F6", "#F4F6F8"
NUMBER_FORMATS = {
    "date": "dd/mm/yyyy",
    "timestamp": "dd/mm/yyyy hh:mm:ss",
    "number": "General",
}
WIDTHS = {"date": 14, "period_end": 16, "timestamp": 20, "number": 14, "period": 12, "code": 24}
OPEN_TO_OFFICERS = (
    "format_cells",
    "format_columns",
    "format_rows",
    "insert_rows",
    "delete_rows",
    "sort",
    "autofilter",
)
HOW = (
    "Điền vào trang đầu, mỗi dòng một bản ghi; không đổi tên, không thêm dòng trên hàng tiêu đề.",
    "Cột có tiêu đề nền đậm là bắt buộc; cột nền nhạt có thể để trống.",
    "Ô có danh sách chọn chỉ nhận giá trị trong trang Danh mục.",
    "Ngày viết dd/mm/yyyy. Số dùng dấu phẩy hoặc dấu chấm thập phân như máy của bạn đang đặt.",
    "Không gửi nội dung mật, tối mật, tuyệt mật: cả tệp sẽ không được lưu.",
    "Không ghi số định danh cá nhân, số điện thoại, thư điện tử của người dân.",
)

Filled = Mapping[str, Any]


def write_template(
    contract: Contract, contracts: Contracts, target: Path, rows: Sequence[Filled] = ()
) -> None:
    """Write the workbook to ``target``, with ``rows`` (column to cell) filled in if given.

    A cell is a text, a number, a date or a datetime, as a person would leave it in Excel.
    """
    with xlsxwriter.Workbook(str(target), {"strings_to_formulas": False}) as book:
        book.set_properties(
            {
                "title": f"{contract.label} (mẫu {contract.version})",
                "subject": contract.dataset,
                "comments": f"contract {contract.dataset} {contract.version}",
                "created": MADE,
            }
        )
        _Template(book, contract, contracts).write(rows)


class _Template:
    def __init__(self, book: Any, contract: Contract, contracts: Contracts) -> None:
        self.book, self.contract, self.contracts = book, contract, contracts
        self.sheet = book.add_worksheet(_sheet_name(contract.label))
        self.guide = book.add_worksheet(GUIDE)
        self.lists = book.add_worksheet(LISTS)
        heading = {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1}
        self.required = book.add_format({**heading, "bg_color": INK, "font_color": PAPER})
        self.optional = book.add_format({**heading, "bg_color": WASH, "font_color": INK})
        self.title = book.add_format({"bold": True, "font_size": 16, "font_color": INK})
        self.wrapped = book.add_format({"text_wrap": True, "valign": "top", "border": 1})
        self.plain = book.add_format({"text_wrap": True, "valign": "top"})

    def write(self, rows: Sequence[Filled]) -> None:
        ranges = self._write_lists()
        self._write_table(ranges, rows)
        self._write_guide()
        self.sheet.activate()

    def _write_table(self, ranges: Mapping[str, str], rows: Sequence[Filled]) -> None:
        for at, column in enumerate(self.contract.columns):
            kind = self.required if column.required else self.optional
            self.sheet.write_string(0, at, column.label, kind)
            self.sheet.write_comment(0, at, _note(column), {"x_scale": 2.4, "y_scale": 1.6})
            cell = self.book.add_format(
                {"locked": False, "num_format": NUMBER_FORMATS.get(column.form, "@")}
            )
            self.sheet.set_column(at, at, _width(column), cell)
            rule = _validation(column, ranges)
            if rule:
                self.sheet.data_validation(1, at, LAST_ROW, at, rule)
            for number, row in enumerate(rows, start=1):
                if row.get(column.name) is not None:
                    self._fill(number, at, row[column.name], cell)
        self.sheet.set_row(0, 36)
        self.sheet.freeze_panes(1, len(self.contract.key))
        self.sheet.protect("", dict.fromkeys(OPEN_TO_OFFICERS, True))
        self.sheet.repeat_rows(0)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.fit_to_pages(1, 0)

    def _fill(self, row: int, column: int, value: Any, cell: Any) -> None:
        if isinstance(value, str):
            self.sheet.write_string(row, column, value, cell)
        elif isinstance(value, datetime.date):
            self.sheet.write_datetime(row, column, value, cell)
        else:
            self.sheet.write_number(row, column, value, cell)

    def _write_lists(self) -> dict[str, str]:
        """Code lists side by side, a column each; gives the cells of each by list."""
        ranges: dict[str, str] = {}
        coded = [column for column in self.contract.columns if column.code_list]
        for at, column in enumerate(coded):
            names = names_offered(column, self.contracts)
            self.lists.write_string(0, at, f"{LIST_TITLE}{column.label}", self.required)
            for row, name in enumerate(names, start=1):
                self.lists.write_string(row, at, name, self.wrapped)
            letter = xl_col_to_name(at)
            ranges[column.name] = f"='{LISTS}'!${letter}$2:${letter}${len(names) + 1}"
        self.lists.set_column(0, max(len(coded) - 1, 0), 34)
        self.lists.freeze_panes(1, 0)
        self.lists.protect()
        if not coded:
            self.lists.write_string(0, 0, "Tập dữ liệu này không dùng danh mục.", self.plain)
        return ranges

    def _write_guide(self) -> None:
        contract, sheet = self.contract, self.guide
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 1, 22)
        sheet.set_column(2, 4, 44)
        sheet.write_string(0, 0, f"Mẫu gửi dữ liệu: {contract.label}", self.title)
        facts = (
            contract.purpose_vi,
            f"Gửi {service_of(contract.service)[0]}. Phiên bản mẫu {contract.version}.",
            *HOW,
        )
        for row, text in enumerate(facts, start=1):
            sheet.merge_range(row, 0, row, 4, text, self.plain)
        row = len(facts) + 2
        row = self._write_rows(row, COLUMN_TITLES, self._column_rows())
        self._write_rows(row + 1, RULE_TITLES, self._rule_rows())
        sheet.protect()
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)

    def _write_rows(self, row: int, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
        for at, title in enumerate(titles):
            self.guide.write_string(row, at, title, self.required)
        for cells in rows:
            row += 1
            for at, text in enumerate(cells):
                self.guide.write_string(row, at, text[:CELL_LIMIT], self.wrapped)
        return row + 1

    def _column_rows(self) -> list[list[str]]:
        return [
            [
                f"Cột {number}: {column.label}",
                presence_of(column)[0],
                f"Ghi {asked_of(column)[0]}.",
                column.description_vi,
                f"Ví dụ: {shown_example(column, self.contracts)}",
            ]
            for number, column in enumerate(self.contract.columns, start=1)
        ]

    def _rule_rows(self) -> list[list[str]]:
        return [
            [
                rule.title_vi.replace("{column}", "cột"),
                SEVERITIES[rule.severity][0],
                message_of(self.contract, rule)[0],
            ]
            for rule in self.contract.rules
        ]


COLUMN_TITLES = ("Cách ghi từng cột", "Có cần không", "Cách ghi", "Giải thích", "Minh họa")
RULE_TITLES = ("Điều được kiểm tra", "Nếu không đạt", "Lời báo")


def names_offered(column: Column, contracts: Contracts) -> list[str]:
    """The Vietnamese names of a code list that may be sent: never a degree of secrecy."""
    codes = contracts.codes_of(column)
    secret = SECRET_CODES if column.code_list == "secrecy" else ()
    return [names[0] for code, names in codes.items() if code not in secret]


def shown_example(column: Column, contracts: Contracts) -> str:
    """The examples of a column as an officer would write them."""
    codes = contracts.codes_of(column)
    if codes:
        return "; ".join(codes[example][0] for example in column.examples)
    if column.form in ("date", "period_end"):
        return "; ".join(shown_limit(example) for example in column.examples)
    if column.form == "timestamp":
        moments = (datetime.datetime.fromisoformat(example) for example in column.examples)
        return "; ".join(moment.strftime("%d/%m/%Y %H:%M:%S") for moment in moments)
    return "; ".join(column.examples)


def _sheet_name(label: str) -> str:
    return "".join(letter for letter in label if letter not in "[]:*?/\\")[:31]


def _width(column: Column) -> int:
    if column.form != "text":
        return WIDTHS[column.form]
    return 18 if (column.max_length or 0) <= 200 else 40


def _note(column: Column) -> str:
    return f"{presence_of(column)[0]}. {column.description_vi} Cách ghi: {asked_of(column)[0]}."


def _validation(column: Column, ranges: Mapping[str, str]) -> dict[str, Any] | None:
    """What Excel itself can ask of a cell; None where only the check can."""
    shown = {
        "ignore_blank": True,
        "error_title": column.label[:32],
        "error_message": f"Cần {asked_of(column)[0]}."[:255],
    }
    if column.form == "code":
        return {"validate": "list", "source": ranges[column.name], **shown}
    if column.form == "text":
        return {"validate": "length", "criteria": "<=", "value": column.max_length, **shown}
    kinds = {"date": ("date", _day), "number": ("decimal", _same)}
    if column.form not in kinds:
        return None
    kind, limit_of = kinds[column.form]
    low, high = column.minimum, column.maximum
    if low is not None and high is not None:
        between = {"minimum": limit_of(low), "maximum": limit_of(high)}
        return {"validate": kind, "criteria": "between", **between, **shown}
    if low is not None or high is not None:
        sign, limit = (">=", low) if low is not None else ("<=", high)
        return {"validate": kind, "criteria": sign, "value": limit_of(limit), **shown}
    if kind == "decimal":
        widest = {"minimum": -1e15, "maximum": 1e15}
        return {"validate": kind, "criteria": "between", **widest, **shown}
    return {"validate": kind, "criteria": ">=", "value": datetime.date(1990, 1, 1), **shown}


def _day(limit: Any) -> datetime.date:
    return datetime.date.fromisoformat(str(limit))


def _same(limit: Any) -> Any:
    return limit
