"""Who exists in the sample: the official codes and names of the project's own seed."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from task_warehouse.errors import ContractError
from task_warehouse.settings import PROJECT_ROOT

SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"

NATION = "VN"
UNRESOLVED = "UNRESOLVED"


@dataclass(frozen=True, slots=True)
class Organisation:
    """One organisation that is current on the day the sample was asked for."""

    code: str
    name: str
    kind: str
    parent: str | None


@dataclass(frozen=True)
class Registry:
    """The organisations of the world, and the old names that lead to them."""

    current: dict[str, Organisation]
    dissolved: tuple[Organisation, ...]  # ``parent`` is the successor here
    collectives: tuple[Organisation, ...]

    @cached_property
    def _name_counts(self) -> Counter[str]:
        return Counter(org.name for org in self.current.values())

    @cached_property
    def _by_kind(self) -> dict[tuple[str, ...], list[Organisation]]:
        return {}

    @cached_property
    def _communes(self) -> dict[str, list[Organisation]]:
        found: dict[str, list[Organisation]] = defaultdict(list)
        for org in self.of_kind("commune"):
            found[org.parent or ""].append(org)
        return found

    def of_kind(self, *kinds: str) -> list[Organisation]:
        """Current organisations of these kinds, by code; not to be changed by the caller."""
        if kinds not in self._by_kind:
            self._by_kind[kinds] = [org for org in self.current.values() if org.kind in kinds]
        return self._by_kind[kinds]

    def named_once(self, org: Organisation) -> bool:
        """Whether the name belongs to one current organisation only."""
        return self._name_counts[org.name] == 1

    def communes_of(self, province: str) -> list[Organisation]:
        return self._communes[province]


def load_registry(path: Path | None = None, on: date = date(2025, 7, 2)) -> Registry:
    """Read the seed; :class:`ContractError` when it lacks what the sample needs."""
    path = path or SEEDS / "organisations.csv"
    if not path.exists():
        raise ContractError(
            "the seed of organisations is missing",
            where=str(path),
            remedy="restore dbt_project/seeds/organisations.csv from the repository",
        )
    with path.open(encoding="utf-8", newline="") as stream:
        rows = sorted(csv.DictReader(stream), key=lambda row: row["organisation_code"])
    day = on.isoformat()
    current: dict[str, Organisation] = {}
    dissolved: list[Organisation] = []
    for row in rows:
        if not row["valid_to"] or row["valid_to"] >= day:
            org = _organisation(row, row["parent_code"])
            current[org.code] = org
        elif row["successor_code"]:
            dissolved.append(_organisation(row, row["successor_code"]))
    names = {org.name for org in current.values()}
    old = tuple(org for org in dissolved if org.name not in names and org.parent in current)
    return Registry(current, old, tuple(o for o in current.values() if o.kind == "collective"))


def _organisation(row: dict[str, str], parent: str) -> Organisation:
    return Organisation(row["organisation_code"], row["name_vi"], row["kind"], parent or None)
