"""The organisations of the seed, as far as source files need them: codes, kinds, parents, dates."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from task_warehouse.errors import ContractError
from task_warehouse.settings import PROJECT_ROOT


@dataclass(frozen=True, slots=True)
class Organisation:
    """One organisation over its whole life: first and last day of any of its rows."""

    code: str
    name: str
    kind: str
    parent: str | None
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True)
class Organisations:
    """By code; ``None`` inside stands for "no seed here", which knows every code."""

    by_code: dict[str, Organisation] | None

    def knows(self, code: str) -> bool:
        return self.by_code is None or code in self.by_code

    def codes(self) -> list[str]:
        return list(self.by_code or ())

    def members(self, kind: str, parent: str | None) -> list[Organisation]:
        """Organisations of a kind (under a parent), ordered by code."""
        found = [
            organisation
            for organisation in (self.by_code or {}).values()
            if organisation.kind == kind and parent in (None, organisation.parent)
        ]
        return sorted(found, key=lambda organisation: organisation.code)


def seed_path() -> Path:
    return PROJECT_ROOT / "dbt_project" / "seeds" / "organisations.csv"


def load_organisations(path: Path | None = None) -> Organisations:
    """Read the seed; without the file every code is taken as known."""
    path = path or seed_path()
    if not path.is_file():
        return Organisations(None)
    by_code: dict[str, Organisation] = {}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            try:
                one = Organisation(
                    row["organisation_code"],
                    row["name_vi"],
                    row["kind"],
                    row["parent_code"] or None,
                    _day(row.get("valid_from")),
                    _day(row.get("valid_to")),
                )
            except (KeyError, ValueError) as error:
                raise ContractError(
                    f"the seed of organisations has no usable {error}",
                    where=str(path),
                    remedy="restore the columns organisation_code, name_vi, kind, parent_code, "
                    "valid_from, valid_to",
                ) from None
            earlier = by_code.get(one.code)
            by_code[one.code] = _joined(earlier, one) if earlier else one
    return Organisations(by_code)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _joined(earlier: Organisation, later: Organisation) -> Organisation:
    """Two rows of one code (a renaming, a new parent): the later row, over both lifetimes."""
    newest = max(earlier, later, key=lambda one: one.valid_from or date.min)
    starts, ends = (earlier.valid_from, later.valid_from), (earlier.valid_to, later.valid_to)
    return Organisation(
        newest.code,
        newest.name,
        newest.kind,
        newest.parent,
        None if None in starts else min(day for day in starts if day),
        None if None in ends else max(day for day in ends if day),
    )
