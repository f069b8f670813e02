"""What is said to a source about each rule: what was expected and what to do, in both languages."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from task_warehouse.contracts import Contract, Contracts, Rule
from task_warehouse.defect_kinds import load_defect_kinds

LANGUAGES = ("vi", "en")
BUSINESS_DATE = {"vi": "ngày số liệu của lần gửi", "en": "the business date of the delivery"}
ISO_DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")


@cache
def texts() -> dict[str, Any]:
    """``texts.toml``."""
    return tomllib.loads((Path(__file__).parent / "texts.toml").read_text(encoding="utf-8"))


def said(group: str, key: str) -> tuple[str, str]:
    """Vietnamese and English for a key of a group; the key itself where nobody named it."""
    found = texts()[group].get(key, {"vi": key, "en": key})
    return found["vi"], found["en"]


def create_rules(con: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Create ``rules`` (what to say of each check), ``labels`` (of columns) and ``datasets``."""
    rows = [
        _of_rule(contract, rule)
        for contract in contracts.by_dataset.values()
        for rule in contract.rules
    ]
    known = {row["check_id"] for row in rows}
    kinds = {name: kind for name, kind in load_defect_kinds().items() if name not in known}
    rows += [_of_kind(name, kind) for name, kind in kinds.items()]
    _create(con, "rules", rows)
    _create(
        con,
        "labels",
        [
            {
                "dataset": name,
                "column_name": column.name,
                "label": column.label,
                "is_key": column.name in contract.key,
            }
            for name, contract in contracts.by_dataset.items()
            for column in contract.columns
        ],
    )
    names = [
        {"dataset": name, "name_vi": contract.label, "place": place}
        for place, (name, contract) in enumerate(contracts.by_dataset.items())
    ]
    _create(con, "datasets", names)
    for group in ("statuses", "verdicts", "severities", "responsibilities"):
        _create(con, group, [{"key": key, **both} for key, both in texts()[group].items()])


def _create(con: duckdb.DuckDBPyConnection, name: str, rows: list[dict[str, Any]]) -> None:
    con.register("arrow_rows", pa.Table.from_pylist(rows))
    con.execute(f"create or replace temp table {name} as from arrow_rows")
    con.unregister("arrow_rows")


def _of_rule(contract: Contract, rule: Rule) -> dict[str, Any]:
    kind = texts()["kinds"].get(rule.kind)
    row: dict[str, Any] = {"check_id": rule.check_id, "keep_value": rule.keep_value}
    for language in LANGUAGES:
        row[f"title_{language}"] = (
            getattr(rule, f"title_{language}").replace("{column}", "").strip()
        )
        if kind is None:
            row[f"expected_{language}"] = getattr(rule, f"expected_{language}")
            row[f"remedy_{language}"] = _fallback(rule.severity, rule.responsibility, language)
        else:
            text = kind[f"expected_{language}"].format_map(_places(contract, rule, language))
            row[f"expected_{language}"] = text
            row[f"remedy_{language}"] = kind[f"remedy_{language}"]
        row[f"row_remedy_{language}"] = row[f"remedy_{language}"]
    row["expected_vi"] = ISO_DATE.sub(r"\3/\2/\1", row["expected_vi"])
    return row


def _places(contract: Contract, rule: Rule, language: str) -> dict[str, str]:
    def named(name: str) -> str:
        if name == "business_date":
            return BUSINESS_DATE[language]
        column = contract.column(name)
        return column.label if language == "vi" else column.name

    column = contract.column(rule.column) if rule.column else None
    limit = rule.arguments.get("limit") or rule.arguments.get("other")
    return {
        "label": named(rule.column) if rule.column else "",
        "example": column.examples[0] if column else "",
        "expected": getattr(rule, f"expected_{language}"),
        "limit": named(limit) if isinstance(limit, str) else "",
        "keys": ", ".join(named(name) for name in contract.key),
    }


def _of_kind(name: str, kind: dict[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {"check_id": name, "keep_value": True}
    whole = "delivery" if kind["severity"] == "error" else "warn"
    for language in LANGUAGES:
        row[f"title_{language}"] = kind[f"title_{language}"]
        row[f"expected_{language}"] = ""
        row[f"remedy_{language}"] = _fallback(whole, kind["responsibility"], language)
        row[f"row_remedy_{language}"] = _fallback("error", kind["responsibility"], language)
    return row


def _fallback(severity: str, responsibility: str, language: str) -> str:
    key = "us" if responsibility == "us" else severity
    found: str = texts()["fallback"][key][f"remedy_{language}"]
    return found
