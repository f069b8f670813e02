"""What a correct pipeline must find in the sample, told by the generator that made it.

``*_true`` is the world as it is; ``*_expected`` is what can be known from the rows that arrive and
are not refused. Marts are compared with the second.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from operator import attrgetter
from typing import Any

from task_warehouse.sample.defects import DELIVERY_DEFECTS, WRONG_TOTALS, Planted
from task_warehouse.sample.deliveries import Delivery, Row
from task_warehouse.sample.dice import Dice, chance
from task_warehouse.sample.feedback import Feedback
from task_warehouse.sample.indicators import Value
from task_warehouse.sample.organisations import NATION
from task_warehouse.sample.reports import Report, class_of, deadline_on
from task_warehouse.sample.tasks import Task
from task_warehouse.sample.world import World

CLASSES = ("completed_on_time", "completed_late", "completed_undated", "open_in_term",
           "open_overdue", "open_undated")  # fmt: skip
Table = list[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class TaskTruth:
    """One task: how it is, and how it must appear."""

    source: str
    task_code: str
    title: str
    kind: str
    document_code: str
    lead_text: str
    lead_form: str
    lead_code: str  # the first lead; UNRESOLVED where nobody answers
    deadline_text: str
    due_on: date | None
    due_precision: str
    assigned_on: date
    completed_on_true: date | None
    status_true: str
    is_expected: bool  # its own row arrives and is accepted
    completed_on_expected: date | None
    status_expected: str
    status_told: str  # as the bodies themselves know it, also from deliveries that are refused
    last_reported_on: date | None
    percent_expected: float | None
    is_reopened: bool


def task_truths(world: World, deliveries: list[Delivery]) -> list[TaskTruth]:
    """One truth a task, in the order of the world."""
    arrived = _arrived(deliveries, "tasks")
    kept = {(row.origin.source, row.origin.code) for row in arrived if row.origin}
    known: dict[tuple[str, str], list[Report]] = defaultdict(list)
    for row in _arrived(deliveries, "progress"):
        if row.origin:
            known[row.origin.task.key].append(row.origin)
    return [_truth(world, task, task.key in kept, known[task.key]) for task in world.tasks]


def _arrived(deliveries: list[Delivery], dataset: str) -> list[Row]:
    return [
        row
        for delivery in deliveries
        if delivery.dataset == dataset and not delivery.is_lost
        for row in delivery.rows
        if not row.is_rejected
    ]


def _truth(world: World, task: Task, is_kept: bool, known: list[Report]) -> TaskTruth:
    deadline = deadline_on(task, world.reports[task.key], world.as_of)
    due_on = deadline.due_on
    told = world.reports[task.key]
    really = task.completed_on if task.completed_on and task.completed_on <= world.as_of else None
    if told and task.is_reopened and not told[-1].is_complete:
        really = None
    ordered = sorted({report.reported_on: report for report in known}.items())
    done_on = _completion([report for _, report in ordered])
    last = ordered[-1][1] if ordered else None
    return TaskTruth(
        source=task.source, task_code=task.code, title=task.title, kind=task.kind,
        document_code=task.document, lead_text=task.lead.text, lead_form=task.lead.form,
        lead_code=task.lead.codes[0], deadline_text=deadline.text, due_on=due_on,
        due_precision=deadline.precision, assigned_on=task.assigned_on,
        completed_on_true=really, status_true=class_of(really, due_on, world.as_of),
        is_expected=is_kept, completed_on_expected=done_on,
        status_expected=class_of(done_on, due_on, world.as_of),
        status_told=class_of(_completion(told), due_on, world.as_of),
        last_reported_on=last.reported_on if last else None,
        percent_expected=last.percent if last else None, is_reopened=task.is_reopened,
    )  # fmt: skip


def _completion(reports: list[Report]) -> date | None:
    """The day of completion as reported; a later report that takes it back undoes it."""
    done_on: date | None = None
    for report in reports:
        if not report.is_complete:
            done_on = None
        elif done_on is None:
            done_on = report.completed_on or report.reported_on
    return done_on


def scorecard(world: World, truths: list[TaskTruth]) -> Table:
    """Organisation, number of tasks, then a number a class: each lead sees its task, VN once."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for task, truth in zip(world.tasks, truths, strict=True):
        if truth.is_expected:
            for code in {NATION, *task.lead.codes}:
                counts[code][truth.status_expected] += 1
    header: Sequence[Any] = ("organisation_code", "tasks", *CLASSES)
    rows = [
        (code, counts[code].total(), *(counts[code][name] for name in CLASSES))
        for code in sorted(counts)
    ]
    return [header, *rows]


