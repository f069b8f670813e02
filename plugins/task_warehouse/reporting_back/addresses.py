"""Where a refused or warned cell stands, in words and for machines, as SQL.

In a workbook sheet, column letter and row; in a text file line and header; in nested records the
path of the element and its field. Rows carry ``part``, ``line``, ``record``, ``format``, ``header``
(as found), ``position`` (1-based among the cells), ``first_column`` and ``records_path``.
"""

from __future__ import annotations

WORKBOOKS = "('xlsx', 'xls', 'xlsb', 'ods')"
NESTED = "('json', 'json-seq')"


def letters(number: str) -> str:
    """SQL of the letters of a column of a sheet, from 1: A, B, …, Z, AA, …, XFD."""
    last = _letter(f"({number} - 1) % 26")
    middle = _letter(f"(({number} - 1) // 26 - 1) % 26")
    first = _letter(f"((({number} - 1) // 26 - 1) // 26 - 1) % 26")
    return (
        f"case when {number} > 702 then {first} || {middle} || {last}"
        f" when {number} > 26 then {middle} || {last} when {number} > 0 then {last} end"
    )


def _letter(place: str) -> str:
    return f"chr(cast(65 + {place} as integer))"


def cell() -> str:
    """SQL of the cell of a sheet (``D12``); null where it is no sheet or no column is meant."""
    at = "(coalesce(first_column, 1) + position - 1)"
    return f"case when format in {WORKBOOKS} then ({letters(at)}) || line end"


def path() -> str:
    """SQL of the path of the element (``data.items[11].percent``), counted from 0; else null."""
    field = "coalesce('.' || header, '')"
    return (
        f"case when format in {NESTED} and record is not null then"
        f" coalesce(nullif(records_path, ''), '$') || '[' || (record - 1) || ']' || {field} end"
    )


def in_words(language: str) -> str:
    """SQL of the address as a person reads it."""
    vi = language == "vi"
    sheet, row, line = ("trang tính", "dòng", "dòng") if vi else ("sheet", "row", "line")
    cell_, column, field = ("ô", "cột", "trường") if vi else ("cell", "column", "field")
    element = "phần tử thứ" if vi else "element no."
    file, whole = ("tệp", "cả lần gửi") if vi else ("file", "the whole delivery")
    header = "coalesce(header, label)"
    named = f"coalesce(', {column} “' || {header} || '”', '')"
    inside = f"coalesce('{file} ' || nullif(part, '') || ', ', '')"
    return (
        f"case when record is null then '{whole}'"
        f" when format in {WORKBOOKS} then"
        f" coalesce('{sheet} “' || nullif(part, '') || '”, ', '')"
        f" || coalesce('{cell_} ' || cell, '{row} ' || line) || {named}"
        f" when format in {NESTED} then {inside} || '{element} ' || record"
        f" || coalesce(', {field} “' || {header} || '”', '')"
        f" else {inside} || '{line} ' || line || {named} end"
    )
