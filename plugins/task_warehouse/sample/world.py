"""The whole world of the sample on one day: who, which documents, which tasks, what was said."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from task_warehouse.errors import UsageError
from task_warehouse.sample.documents import Document, write_cascade
from task_warehouse.sample.organisations import Registry, load_registry
from task_warehouse.sample.reports import Report, tell_story
from task_warehouse.sample.systems import System, set_up
from task_warehouse.sample.tasks import Scene, Task, assign_tasks, share_out

FIRST_DAY = date(2025, 7, 2)  # organisations of the sample exist since 1 July 2025


@dataclass(frozen=True, slots=True)
class World:
    """Everything that had happened by ``as_of``."""

    seed: int
    as_of: date
    registry: Registry
    systems: dict[str, System]
    documents: list[Document]
    tasks: list[Task]
    reports: dict[tuple[str, str], list[Report]]  # by task, in time


def create(
    seed: int, as_of: date, tasks: int, direct_communes: int, seed_file: Path | None = None
) -> World:
    """The world of ``seed`` on ``as_of``: the same one every day, only older."""
    if as_of < FIRST_DAY:
        raise UsageError(
            f"the sample cannot be written as of {as_of}",
            remedy=f"choose a day from {FIRST_DAY} on; before, its organisations did not exist",
        )
    registry = load_registry(seed_file)
    systems = set_up(seed, registry, direct_communes)
    communes = [s.organisation for s in systems if s.organisation.kind == "commune"]
    documents = write_cascade(seed, registry, communes)
    kept = _assign_all(seed, registry, systems, documents, tasks)
    by_source = {system.source: system for system in systems}
    visible = [task for task in kept if task.assigned_on <= as_of]
    reports = {
        task.key: tell_story(seed, task, by_source[task.reporter].habit.monthly, as_of)
        for task in visible
    }
    issued = [doc for doc in documents if doc.issued_on <= as_of]
    return World(seed, as_of, registry, by_source, issued, visible, reports)


def _assign_all(
    seed: int, registry: Registry, systems: list[System], documents: list[Document], count: int
) -> list[Task]:
    shares = share_out(systems, count)
    issued: dict[str, list[Document]] = defaultdict(list)
    for doc in documents:
        issued[doc.issuer_code].append(doc)
    reporters: dict[str, dict[str, str]] = defaultdict(dict)
    for system in systems:
        if system.refers_to:
            reporters[system.refers_to][system.organisation.code] = system.source
    tasks: list[Task] = []
    for system in systems:
        if not system.keeps_tasks:
            continue
        # Nobody assigns tasks by the resolution itself; its programmes and plans do.
        own = [doc for doc in issued[system.organisation.code] if doc.parent]
        plans = [doc for doc in own if not _is_superseded(doc, own)]
        scene = Scene(seed, registry, system, plans, reporters[system.source])
        tasks += assign_tasks(scene, shares[system.source])
    return tasks


def _is_superseded(document: Document, own: list[Document]) -> bool:
    """A party committee's plan is carried out by the plan of the people's committee below it."""
    return document.code.endswith("/TU") and any(doc.parent == document.code for doc in own)