def bodies(world: World) -> Table:
    """Task, organisation and role, as the leads and the cooperating bodies truly mean it."""
    rows: Table = [("source", "task_code", "organisation_code", "role")]
    for task in world.tasks:
        for number, code in enumerate(dict.fromkeys(task.lead.codes)):
            rows.append((task.source, task.code, code, "co_lead" if number else "lead"))
        for code in dict.fromkeys(task.cooperating.codes):
            rows.append((task.source, task.code, code, "cooperating"))
    return rows


def deliveries_table(deliveries: list[Delivery]) -> Table:
    """One row a delivery, with what must become of its rows."""
    rows: Table = [
        ("source", "dataset", "delivery", "business_date", "arrives", "accepted_whole",
         "rows_received", "rows_accepted", "rows_rejected", "rows_duplicate", "rows_held", "defect")
    ]  # fmt: skip
    for d in deliveries:
        twin = sum(row.is_twin for row in d.rows)
        bad = sum(row.is_rejected for row in d.rows)
        total = len(d.rows)
        good = total - bad - twin
        numbers = (total, good, bad, twin, 0)
        if d.is_lost:
            readable = d.defect in ("secret_rows", "unknown_header")
            numbers = (total, 0, total, 0, 0) if readable else (0, 0, 0, 0, 0)
        if d.defect == "new_column":  # its good rows wait for a person
            numbers = (total, 0, bad, twin, good)
        rows.append(
            (d.system.source, d.dataset, d.name, d.business_date, not d.is_absent,
             not d.is_lost, *numbers, d.defect or "")
        )  # fmt: skip
    return rows


def reporting(world: World, deliveries: list[Delivery]) -> Table:
    """Source, dataset and day: what was expected last and how it must be shown as of the day.

    Late and missing can be told only by who looked on ``business_date``: where that is before the
    as-of date, a pipeline that first runs on the as-of date cannot know (``needs_earlier_run``).
    """
    statuses = {(d.kind, d.dataset): d.status for d in DELIVERY_DEFECTS}
    last: dict[tuple[str, str], Delivery] = {}
    for delivery in deliveries:
        last[delivery.system.source, delivery.dataset] = delivery
    rows: Table = [
        ("source", "dataset", "business_date", "cadence", "status", "defect", "needs_earlier_run")
    ]
    for (source, dataset), delivery in last.items():
        defect = delivery.defect or ""
        status = statuses.get((defect, dataset)) or statuses.get((defect, "*")) or "on_time"
        if status == "on_time":  # what is only slow, or came twice, is what it would have been
            status = _whole(delivery)
        monthly = dataset == "progress" and delivery.system.habit.monthly
        if defect == "late" and not delivery.is_absent and monthly:
            status = "late"
        day = delivery.business_date if monthly else world.as_of
        cadence = "monthly" if monthly else "daily"
        early = day < world.as_of and status in ("late", "missing")
        rows.append((source, dataset, day, cadence, status, defect, early))
    return rows


def _whole(delivery: Delivery) -> str:
    """The status of a delivery that no defect kept from coming whole and in time."""
    if delivery.rows:
        # Where every row is refused nothing of the delivery is used.
        return "refused" if all(row.is_rejected for row in delivery.rows) else "on_time"
    # Lines without a line are a file without a byte: it cannot say that nothing arose.
    return "refused" if delivery.system.habit.format == "ndjson" else "nothing_arose"


def reports_table(deliveries: list[Delivery]) -> Table:
    """Every record of progress that was handed over, in whatever delivery, and its fate."""
    rows: Table = [
        ("source", "task_source", "delivery", "task_code", "reported_on", "percent_complete",
         "status_reported", "completed_on", "is_complete", "defect", "is_accepted")
    ]  # fmt: skip
    for d in deliveries:
        for row in d.rows if d.dataset == "progress" else ():
            report: Report | None = row.origin
            if report is not None:
                fate = not (d.is_lost or row.is_rejected)
                rows.append(
                    (d.system.source, report.task.source, d.name, report.task.code,
                     report.reported_on, report.percent, report.status, report.completed_on,
                     report.is_complete, row.defect or d.defect or "", fate)
                )  # fmt: skip
    return rows


