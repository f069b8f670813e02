"""Rows that are not ours to hold: marked mật, tối mật or tuyệt mật, anywhere in the row.

A mark is a cell that says nothing else, or a stamp in brackets at either end of a text; the words
``bảo mật`` or ``bí mật công nghệ`` inside a sentence are not. In a column of secrecy the code that
the source's own words map to counts too.
"""

from __future__ import annotations

import duckdb

from task_warehouse.checking.conditions import in_list, quote
from task_warehouse.contracts import Contract

CODES = ("confidential", "secret", "top_secret")
MARK = r"(?:(?:tuy[ệe]t|t[ốo]i)[\s_-]*)?m[ậa]t"
LABEL = r"(?:(?:mức |muc )?[đd][ộo][\s_-]*m[ậa]t|tài liệu|tai lieu|văn bản|van ban)"
EDGE = r"[\s\p{P}\p{S}]*"
WHOLE = rf"^{EDGE}(?:{LABEL}[\s:_-]*)?{MARK}{EDGE}$"
STAMP = rf"^\s*[\[(]\s*(?:{LABEL}[\s:_-]*)?{MARK}\s*[\])]|[\[(]\s*(?:{LABEL}[\s:_-]*)?{MARK}\s*[\])]\s*[.;]?\s*$"
FIELD = rf"(?:^|[,;\t|\"])\s*(?:{LABEL}[\s:_-]*)?{MARK}\s*(?:[,;\t|\"]|$)"
HINT = "m[ậa]t"
SEPARATOR = "chr(31)"


def find_marked(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Deliveries with marked rows, from the raw cells of ``text``: delivery to number of rows."""
    cell = f"regexp_matches(cell, '(?i){WHOLE}|{STAMP}')"
    found = con.execute(
        f"with hinted as (select delivery_id, cells, raw from text"
        f" where regexp_matches(coalesce(array_to_string(cells, {SEPARATOR}), '')"
        f" || coalesce(raw, ''), '(?i){HINT}'))"
        f" select delivery_id, count(*) from hinted"
        f" where len(list_filter(cells, cell -> {cell})) > 0"
        f" or regexp_matches(raw, '(?i){FIELD}') group by delivery_id"
    ).fetchall()
    return dict(found)


def find_coded(con: duckdb.DuckDBPyConnection, contract: Contract, table: str) -> dict[str, int]:
    """As :func:`find_marked`, by the canonical code of a column of secrecy in ``table``."""
    columns = [column.name for column in contract.columns if column.code_list == "secrecy"]
    if not columns:
        return {}
    marked = " or ".join(f"{quote(name)} in {in_list(CODES)}" for name in columns)
    found = con.execute(
        f"select delivery_id, count(*) from {table} where {marked} group by delivery_id"
    ).fetchall()
    return dict(found)
