"""The tasks of the world: what was assigned to whom until when, and when it was truly done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from task_warehouse.sample import texts
from task_warehouse.sample.deadlines import Deadline, on_day, print_deadline
from task_warehouse.sample.dice import Dice
from task_warehouse.sample.documents import Document
from task_warehouse.sample.leads import Lead, Namer, choose_cooperating, choose_lead
from task_warehouse.sample.organisations import Registry
from task_warehouse.sample.systems import GOVERNMENT_OFFICE, System

KINDS = (("task", 80.0), ("research", 8.0), ("cooperation", 7.0), ("event", 5.0))
TWO_TIER_SINCE = date(2025, 7, 1)  # communes of today exist since then
NEWCOMERS = 0.04  # share assigned from October 2025 on, day by day
SILENT = 0.05  # share nobody ever reports on
EXTENDED = 0.12  # share of dated tasks whose extension is asked for
REOPENED = 0.006  # share of completions that are withdrawn later
SUSPENDED = 0.015


@dataclass(frozen=True, slots=True)
class Task:
    """One task as it truly is, its whole life long."""

    source: str
    code: str
    title: str
    kind: str
    group: str
    document: str
    parent: str | None
    lead: Lead
    cooperating: Lead
    position: str
    assigned_on: date
    deadline: Deadline
    product: str
    priority: str
    secrecy: str
    completed_on: date | None  # the day it was or will be done; None: not in sight
    reporter: str  # source that reports its progress
    is_silent: bool
    is_reopened: bool
    is_suspended: bool
    extended_to: Deadline | None
    extension_granted: bool

    @property
    def key(self) -> tuple[str, str]:
        return self.source, self.code


@dataclass(frozen=True, slots=True)
class Scene:
    """What the tasks of one system are made from."""

    seed: int
    registry: Registry
    system: System
    plans: list[Document]
    reporters: dict[str, str]  # organisation: source of its own that reports on tasks kept here


def share_out(systems: list[System], count: int) -> dict[str, int]:
    """How many tasks each system keeps; the sum is ``count``."""
    keepers = [system for system in systems if system.keeps_tasks]
    total = sum(system.weight for system in keepers)
    exact = {system.source: count * system.weight / total for system in keepers}
    shares = {source: int(value) for source, value in exact.items()}
    by_rest = sorted(exact, key=lambda source: (shares[source] - exact[source], source))
    for source in by_rest[: count - sum(shares.values())]:
        shares[source] += 1
    return shares


def assign_tasks(scene: Scene, count: int) -> list[Task]:
    """The tasks of one system, in the order of their numbers."""
    tasks: list[Task] = []
    for number in range(1, count + 1):
        dice = Dice(scene.seed, "task", scene.system.source, number)
        parent = dice.choice(tasks).code if number > 5 and dice.happens(0.08) else None
        tasks.append(_assign(scene, dice, number, parent))
    return tasks


def _assign(scene: Scene, dice: Dice, number: int, parent: str | None) -> Task:
    system, habit = scene.system, scene.system.habit
    document = dice.choice(scene.plans)
    reporting = tuple(scene.registry.current[code] for code in scene.reporters)
    lead = choose_lead(dice, Namer(scene.registry, habit.codes), system, reporting)
    assigned_on = _assigned_on(dice, document, lead)
    kind = dice.weighted(KINDS)
    org = system.organisation
    title, sort = texts.compose_title(dice, kind, assigned_on.year, org.code)
    is_government = org.code == GOVERNMENT_OFFICE
    deadline = print_deadline(
        dice, assigned_on, day_share=0.0 if is_government else 0.45, style=habit.date_format
    )
    completed_on = _completed_on(dice, assigned_on, deadline)
    extended_to = _extension(dice, deadline, habit.date_format)
    return Task(
        source=system.source,
        code=habit.task_code.format(year=assigned_on.year, number=number, org=org.code),
        title=title,
        kind=kind,
        group=texts.GROUPS[sort],
        document=document.code,
        parent=parent,
        lead=lead,
        cooperating=choose_cooperating(dice, Namer(scene.registry, habit.codes), system),
        position=dice.choice(texts.POSITIONS[org.kind]),
        assigned_on=assigned_on,
        deadline=deadline,
        product=dice.choice(texts.PRODUCTS[sort]),
        priority=dice.weighted((("Thường", 70), ("Khẩn", 22), ("Thượng khẩn", 8))),
        secrecy=dice.weighted((("normal", 94), ("internal", 6))),
        completed_on=completed_on,
        reporter=scene.reporters.get(lead.first or "", system.source),
        is_silent=dice.happens(SILENT),
        is_reopened=dice.happens(REOPENED),
        is_suspended=dice.happens(SUSPENDED) and completed_on is None,
        extended_to=extended_to,
        extension_granted=dice.happens(0.65),
    )


def _assigned_on(dice: Dice, document: Document, lead: Lead) -> date:
    earliest = document.issued_on + timedelta(days=1)
    if lead.is_commune:
        earliest = max(earliest, TWO_TIER_SINCE + timedelta(days=7))
    if dice.happens(NEWCOMERS):
        return date(2025, 10, 1) + timedelta(days=dice.randint(0, 120))
    latest = max(earliest + timedelta(days=20), date(2025, 9, 15))
    ahead = min(dice.expovariate(1 / 35), (latest - earliest).days)
    return earliest + timedelta(days=int(ahead))


def _completed_on(dice: Dice, assigned_on: date, deadline: Deadline) -> date | None:
    """Most are done around the deadline, many long before; some are never done in sight."""
    if deadline.due_on is None:
        return assigned_on + timedelta(days=dice.randint(40, 400)) if dice.happens(0.25) else None
    if dice.happens(0.12):
        return None
    span = (deadline.due_on - assigned_on).days
    if dice.happens(0.16):
        return deadline.due_on + timedelta(days=dice.randint(1, 75))
    share = 1 - dice.random() ** 2 * 0.8
    return assigned_on + timedelta(days=max(7, int(min(span, 520) * share)))


def _extension(dice: Dice, deadline: Deadline, style: str) -> Deadline | None:
    if deadline.due_on is None or not dice.happens(EXTENDED):
        return None
    return on_day(deadline.due_on + timedelta(days=dice.randint(25, 120)), style)