def values_table(deliveries: list[Delivery]) -> Table:
    """Every value of an indicator, true and as expected."""
    rows: Table = [
        ("source", "indicator_code", "organisation_code", "period", "breakdown", "value", "state",
         "defect", "is_accepted")
    ]  # fmt: skip
    for d in deliveries:
        for row in d.rows if d.dataset == "indicator_values" else ():
            v: Value | None = row.origin
            if v is not None:
                rows.append(
                    (v.source, v.indicator, v.organisation, v.period, v.breakdown, v.value,
                     v.state, row.defect or d.defect or "", not (d.is_lost or row.is_rejected))
                )  # fmt: skip
    return rows


def feedback_table(deliveries: list[Delivery]) -> Table:
    """Every item of feedback, true and as expected."""
    rows: Table = [
        ("source", "feedback_code", "kind", "organisation_code", "received_on", "due_on",
         "answered_on", "state", "published", "defect", "is_accepted")
    ]  # fmt: skip
    for d in deliveries:
        for row in d.rows if d.dataset == "feedback" else ():
            item: Feedback | None = row.origin
            if item is not None:
                rows.append(
                    (item.source, item.code, item.kind, item.assigned_to.code, item.received_on,
                     item.due_on, item.answered_on, item.state, item.published,
                     row.defect or d.defect or "", not (d.is_lost or row.is_rejected))
                )  # fmt: skip
    return rows


def documents_table(world: World, deliveries: list[Delivery]) -> Table:
    """The cascade: each document, its parent, and the root it hangs under."""
    arrived = {row.key for row in _arrived(deliveries, "documents")}
    parents = {doc.code: doc.parent for doc in world.documents}
    rows: Table = [
        ("document_code", "issued_on", "issuer", "parent_code", "root_code", "depth", "is_expected")
    ]
    for doc in world.documents:
        root, depth = doc.code, 0
        while parent := parents.get(root):
            root, depth = parent, depth + 1
        is_expected = doc.code in arrived
        rows.append((doc.code, doc.issued_on, doc.issuer, doc.parent, root, depth, is_expected))
    return rows


def control_totals(world: World, truths: list[TaskTruth], deliveries: list[Delivery]) -> Table:
    """What the systems declare of their own tasks, and what the pipeline must compute.

    Rows are those that were received, each once; classes those of the tasks that were accepted.
    """
    received = {
        d.system.source: sum(not row.is_twin for row in d.rows)
        for d in deliveries
        if d.dataset == "tasks"
    }
    by_source: dict[str, list[TaskTruth]] = defaultdict(list)
    for truth in truths:
        by_source[truth.source].append(truth)
    lost = {d.system.source for d in deliveries if d.defect == "server_error"}
    rows: Table = [
        ("source", "dataset", "measure", "declared", "computed", "is_wrong", "is_expected")
    ]
    for source, own in by_source.items():
        system = world.systems[source]
        if system.secret or chance(world.seed, "totals", source) > 0.6:
            continue
        wrong = chance(world.seed, "wrong totals", source) < WRONG_TOTALS
        slip = Dice(world.seed, "slip", source).randint(1, 4) if wrong else 0
        kept = [truth for truth in own if truth.is_expected]
        for measure, holds in MEASURES.items():
            computed = sum(holds(truth.status_expected) for truth in kept)
            if measure == "rows":
                computed = received[source]
            told = sum(holds(truth.status_told) for truth in own)
            arrives = source not in lost
            rows.append((source, "tasks", measure, told + slip, computed, wrong, arrives))
    return rows


MEASURES: dict[str, Callable[[str], bool]] = {
    "rows": bool,
    "completed": lambda status: status.startswith("completed"),
    "overdue": lambda status: status == "open_overdue",
}


def planted_table(notes: list[Planted]) -> Table:
    header = tuple(f.name for f in fields(Planted))
    return [header, *map(attrgetter(*header), notes)]


def task_table(truths: list[TaskTruth]) -> Table:
    header = tuple(f.name for f in fields(TaskTruth))
    return [header, *map(attrgetter(*header), truths)]


def as_csv(table: Iterable[Sequence[Any]]) -> bytes:
    """Plain UTF-8 CSV: ISO dates, true and false, nothing for None."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerows([_cell(cell) for cell in row] for row in table)
    return buffer.getvalue().encode()


def _cell(cell: object) -> object:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return cell.isoformat() if isinstance(cell, date) else cell
