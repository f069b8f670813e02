"""From what a contract declares to the list of its rules, with their texts filled in.

What follows from a declaration (``required``, ``logicalType``, ``codeList``, limits, key) takes its
texts from ``expectations/standard_rules.yaml``; every other rule stands in the contract itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from task_warehouse.contracts import soundness
from task_warehouse.contracts.model import CodeLists, Column, Contract, Rule
from task_warehouse.contracts.odcs import (
    Dimension,
    Quality,
    Responsibility,
    SchemaObject,
    Severity,
    Strict,
    own_properties,
)
from task_warehouse.contracts.yaml_lines import Document, read_as
from task_warehouse.errors import ContractError

OWN_OF_RULE = {"column", "titleEn", "messageVi", "messageEn", "responsibility"}

EXPECTED_FORM: dict[str, tuple[str, str]] = {
    "date": ("ngày dạng dd/mm/yyyy hoặc yyyy-mm-dd", "dd/mm/yyyy or yyyy-mm-dd"),
    "period_end": (
        "ngày, tháng/năm, quý/năm hoặc năm",
        "a day, month/year, quarter/year or year",
    ),
    "timestamp": (
        "ngày giờ dạng dd/mm/yyyy hh:mm:ss hoặc yyyy-mm-ddThh:mm:ss",
        "dd/mm/yyyy hh:mm:ss or yyyy-mm-ddThh:mm:ss",
    ),
    "number": ("một số như 85 hoặc 85,5", "a number such as 85 or 85.5"),
    "period": ("YYYY, YYYYQ, YYYYMM hoặc YYYYMMDD", "YYYY, YYYYQ, YYYYMM or YYYYMMDD"),
}


class Text(Strict):
    """Severity and texts of one standard rule."""

    suffix: str
    dimension: Dimension
    severity: Severity
    responsibility: Responsibility
    title_vi: str
    title_en: str
    message_vi: str
    message_en: str


class ColumnTexts(Strict):
    """Standard rules of one column."""

    required: Text
    date: Text
    timestamp: Text
    number: Text
    period: Text
    code: Text
    range: Text


class TableTexts(Strict):
    """Standard rules of the whole table."""

    length: Text
    control_characters: Text
    formula: Text
    key: Text
    key_across: Text


class Texts(Strict):
    """``standard_rules.yaml``."""

    column_rules: ColumnTexts
    table_rules: TableTexts


def load_texts(path: Path) -> Texts:
    """Texts of the standard rules; raises :class:`ContractError`."""
    return read_as(path, Texts)[1]


def with_rules(
    contract: Contract, table: SchemaObject, document: Document, lists: CodeLists, texts: Texts
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
        where = document.where("schema", 0, "quality", index, "id")
        rule = _own_rule(contract, item, where)
        soundness.verify(contract, rules, rule, where)
        rules.append(rule)
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
    low, high = column.minimum, column.maximum
    if high is None:
        return f"từ {shown_limit(low)} trở lên", f"{_plain(low)} or more"
    if low is None:
        return f"không quá {shown_limit(high)}", f"{_plain(high)} or less"
    return f"từ {shown_limit(low)} đến {shown_limit(high)}", f"{_plain(low)} to {_plain(high)}"


def shown_limit(limit: str | float | None) -> str:
    """A limit as people in Vietnam read it: dd/mm/yyyy for a day, empty for none."""
    if isinstance(limit, str):
        return date.fromisoformat(limit).strftime("%d/%m/%Y")
    return _plain(limit)


def _plain(limit: str | float | None) -> str:
    if limit is None:
        return ""
    return limit if isinstance(limit, str) else f"{limit:g}"


def _table_rules(contract: Contract, said: TableTexts) -> Iterator[Rule]:
    if any(column.is_text for column in contract.columns):
        yield _standard(contract, "length", said.length, None, ("", ""))
        yield _standard(contract, "control_characters", said.control_characters, None, ("", ""))
        yield _standard(contract, "formula", said.formula, None, ("=, +, @", "=, +, @"))
    labels = ", ".join(contract.column(name).label for name in contract.key)
    keys = (labels, ", ".join(contract.key))
    yield _standard(contract, "key", said.key, None, keys)
    yield _standard(contract, "key_across", said.key_across, None, keys)


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
    own = own_properties(item.customProperties)
    if set(own) - {"keepValue"} != OWN_OF_RULE or own["responsibility"] not in ("source", "us"):
        raise ContractError(
            f"rule '{item.id}': its customProperties must be {sorted(OWN_OF_RULE)},"
            " maybe keepValue",
            where=where,
            remedy="responsibility is 'source' or 'us'",
        )
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
