"""Progress reports: what the bodies said month after month about each task."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, timezone

from task_warehouse.sample import texts
from task_warehouse.sample.deadlines import Deadline
from task_warehouse.sample.dice import Dice
from task_warehouse.sample.tasks import Task

LOCAL = timezone(timedelta(hours=7))
FELL = 0.02  # share of reports whose percent is lower than the one before
REPEATED = 0.06  # share whose text is that of the month before
MISLABELLED = 0.02  # share whose status word does not fit the dates
WITHOUT_EVIDENCE = 0.1  # share of completions that name no document
AT_HAND = 20  # one number of evidence in so many is the one the body has at hand
WITHOUT_DAY = 0.05  # share of completions that name no day
WENT_QUIET = 0.02  # share of reports after which no other one comes
SLIPS = {
    "completed_late": "completed_on_time",
    "completed_on_time": "completed_late",
    "open_overdue": "open_in_term",
    "open_in_term": "open_overdue",
}


@dataclass(frozen=True, slots=True)
class Report:
    """One report as its system holds it."""

    source: str
    task: Task
    reported_on: date
    percent: float
    status: str
    completed_on: date | None
    is_complete: bool
    evidence: str | None
    result: str
    difficulty: str | None
    proposal: str | None
    extension_to: date | None
    approval: str | None
    updated_at: datetime

    @property
    def key(self) -> str:
        return f"{self.task.code}|{self.reported_on.isoformat()}"

    @property
    def turns(self) -> bool:
        """Whether the class of the task may hang on this report."""
        return self.is_complete or self.task.is_reopened or self.extension_to is not None


def deadline_on(task: Task, reports: list[Report], day: date) -> Deadline:
    """The deadline in force on a day: the granted extension once it was reported."""
    granted = task.extended_to if task.extension_granted else None
    if granted and any(r.extension_to and r.reported_on <= day for r in reports):
        return granted
    return task.deadline


def class_of(done_on: date | None, due_on: date | None, as_of: date) -> str:
    """The status class from the day of completion, the deadline and the as-of date."""
    if done_on is not None:
        if due_on is None:
            return "completed_undated"
        return "completed_on_time" if done_on <= due_on else "completed_late"
    if due_on is None:
        return "open_undated"
    return "open_overdue" if due_on < as_of else "open_in_term"


def tell_story(seed: int, task: Task, monthly: bool, until: date) -> list[Report]:
    """The reports on one task up to a day; a later day only adds to them."""
    if task.is_silent:
        return []
    dice = Dice(seed, "reports", task.source, task.code)
    # A monthly file closes on the tenth at the earliest, so its reports are written before;
    # systems that are read every day hold a report every half month.
    first = dice.randint(1, 9) if monthly else dice.randint(1, 14)
    days = (first,) if monthly else (first, first + 14)
    reports: list[Report] = []
    asked = False
    reopened_at: int | None = None
    for slot, reported_on in enumerate(_slots(task.assigned_on, days)):
        if reported_on > until or slot > 60:
            break
        last = reports[-1] if reports else None
        if last and last.is_complete and (not task.is_reopened or reopened_at is not None):
            break
        report = _plain_report(dice, task, reported_on, last)
        wants_more = task.extended_to is not None and not asked
        if last and last.is_complete:
            report, reopened_at = _withdrawn(dice, report), slot
        elif task.completed_on and task.completed_on <= reported_on and reopened_at is None:
            report = _completing(dice, report, task.completed_on)
        elif (
            wants_more and task.deadline.due_on and ((task.deadline.due_on - reported_on).days < 35)
        ):
            report, asked = _asking(report), True
        reports.append(_labelled(dice, report, reports))
        if dice.happens(WENT_QUIET) and not report.turns:
            break
    return reports


def _slots(assigned_on: date, days: tuple[int, ...]) -> Iterator[date]:
    """These days of every month from the month after the assignment on."""
    year, month = assigned_on.year, assigned_on.month
    while True:
        year, month = year + month // 12, month % 12 + 1
        yield from (date(year, month, day) for day in days)


def _plain_report(dice: Dice, task: Task, on: date, last: Report | None) -> Report:
    before = last.percent if last else 0.0
    percent = min(95.0, before + dice.choice((0, 2.5, 5, 5, 7.5, 10, 12.5, 15, 20)))
    if before > 30 and dice.happens(FELL):
        percent = before - dice.choice((5.0, 10.0, 12.5))
    parts = texts.RESULTS_OPEN if percent else texts.RESULTS_NOT_STARTED
    result = texts.compose_result(dice, parts)
    if last and dice.happens(REPEATED):
        result = last.result
    stuck = dice.happens(0.18)
    difficulty = dice.choice(texts.DIFFICULTIES) if stuck else None
    proposal = dice.choice(texts.PROPOSALS) if stuck and dice.happens(0.6) else None
    approval = dice.weighted((("approved", 6), (None, 4)))
    moment = time(dice.randint(7, 17), dice.randint(0, 59), dice.randint(0, 59))
    return Report(
        source=task.reporter, task=task, reported_on=on, percent=percent, status="",
        completed_on=None, is_complete=False, evidence=None, result=result,
        difficulty=difficulty, proposal=proposal, extension_to=None, approval=approval,
        updated_at=datetime.combine(on, moment, LOCAL),
    )  # fmt: skip


def _completing(dice: Dice, report: Report, completed_on: date) -> Report:
    body = report.task.document.rpartition("-")[2]  # of 659/KH-UBND and 1728/QĐ-BCA
    body = body if body.startswith(("UBND", "B")) else "VP"
    drawn = dice.randint(11, 2900)
    kind = dice.choice(("QĐ", "BC", "TTr", "BB"))
    number = f"{drawn}/{kind}-{body}" if drawn % AT_HAND else f"{AT_HAND}/BC-{body}"
    return replace(
        report,
        percent=100.0,
        is_complete=True,
        completed_on=None if dice.happens(WITHOUT_DAY) else completed_on,
        evidence=None if dice.happens(WITHOUT_EVIDENCE) else number,
        result=texts.compose_result(dice, texts.RESULTS_DONE),
        difficulty=None,
        proposal=None,
    )


def _withdrawn(dice: Dice, report: Report) -> Report:
    result = texts.compose_result(dice, texts.RESULTS_REOPENED)
    return replace(report, percent=80.0, result=result, status="returned")


def _asking(report: Report) -> Report:
    assert report.task.extended_to is not None
    granted = report.task.extension_granted
    return replace(
        report,
        extension_to=report.task.extended_to.due_on,
        approval="approved" if granted else "submitted",
        proposal=texts.PROPOSALS[2],
    )


def _labelled(dice: Dice, report: Report, before: list[Report]) -> Report:
    """Give the status word; a share of the words contradicts the dates."""
    slip = dice.happens(MISLABELLED)
    if report.status:
        return report
    if report.task.is_suspended and len(before) >= 2:
        return replace(report, status="suspended")
    if not report.is_complete and report.percent == 0:
        return replace(report, status="not_started")
    due_on = deadline_on(report.task, [*before, report], report.reported_on).due_on
    done_on = (report.completed_on or report.reported_on) if report.is_complete else None
    status = class_of(done_on, due_on, report.reported_on)
    return replace(report, status=SLIPS.get(status, status) if slip else status)
