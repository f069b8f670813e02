"""Rows that are not ours to hold: marked mật, tối mật or tuyệt mật, anywhere in the row.

A mark is a cell that says nothing else, or a stamp in brackets at either end of a text; the words
``bảo mật`` or ``bí mật công nghệ`` inside a sentence are not. In a column of secrecy the code that
the source's own words map to counts too.
"""

from __future__ import annotations

import duckdb

from task_warehouse.checking.quoting import in_list, quote
from task_warehouse.contracts import Contract

CODES = ("confidential", "secret", "top_secret")
MARK = r"(?:(?:tuy[ệe]t|t[ốo]i)[\s_-]*)?m[ậa]t"
LABEL = r"(?:(?:mức |muc )?[đd][ộo][\s_-]*m[ậa]t|tài liệu|tai lieu|văn bản|van ban)"
LABELLED = rf"(?:{LABEL}[\s:_-]*)?{MARK}"
EDGE = r"[\s\p{P}\p{S}]*"
# Cells stand between unit separators, so one search over a joined row sees every cell's ends.
WHOLE = rf"\x1f{EDGE}{LABELLED}{EDGE}\x1f"
STAMP = rf"\x1f\s*[\[(]\s*{LABELLED}\s*[\])]|[\[(]\s*{LABELLED}\s*[\])]\s*[.;]?\s*\x1f"
FIELD = rf"(?:^|[,;\t|\"])\s*{LABELLED}\s*(?:[,;\t|\"]|$)"
HINT = "m[ậa]t"


def joined(cells: str) -> str:
    """SQL of all cells of a row as one text, a unit separator before and after each."""
    return f"chr(31) || coalesce(array_to_string({cells}, chr(31)), '') || chr(31)"


def is_marked(text: str) -> str:
    """SQL that is true where a joined row has a cell that is a mark, or one stamped with it.

    The cheap search comes first: the words are rare, and the other one is dear.
    """
    return (
        f"(case when regexp_matches({text}, '(?i){HINT}')"
        f" then regexp_matches({text}, '(?i){WHOLE}|{STAMP}') else false end)"
    )


def find_in_damaged(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Damaged records that hold a mark as a field, by delivery."""
    found = con.execute(
        "select delivery_id, count(*) from text where problem is not null"
        f" and regexp_matches(raw, '(?i){FIELD}') group by delivery_id"
    ).fetchall()
    return dict(found)


def find_in_refused(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Marked rows of deliveries that are refused as a whole and so are never mapped."""
    found = con.execute(
        f"select delivery_id, count(*) from (select delivery_id, {joined('cells')} as joined"
        f" from text where delivery_id not in (select delivery_id from open_deliveries))"
        f" where {is_marked('joined')} group by delivery_id"
    ).fetchall()
    return dict(found)


def find_in_table(con: duckdb.DuckDBPyConnection, contract: Contract, table: str) -> dict[str, int]:
    """Marked rows of the canonical ``table``, by their cells or their code of secrecy."""
    columns = [column.name for column in contract.columns if column.code_list == "secrecy"]
    coded = [f"coalesce({quote(name)} in {in_list(CODES)}, false)" for name in columns]
    marked = " or ".join(["is_marked", *coded])
    found = con.execute(
        f"select delivery_id, count(*) from {table} where {marked} group by delivery_id"
    ).fetchall()
    return dict(found)
