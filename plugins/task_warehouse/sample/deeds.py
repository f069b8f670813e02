"""Where words and deeds part in the sample, told from its reports and not from any rule in SQL.

The generator lets a share of the bodies be careless (``reports.py``): completions without evidence,
one number that proves two tasks, percentages that fall, texts that are sent again, labels that
contradict the dates, completions taken back, tasks that nobody reports on. All other reports are
honest, and a finding on them is a false alarm.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from task_warehouse.sample.deliveries import Delivery, Row
from task_warehouse.sample.reports import class_of, deadline_on
from task_warehouse.sample.tasks import Task
from task_warehouse.sample.truth import TaskTruth
from task_warehouse.sample.world import World

ROUNDING = 1.0  # points that a percentage may fall by rounding
AGAIN_AND_AGAIN = 3  # times in a row
LONG_SILENCE_DAYS = 60
NEVER_ENDING = ("recurring",)


def findings(
    world: World, deliveries: list[Delivery], truths: list[TaskTruth]
) -> list[Sequence[Any]]:
    """Header and rows: kind of finding, source and task code; each task once a kind."""
    told: dict[tuple[str, str], dict[date, Row]] = defaultdict(dict)
    heard: dict[str, date] = {}
    bodies: dict[str, str] = {}
    for delivery in deliveries:
        if delivery.dataset != "progress" or delivery.is_lost:
            continue
        source = delivery.system.source
        bodies[source] = delivery.system.organisation.code
        heard[source] = max(heard.get(source, delivery.business_date), delivery.business_date)
        for row in delivery.rows:
            if row.origin and not row.is_rejected:
                told[row.origin.task.key][row.origin.reported_on] = row
    rows: list[Sequence[Any]] = [("finding", "source", "task_code")]
    proofs: dict[tuple[str, int, str], list[Task]] = defaultdict(list)
    for task, truth in zip(world.tasks, truths, strict=True):
        if not truth.is_expected:
            continue
        reports = [told[task.key][day] for day in sorted(told[task.key])]
        kinds = set(_of_reports(task, reports)) | set(_of_absence(task, truth, reports, heard))
        rows += [(kind, task.source, task.code) for kind in sorted(kinds)]
        if proof := _proof_of(reports):
            told_by = bodies[proof.origin.source]
            year = (proof.origin.completed_on or proof.origin.reported_on).year
            proofs[told_by, year, str(proof.cells["evidence"])].append(task)
    for proved in proofs.values():
        rows += [
            ("evidence_reused", task.source, task.code)
            for task in proved
            if any(_is_other_work(task, other) for other in proved)
        ]
    return rows


def _is_other_work(task: Task, other: Task) -> bool:
    """Whether one document hardly proves both: neither the same work nor a whole and its part."""
    related = {task.parent, other.parent} & {task.code, other.code}
    return task.title != other.title and not (task.source == other.source and related)


def _since_open(reports: list[Row]) -> list[Row]:
    """The reports of completion since the last one that says the task is open."""
    since: list[Row] = []
    for row in reports:
        since = [*since, row] if row.origin.is_complete else []
    return since


def _proof_of(reports: list[Row]) -> Row | None:
    """The report that names what proves the completion."""
    return next((row for row in _since_open(reports) if row.cells["evidence"]), None)


def _of_reports(task: Task, reports: list[Row]) -> Iterator[str]:
    for before, after in pairwise(reports):
        fell = before.origin.percent - after.origin.percent
        if before.origin.is_complete and not after.origin.is_complete:
            if task.deadline.precision not in NEVER_ENDING:
                yield "reopened"
        elif not before.origin.is_complete and fell > ROUNDING:
            yield "percent_fell"
    run = 1
    for before, after in pairwise(reports):
        run = run + 1 if before.cells["result"] == after.cells["result"] else 1
        if run >= AGAIN_AND_AGAIN and after.origin.percent > 0:
            yield "text_repeated"
    if reports and _is_mislabelled(task, reports):
        yield "label_disagrees"
    if _since_open(reports) and not _proof_of(reports):
        yield "completed_without_evidence"


def _is_mislabelled(task: Task, reports: list[Row]) -> bool:
    """Whether the label of the last report is none that its day and dates allow."""
    last = reports[-1].origin
    if last.status in ("not_started", "suspended", "returned"):
        return False
    done_on = (last.completed_on or last.reported_on) if last.is_complete else None
    known = [row.origin for row in reports]
    due_on = deadline_on(task, known, last.reported_on).due_on
    return bool(last.status != class_of(done_on, due_on, last.reported_on))


def _of_absence(
    task: Task, truth: TaskTruth, reports: list[Row], heard: dict[str, date]
) -> Iterator[str]:
    is_open = truth.completed_on_expected is None
    if not is_open or (reports and reports[-1].origin.status == "suspended"):
        return
    last = reports[-1].origin.reported_on if reports else task.assigned_on
    until = max((heard[s] for s in {task.source, task.reporter} if s in heard), default=None)
    if until and (until - last).days > LONG_SILENCE_DAYS:
        yield "silent"
