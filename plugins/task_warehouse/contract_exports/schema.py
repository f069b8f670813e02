"""A contract as JSON Schema (draft 2020-12): what a system that sends JSON may validate against.

It describes one record in canonical form. Whatever is valid by it passes the rules that follow from
the declaration; the other rules of the contract are listed under ``x-rules``, because they look
beyond one record or compare its cells.
"""

from __future__ import annotations

import json
from typing import Any

from task_warehouse.checking.conditions import LONGEST_NUMBER
from task_warehouse.contract_exports.wording import asked_of
from task_warehouse.contracts import Column, Contract, Contracts

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DAY = "-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})$"
PERIOD = (
    r"^(199[0-9]|20[0-9]{2}|2100)"
    r"([1-4]|(0[1-9]|1[0-2])((0[1-9]|[12][0-9]|3[01]))?)?$"
)
NO_CONTROL = r"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]*$"


def json_schema(contract: Contract, contracts: Contracts) -> dict[str, Any]:
    """The JSON Schema of one record of a dataset."""
    return {
        "$schema": DIALECT,
        "$id": f"urn:task-warehouse:contract:{contract.dataset}:{contract.version}",
        "title": contract.label,
        "description": f"{contract.purpose_vi} {contract.purpose_en}",
        "type": "object",
        "properties": {
            column.name: _column_schema(column, contracts) for column in contract.columns
        },
        "required": [column.name for column in contract.columns if column.required],
        "additionalProperties": False,
        "x-key": list(contract.key),
        "x-rules": [
            {
                "id": rule.check_id,
                "severity": rule.severity,
                "title": rule.title_vi.replace("{column}", "").strip(),
                "titleEn": rule.title_en.replace("{column}", "").strip(),
            }
            for rule in contract.rules
        ],
    }


def as_text(contract: Contract, contracts: Contracts) -> str:
    """The schema as a file."""
    return json.dumps(json_schema(contract, contracts), ensure_ascii=False, indent=2) + "\n"


def _column_schema(column: Column, contracts: Contracts) -> dict[str, Any]:
    asked_vi, asked_en = asked_of(column)
    schema: dict[str, Any] = {
        "title": column.label,
        "description": f"{column.description_vi} ({asked_vi}) / {column.description_en}"
        f" ({asked_en})",
        **_form_schema(column, contracts),
    }
    if not column.required:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    schema["examples"] = list(column.examples)
    return schema


def _form_schema(column: Column, contracts: Contracts) -> dict[str, Any]:
    if column.form == "code":
        return {"type": "string", "enum": list(contracts.codes_of(column))}
    if column.form == "number":
        limits = {"minimum": column.minimum, "maximum": column.maximum}
        given = {name: limit for name, limit in limits.items() if limit is not None}
        largest = 10.0 ** (LONGEST_NUMBER - 2)
        return {"type": "number", "minimum": -largest, "maximum": largest, **given}
    if column.form in ("date", "period_end"):
        return {"type": "string", "format": "date", "pattern": _days(column)}
    if column.form == "timestamp":
        return {"type": "string", "format": "date-time", "pattern": MOMENT}
    if column.form == "period":
        return {"type": "string", "pattern": PERIOD}
    least = {"minLength": 1} if column.required else {}
    return {"type": "string", **least, "maxLength": column.max_length, "pattern": NO_CONTROL}


def _days(column: Column) -> str:
    """Days of the years within the column's limits; JSON Schema itself has no limits of days."""
    low, high = (str(limit)[:4] if limit else None for limit in (column.minimum, column.maximum))
    if low is None or high is None:
        return f"^[0-9]{{4}}{DAY}"
    return f"^({'|'.join(str(year) for year in range(int(low), int(high) + 1))}){DAY}"
