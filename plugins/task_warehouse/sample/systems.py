"""Which systems export: one a ministry, agency and province, and some communes directly."""

from __future__ import annotations

from dataclasses import dataclass

from task_warehouse.sample.dice import Dice
from task_warehouse.sample.habits import (
    COMMUNE_HABITS,
    FAMILY_HABIT,
    HABITS,
    SECRET_HABIT,
    Habit,
)
from task_warehouse.sample.organisations import Organisation, Registry

GOVERNMENT_OFFICE = "G22"
TARGETS_KEEPER = "G06"
WITHOUT_TASK_SOFTWARE = frozenset({"G27", "G28", "G30"})
"""Agencies whose tasks are in the list of the Government Office; they only report progress."""

FAMILY_PROVINCE = "12"
"""Lai Châu, the province with the fewest communes: in a large sample each of them reports by
itself, on one platform, declared in one source file."""
SCATTERED_BESIDE_FAMILY = 20

DUE_DAYS = (10, 10, 10, 12, 14)
"""Days of the month by which the progress of the month before is due; by system."""
LAST_DUE_DAY = max(DUE_DAYS)


@dataclass(frozen=True, slots=True)
class System:
    """One source of the sample."""

    source: str
    organisation: Organisation
    habit: Habit
    weight: float  # share of the tasks, relative; 0 where it has no tasks of its own
    reports: bool  # exports progress
    refers_to: str | None  # source whose task codes its progress uses
    due_day: int  # of the monthly progress file
    secret: bool = False  # its tasks hold rows that must not be sent
    family: str | None = None  # one source file stands for it and its like

    @property
    def keeps_tasks(self) -> bool:
        return self.weight > 0


def source_id(org: Organisation) -> str:
    """The source of an organisation: bo-g06, cq-g27, tinh-01, xa-00004."""
    prefix = {"ministry": "bo", "agency": "cq", "province": "tinh", "commune": "xa"}[org.kind]
    return f"{prefix}-{org.code.lower()}"


def set_up(seed: int, registry: Registry, direct_communes: int) -> list[System]:
    """All systems, ministries first; the same ones every day."""
    systems: list[System] = []
    for number, org in enumerate(registry.of_kind("ministry", "agency", "province")):
        dice = Dice(seed, "system", org.code)
        outside = org.code in WITHOUT_TASK_SOFTWARE
        refers_to = "bo-g22" if outside else None
        systems.append(
            System(source_id(org), org, HABITS[number % len(HABITS)],
                   0 if outside else _weight(dice, org), True, refers_to,
                   dice.choice(DUE_DAYS))
        )  # fmt: skip
    return systems + _direct_communes(seed, registry, direct_communes)


def _weight(dice: Dice, org: Organisation) -> float:
    if org.code == GOVERNMENT_OFFICE:
        return 40
    return dice.uniform(3, 8)


def _direct_communes(seed: int, registry: Registry, count: int) -> list[System]:
    """Communes with a system of their own: one exports secrets, half keep tasks of their own."""
    communes = registry.of_kind("commune")
    family = [org for org in communes if org.parent == FAMILY_PROVINCE]
    if count < len(family) + SCATTERED_BESIDE_FAMILY:
        family = []
    others = [org for org in communes if org not in family]
    pool = sorted(others, key=lambda org: Dice(seed, "direct", org.code).random())
    scattered = sorted(pool[: count - len(family)], key=lambda org: org.code)
    return _scattered(seed, registry, scattered) + [_relative(seed, org) for org in family]


def _relative(seed: int, org: Organisation) -> System:
    dice = Dice(seed, "system", org.code)
    return System(source_id(org), org, FAMILY_HABIT, dice.uniform(0.2, 0.5), True, None,
                  LAST_DUE_DAY, family=f"xa-tinh-{org.parent}")  # fmt: skip


def _scattered(seed: int, registry: Registry, communes: list[Organisation]) -> list[System]:
    systems = []
    for number, org in enumerate(communes):
        dice = Dice(seed, "system", org.code)
        own = number % 2 == 0
        province = registry.current[org.parent or ""]
        secret = number == 0
        systems.append(
            System(source_id(org), org,
                   SECRET_HABIT if secret else COMMUNE_HABITS[number // 2 % len(COMMUNE_HABITS)],
                   dice.uniform(0.5, 1.5) if own else 0, not secret,
                   None if own else source_id(province), dice.choice(DUE_DAYS), secret)
        )  # fmt: skip
    return systems
