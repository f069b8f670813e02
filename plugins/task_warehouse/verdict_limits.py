"""The limits behind a delivery's verdict: ``expectations/verdicts.yaml`` and what a source changes.

A source file may override any limit for one of its datasets (``verdict:``). What it says is frozen
in the receipt, so that a check derived again from the raw bytes judges as the first one did.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from task_warehouse.errors import ContractError
from task_warehouse.settings import PROJECT_ROOT

Level = Literal["none", "warn", "hold", "refuse"]
STRICTNESS: tuple[Level, ...] = ("none", "warn", "hold", "refuse")
LONGEST_WINDOW = 40


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RowCount(_Strict):
    """How far the number of rows may be from the source's own past."""

    full: Level
    delta: Level
    minimum_history: int = Field(ge=3, le=LONGEST_WINDOW)
    window: int = Field(ge=3, le=LONGEST_WINDOW)
    deviations: float = Field(gt=0)
    share: float = Field(ge=0)
    rows: int = Field(ge=0)


class RefusedShare(_Strict):
    """How many of the rows may be refused."""

    verdict: Level
    above: float = Field(ge=0, le=1)
    rows: int = Field(ge=1)


class ControlTotals(_Strict):
    """How far the rows that came may be from what the source declares."""

    verdict: Level
    above: float = Field(ge=0)
    rows: int = Field(ge=1)


class OneVerdict(_Strict):
    """A finding that is there or not."""

    verdict: Level


class UnknownColumn(OneVerdict):
    """Headers that stand for no column; those of ``harmless`` number or separate rows."""

    harmless: tuple[str, ...] = ()


class SchemaChanged(_Strict):
    """Headers other than those of the delivery before."""

    gone: Level
    other: Level


class VerdictLimits(_Strict):
    """All limits of one dataset of one source."""

    row_count: RowCount
    refused_share: RefusedShare
    control_totals: ControlTotals
    future_date: OneVerdict
    unknown_column: UnknownColumn
    schema_changed: SchemaChanged


def limits_path() -> Path:
    """``expectations/verdicts.yaml``."""
    return PROJECT_ROOT / "expectations" / "verdicts.yaml"


@cache
def default_limits() -> VerdictLimits:
    """The limits in force where a source says nothing. Raises :class:`ContractError`."""
    return load_limits(limits_path())


def load_limits(path: Path) -> VerdictLimits:
    """The limits of the file ``path``. Raises :class:`ContractError`, with what was expected."""
    try:
        return VerdictLimits.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise ContractError(
            f"not YAML: {' '.join(str(error).split())}", where=str(path), remedy="correct it there"
        ) from None
    except ValidationError as error:
        raise ContractError(
            _said(error), where=str(path), remedy="correct it; the comments there say what each is"
        ) from None


def limits_with(overrides: Mapping[str, Any] | None) -> VerdictLimits:
    """The defaults with what a source overrides. Raises ValueError, saying what is wrong."""
    defaults = default_limits()
    if not overrides:
        return defaults
    merged = defaults.model_dump()
    for name, given in overrides.items():
        known = merged.get(name, {})
        merged[name] = {**known, **given} if isinstance(given, Mapping) else given
    try:
        return VerdictLimits.model_validate(merged)
    except ValidationError as error:
        raise ValueError(_said(error)) from None


def stricter(one: Level, other: Level) -> Level:
    """The stricter of two verdicts."""
    return max(one, other, key=STRICTNESS.index)


def _said(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(step) for step in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])
