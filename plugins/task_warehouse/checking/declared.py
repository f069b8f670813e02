"""From what a contract declares to the list of its rules, with their texts filled in.

What follows from a declaration (``required``, ``logicalType``, ``codeList``, limits, key) takes its
texts from ``expectations/standard_rules.yaml``; every other rule stands in the contract itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from task_warehouse import contracts
from task_warehouse.contracts import Column, Contract, Quality, Rule, SchemaObject
from task_warehouse.errors import ContractError

CodeLists = Mapping[str, Mapping[str, tuple[str, str]]]

# Arguments of the rules that stand in contracts; of these, "column", "other", … name columns.
KINDS: dict[str, tuple[str, ...]] = {
    "present": ("column",),
    "not_after": ("column", "limit"),
    "period_not_after": ("column", "limit"),
    "columns_differ": ("column", "other"),
    "known_reference": ("column", "reference"),
    "known_organisation": ("column",),
    "percent_agrees": ("percent", "completed_on", "status"),
    "target_complete": ("operator", "low", "high", "text"),
    "no_personal_data": (),
}
NOT_COLUMNS = {"reference"}
BUSINESS_DATE = "business_date"
REFERENCES = ("documents", "tasks", "indicators")

EXPECTED_FORM: dict[str, tuple[str, str]] = {
    "date": ("ngày dạng dd/mm/yyyy hoặc yyyy-mm-dd", "dd/mm/yyyy or yyyy-mm-dd"),
    "period_end": (
        "ngày, tháng/năm, quý/năm hoặc năm",
        "a day, month/year, quarter/year or year",
    ),
    "timestamp": ("thời điểm dạng yyyy-mm-ddThh:mm:ss", "yyyy-mm-ddThh:mm:ss"),
    "number": ("một số như 85 hoặc 85,5", "a number such as 85 or 85.5"),
    "period": ("YYYY, YYYYQ, YYYYMM hoặc YYYYMMDD", "YYYY, YYYYQ, YYYYMM or YYYYMMDD"),
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(_Strict):
    """Severity and texts of one standard rule."""

    suffix: str
    dimension: contracts.Dimension
    severity: contracts.Severity
    responsibility: contracts.Responsibility
    title_vi: str
    title_en: str
    message_vi: str
    message_en: str


class ColumnTexts(_Strict):
    """Standard rules of one column."""

    required: Text
    date: Text
    timestamp: Text
    number: Text
    period: Text
    code: Text
    range: Text


class TableTexts(_Strict):
    """Standard rules of the whole table."""

    length: Text
    control_characters: Text
    formula: Text
    key: Text


class Texts(_Strict):
    """``standard_rules.yaml``."""

    column_rules: ColumnTexts
    table_rules: TableTexts


def load_texts(path: Path) -> Texts:
    """Texts of the standard rules; raises :class:`ContractError`."""
    return contracts.read_document(path, Texts)[1]


def with_rules(
    contract: Contract,
    table: SchemaObject,
    path: Path,
    data: Any,
    lists: CodeLists,
    texts: Texts,
) -> Contract:
    """``contract`` with all its rules; raises :class:`ContractError` for a rule that cannot be."""
    rules = [
        *(
            rule
            for column in contract.columns
            for rule in _column_rules(contract, column, lists, texts)
        ),
        *_table_rules(contract, texts.table_rules),
    ]
    for index, item in enumerate(table.quality):
        where = f"{path}:{contracts.line_of(data, ('schema', 0, 'quality', index, 'id'))}"
        rules.append(_own_rule(contract, item, where))
        if len({rule.check_id for rule in rules}) < len(rules):
            raise ContractError(f"two rules have the id '{rules[-1].check_id}'", where=where)
    return replace(contract, rules=tuple(rules))


def _column_rules(
    contract: Contract, column: Column, lists: CodeLists, texts: Texts
) -> Iterator[Rule]:
    said = texts.column_rules
    if column.required:
        yield _standard(contract, "required", said.required, column, ("", ""))
    if column.form == "code":
        names = lists[column.code_list or ""]
        expected = (", ".join(name[0] for name in names.values()), ", ".join(names))
        yield _standard(contract, "code", said.code, column, expected)
    elif column.form != "text":
        text = said.date if column.form == "period_end" else getattr(said, column.form)
        yield _standard(contract, "readable", text, column, EXPECTED_FORM[column.form])
    if column.minimum is not None or column.maximum is not None:
        yield _standard(contract, "range", said.range, column, _expected_range(column))


def _expected_range(column: Column) -> tuple[str, str]:
    low, high = (_plain(limit) for limit in (column.minimum, column.maximum))
    if high is None:
        return f"từ {low} trở lên", f"{low} or more"
    if low is None:
        return f"không quá {high}", f"{high} or less"
    return f"từ {low} đến {high}", f"{low} to {high}"


def _plain(limit: str | float | None) -> str | None:
    return f"{limit:g}" if isinstance(limit, int | float) else limit


def _table_rules(contract: Contract, said: TableTexts) -> Iterator[Rule]:
    if any(column.is_text for column in contract.columns):
        yield _standard(contract, "length", said.length, None, ("", ""))
        yield _standard(contract, "control_characters", said.control_characters, None, ("", ""))
        yield _standard(contract, "formula", said.formula, None, ("=, +, @", "=, +, @"))
    labels = ", ".join(contract.column(name).label for name in contract.key)
    yield _standard(contract, "key", said.key, None, (labels, ", ".join(contract.key)))


def _standard(
    contract: Contract, kind: str, text: Text, column: Column | None, expected: tuple[str, str]
) -> Rule:
    prefix = f"{column.name}_" if column else ""
    label_vi, label_en = (column.label, column.name) if column else ("{column}", "{column}")
    return Rule(
        check_id=f"{contract.dataset}.{prefix}{text.suffix}",
        kind=kind,
        arguments={"column": column.name} if column else {},
        column=column.name if column else None,
        severity=text.severity,
        responsibility=text.responsibility,
        dimension=text.dimension,
        title_vi=text.title_vi.replace("{column}", label_vi),
        title_en=text.title_en.replace("{column}", label_en),
        message_vi=text.message_vi,
        message_en=text.message_en,
        expected_vi=expected[0],
        expected_en=expected[1],
        keep_value=True,
    )


def _own_rule(contract: Contract, item: Quality, where: str) -> Rule:
    own = contracts.own_properties(item.customProperties)
    needed = {"column", "titleEn", "messageVi", "messageEn", "responsibility"}
    if set(own) - {"keepValue"} != needed or own["responsibility"] not in ("source", "us"):
        raise ContractError(
            f"rule '{item.id}': its customProperties must be {sorted(needed)}, maybe keepValue",
            where=where,
            remedy="responsibility is 'source' or 'us'",
        )
    _verify_arguments(contract, item, where)
    if own["column"] is not None and own["column"] not in contract.names:
        raise ContractError(f"rule '{item.id}' names no column '{own['column']}'", where=where)
    return Rule(
        check_id=f"{contract.dataset}.{item.id}",
        kind=item.implementation.type,
        arguments=item.implementation.kwargs,
        column=own["column"],
        severity=item.severity,
        responsibility=own["responsibility"],
        dimension=item.dimension,
        title_vi=item.name,
        title_en=own["titleEn"],
        message_vi=own["messageVi"],
        message_en=own["messageEn"],
        expected_vi="",
        expected_en="",
        keep_value=bool(own.get("keepValue", True)),
    )


def _verify_arguments(contract: Contract, item: Quality, where: str) -> None:
    kind, arguments = item.implementation.type, item.implementation.kwargs
    if kind not in KINDS or set(arguments) != set(KINDS[kind]):
        raise ContractError(
            f"rule '{item.id}': no rule '{kind}' with the arguments {sorted(arguments)}",
            where=where,
            remedy=f"known rules and their arguments: {KINDS}",
        )
    for name, value in arguments.items():
        known = set(REFERENCES) if name in NOT_COLUMNS else {*contract.names}
        if name == "limit":
            known |= {BUSINESS_DATE}
        if value not in known:
            raise ContractError(
                f"rule '{item.id}': '{name}' names '{value}', which the contract does not have",
                where=where,
                remedy="use a column of this contract",
            )
