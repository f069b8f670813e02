"""From the world to deliveries: which rows a system hands over, in which file, for which day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from task_warehouse.sample.dice import chance
from task_warehouse.sample.documents import PROGRAMME
from task_warehouse.sample.feedback import Feedback, receive
from task_warehouse.sample.indicators import CATALOGUE, tell_values
from task_warehouse.sample.reports import Report, deadline_on
from task_warehouse.sample.systems import TARGETS_KEEPER, System
from task_warehouse.sample.tasks import Task
from task_warehouse.sample.world import World

Cell = str | float | date | datetime | None
FIRST_FILE = date(2025, 2, 1)
CORRECTED = 0.01  # share of monthly reports that the next file sends again, corrected
STEMS = {
    "documents": "van_ban",
    "tasks": "nhiem_vu",
    "progress": "tien_do",
    "indicators": "chi_tieu",
    "indicator_values": "so_lieu_chi_tieu",
    "feedback": "phan_anh_kien_nghi",
    "control_totals": "so_tong",
}
"""Datasets in processing order, and how their files are called."""


@dataclass(slots=True)
class Row:
    """One record; ``cells`` by canonical column, ``key`` for the truth."""

    cells: dict[str, Cell]
    key: str
    origin: Any = None  # the task, report or value it tells of
    is_safe: bool = False  # a defect may fall on it without changing a status class
    defect: str | None = None
    is_rejected: bool = False
    is_ragged: bool = False

    @property
    def is_twin(self) -> bool:
        """Whether it only repeats the row before."""
        return self.defect == "duplicate_row" and self.origin is None


@dataclass(slots=True)
class Delivery:
    """What one system hands over for one dataset at once."""

    system: System
    dataset: str
    business_date: date
    rows: list[Row]
    day_in_name: bool = False
    defect: str | None = None
    is_lost: bool = False  # refused, missing or out of reach: none of its rows arrives
    is_absent: bool = False  # not even a file
    copies: list[str] = field(default_factory=list)  # names of equal files

    @property
    def name(self) -> str:
        """The file name without folder; for HTTP the name of the dataset."""
        if self.system.habit.transport == "http":
            return self.dataset
        habit = self.system.habit
        suffix = "zip" if habit.zipped else habit.format
        day = f"_{self.business_date:%Y%m%d}" if self.day_in_name else ""
        return f"{STEMS[self.dataset]}{day}.{suffix}"


def prepare(world: World) -> list[Delivery]:
    """All deliveries that are due by ``world.as_of``, by source, dataset and day."""
    by_source: dict[str, list[Task]] = defaultdict(list)
    reported: dict[str, list[Report]] = defaultdict(list)
    for task in world.tasks:
        by_source[task.source].append(task)
        reported[task.reporter] += world.reports[task.key]
    deliveries: list[Delivery] = []
    for source, system in world.systems.items():
        deliveries += _documents(world, system)
        if system.keeps_tasks:
            deliveries.append(_full(world, system, "tasks", _task_rows(world, by_source[source])))
        if system.reports:
            deliveries += _progress(world, system, reported[source])
        deliveries += _figures(world, system)
        if system.organisation.kind != "commune":
            rows = feedback_rows(world, system, world.as_of)
            deliveries.append(_full(world, system, "feedback", rows))
    return deliveries


def feedback_rows(world: World, system: System, day: date) -> list[Row]:
    """The feedback of one system as it stood on a day."""
    items = receive(world.seed, system, world.registry, _daily(world), day)
    return [_feedback_row(item, system) for item in items]


def _daily(world: World) -> float:
    """Feedback items a day and system: about one in all per seven tasks."""
    return max(0.02, len(world.tasks) / 7 / 130 / 56)


def _full(world: World, system: System, dataset: str, rows: list[Row]) -> Delivery:
    named = system.habit.dated_names and system.habit.transport == "folder"
    return Delivery(system, dataset, world.as_of, rows, day_in_name=named)


def _documents(world: World, system: System) -> list[Delivery]:
    own = [doc for doc in world.documents if doc.issuer_code == system.organisation.code]
    if not own:
        return []
    rows = [
        Row({"document_code": doc.code, "issued_on": doc.issued_on, "issuer": doc.issuer,
             "title": doc.title, "parent_document_code": doc.parent, "programme": PROGRAMME,
             "secrecy": doc.secrecy}, doc.code, doc)
        for doc in own
    ]  # fmt: skip
    return [_full(world, system, "documents", rows)]


def _task_rows(world: World, tasks: list[Task]) -> list[Row]:
    parents = {task.parent for task in tasks}
    rows = []
    for number, task in enumerate(tasks):
        reports = world.reports[task.key]
        deadline = deadline_on(task, reports, world.as_of)
        moved = deadline is not task.deadline
        asked = [report.updated_at for report in reports if report.extension_to]
        touched = asked[0].date() if moved else task.assigned_on
        secret = world.systems[task.source].secret and number < 2
        cells: dict[str, Cell] = {
            "task_code": task.code, "title": task.title, "kind": task.kind,
            "group_name": task.group, "document_code": task.document,
            "parent_task_code": task.parent, "lead": task.lead.text,
            "cooperating": task.cooperating.text, "responsible_position": task.position,
            "assigned_on": task.assigned_on, "deadline": deadline.text, "product": task.product,
            "priority": task.priority, "secrecy": "confidential" if secret else task.secrecy,
            "updated_at": datetime.combine(touched, datetime.min.time().replace(hour=17)),
        }  # fmt: skip
        # Reports of later days must not meet a refused task, so only tasks never reported on.
        is_safe = task.is_silent and task.code not in parents
        rows.append(Row(cells, task.code, task, is_safe))
    return rows


def _report_row(report: Report) -> Row:
    cells: dict[str, Cell] = {
        "task_code": report.task.code, "reported_on": report.reported_on,
        "percent_complete": report.percent, "status_reported": report.status,
        "completed_on": report.completed_on, "evidence": report.evidence,
        "result": report.result, "difficulty": report.difficulty, "proposal": report.proposal,
        "extension_to": report.extension_to, "approval_state": report.approval,
        "updated_at": report.updated_at.replace(tzinfo=None),
    }  # fmt: skip
    return Row(cells, report.key, report, not report.turns)


def _progress(world: World, system: System, reports: list[Report]) -> list[Delivery]:
    ordered = sorted(reports, key=lambda report: (report.reported_on, report.task.code))
    if not system.habit.monthly:
        return [_full(world, system, "progress", [_report_row(report) for report in ordered])]
    deliveries = []
    waiting = ordered
    resent: list[Row] = []
    for due in _due_days(system.due_day, world.as_of):
        closed = [report for report in waiting if report.reported_on <= due]
        waiting = waiting[len(closed) :]
        rows = [_report_row(report) for report in closed]
        deliveries.append(Delivery(system, "progress", due, rows + resent, day_in_name=True))
        resent = [_corrected(row) for row in rows if _is_corrected(world.seed, system, row)]
    return [delivery for delivery in deliveries if delivery.rows]


def _due_days(due_day: int, until: date) -> list[date]:
    days = []
    day = FIRST_FILE.replace(day=due_day)
    while day <= until:
        days.append(day)
        day = date(day.year + day.month // 12, day.month % 12 + 1, due_day)
    return days


def _is_corrected(seed: int, system: System, row: Row) -> bool:
    return row.is_safe and chance(seed, "corrected", system.source, row.key) < CORRECTED


def _corrected(row: Row) -> Row:
    """The same report sent again a month later with a fuller text."""
    report: Report = row.origin
    cells = dict(row.cells)
    cells["result"] = f"{report.result} (đính chính)"
    cells["updated_at"] = report.updated_at.replace(tzinfo=None) + timedelta(days=20)
    return Row(cells, row.key, report)


def _figures(world: World, system: System) -> list[Delivery]:
    found = []
    if system.organisation.code == TARGETS_KEEPER:
        found.append(_full(world, system, "indicators", _indicator_rows()))
    values = tell_values(world.seed, system, world.as_of)
    if values:
        rows = [
            Row({"indicator_code": v.indicator, "organisation": v.organisation,
                 "period": v.period, "value": v.value, "breakdown": v.breakdown,
                 "state": v.state, "note": v.note}, v.key, v, True)
            for v in values
        ]  # fmt: skip
        found.append(_full(world, system, "indicator_values", rows))
    return found


def _indicator_rows() -> list[Row]:
    return [
        Row({"indicator_code": i.code, "name": i.name, "unit": i.unit, "better": i.better,
             "target_operator": i.operator, "target_low": i.low, "target_high": i.high,
             "target_text": i.text, "target_on": i.target_on, "baseline": i.start or None,
             "baseline_on": date(2024, 12, 31), "lead": i.lead, "document_code": "03/NQ-CP",
             "frequency": i.frequency, "kind": i.kind, "formula": None}, i.code, i)
        for i in CATALOGUE
    ]  # fmt: skip


def _feedback_row(item: Feedback, system: System) -> Row:
    handler = item.assigned_to
    cells: dict[str, Cell] = {
        "feedback_code": item.code, "kind": item.kind, "received_on": item.received_on,
        "sender_kind": item.sender_kind, "field": item.field,
        "assigned_to": handler.name if not system.habit.codes and handler.kind != "commune"
        else handler.code,
        "due_on": item.due_on, "state": item.state, "answered_on": item.answered_on,
        "published": "true" if item.published else "false",
    }  # fmt: skip
    return Row(cells, item.code, item, True)
