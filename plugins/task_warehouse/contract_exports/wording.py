"""What a contract asks, said to an officer (Vietnamese) and to an engineer (English)."""

from __future__ import annotations

from task_warehouse.contracts import Column, Contract, Rule, ServiceLevel
from task_warehouse.contracts.declared import EXPECTED_FORM, shown_limit

Said = tuple[str, str]

CADENCES: dict[int, Said] = {
    1: ("hằng ngày", "every day"),
    7: ("hằng tuần", "every week"),
    30: ("hằng tháng", "every month"),
    91: ("hằng quý", "every quarter"),
    365: ("hằng năm", "every year"),
}
SEVERITIES: dict[str, Said] = {
    "error": ("Từ chối dòng", "Refuses the row"),
    "warn": ("Nhận, có cảnh báo", "Lets it through, with a warning"),
}
RESPONSIBLE: dict[str, Said] = {
    "source": ("Đơn vị gửi", "The sender"),
    "us": ("Đơn vị vận hành kho dữ liệu", "The operator of the warehouse"),
}


def asked_of(column: Column) -> Said:
    """How a cell of the column is to be written."""
    if column.form == "code":
        return ("một giá trị của danh mục", "one value of the code list")
    if column.form == "text":
        longest = f"{column.max_length:,}"
        return (
            f"văn bản, không quá {longest.replace(',', '.')} ký tự",
            f"text of at most {longest} characters",
        )
    said_vi, said_en = EXPECTED_FORM[column.form]
    low, high = shown_limit(column.minimum), shown_limit(column.maximum)
    if low and high:
        return f"{said_vi}, từ {low} đến {high}", f"{said_en}, {low} to {high}"
    if low:
        return f"{said_vi}, từ {low} trở lên", f"{said_en}, {low} or more"
    if high:
        return f"{said_vi}, không quá {high}", f"{said_en}, {high} or less"
    return said_vi, said_en


def presence_of(column: Column) -> Said:
    """Whether the column and its cells must be there."""
    if column.required:
        return "Bắt buộc", "required"
    if column.header_required:
        return "Phải có cột, ô được để trống", "column required, cells may be empty"
    return "Không bắt buộc", "optional"


def service_of(service: ServiceLevel) -> Said:
    """How often and by when the dataset is owed."""
    vi, en = CADENCES[service.every_days]
    return f"{vi}, trước {service.due}", f"{en}, by {service.due}"


def message_of(contract: Contract, rule: Rule) -> Said:
    """The text of a rule for a page: places that only a row fills are named by their column."""
    label = contract.column(rule.column).label if rule.column else "cột"
    name = rule.column or "the column"
    vi = _filled(rule.message_vi, label, rule.expected_vi, "giá trị đã gửi", "mức quy định")
    en = _filled(rule.message_en, name, rule.expected_en, "the value sent", "what is asked")
    return vi, en


def _filled(text: str, column: str, expected: str, value: str, nothing: str) -> str:
    filled = text.replace("{column}", column).replace("{expected}", expected or nothing)
    return filled.replace("{value}", value)
