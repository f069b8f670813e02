"""Contracts as the rest of the system reads them: columns, rules, service level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from task_warehouse import vocabulary
from task_warehouse.contracts.odcs import Dimension, Responsibility, Severity

DATASETS = (
    "documents",
    "tasks",
    "progress",
    "indicators",
    "indicator_values",
    "feedback",
    "control_totals",
)

Form = Literal["text", "date", "period_end", "timestamp", "number", "period", "code"]
CodeLists = Mapping[str, Mapping[str, tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Column:
    """A canonical column; all are text in the rooms, ``form`` says what the text must read as."""

    name: str
    label: str
    form: Form
    required: bool
    header_required: bool
    code_list: str | None
    minimum: str | float | None
    maximum: str | float | None
    max_length: int | None
    description_vi: str
    description_en: str
    examples: tuple[str, ...]

    @property
    def is_text(self) -> bool:
        """Whether people write freely here."""
        return self.form == "text"


@dataclass(frozen=True, slots=True)
class Rule:
    """A check: what it asks (``kind`` and ``arguments``), and what is said when it is broken."""

    check_id: str
    kind: str
    arguments: Mapping[str, Any]
    column: str | None
    severity: Severity
    responsibility: Responsibility
    dimension: Dimension
    title_vi: str
    title_en: str
    message_vi: str
    message_en: str
    expected_vi: str
    expected_en: str
    keep_value: bool


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """How often the dataset is owed (in days: 1, 7, 30, 91, 365) and by what hour (``HH:MM``)."""

    every_days: int
    due: str


@dataclass(frozen=True, slots=True)
class Contract:
    """What an export of one dataset must look like."""

    dataset: str
    label: str
    version: str
    purpose_vi: str
    purpose_en: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    service: ServiceLevel
    rules: tuple[Rule, ...]

    def column(self, name: str) -> Column:
        """The column ``name``; raises :class:`KeyError`."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Canonical column names in order."""
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True, slots=True)
class Contracts:
    """All contracts with the words they are read by."""

    by_dataset: Mapping[str, Contract]
    headers: Mapping[str, vocabulary.HeaderAliases]
    code_lists: CodeLists
    value_maps: Mapping[str, vocabulary.ValueMap]
    null_markers: Mapping[str, tuple[str, ...]]

    def known_headers(self, dataset: str) -> frozenset[str]:
        """Headers of ``dataset`` as people write them: by these a reader finds the header row."""
        return self.headers[dataset].texts

    def codes_of(self, column: Column) -> Mapping[str, tuple[str, str]]:
        """Codes of a column with their names (Vietnamese, English); empty without a code list."""
        return self.code_lists[column.code_list] if column.code_list else {}
