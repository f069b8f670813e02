"""The typed rows of the topics; names are those of the marts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

JUDGEMENTS = ("met", "on_course", "uncertain", "off_course", "missed", "cannot_be_judged")
# In the order in which a page lists the tasks of each class: what needs somebody first.
LISTING = (
    "open_overdue",
    "open_in_term",
    "open_undated",
    "completed_late",
    "completed_on_time",
    "completed_undated",
)


class Classed:
    """What has tasks of six classes, counted in columns of their names."""

    __slots__ = ()

    @property
    def completed(self) -> int:
        return sum(self.count(name) for name in LISTING[3:])

    @property
    def listed(self) -> list[str]:
        """The classes that have tasks."""
        return [name for name in LISTING if self.count(name)]

    @property
    def first_completed(self) -> str | None:
        """The class with which the lists of the completed begin."""
        return next((name for name in LISTING[3:] if self.count(name)), None)

    def count(self, status_class: str) -> int:
        return int(getattr(self, status_class))


@dataclass(frozen=True, slots=True)
class Movement:
    """What changed at one body since an earlier morning; ``then`` and ``now`` add up with it."""

    organisation_code: str
    period: str
    since_date: date
    tasks_then: int | None
    newly_assigned: int | None
    gone: int | None
    completed_then: int | None
    overdue_then: int | None
    newly_completed: int | None
    reopened: int | None
    newly_overdue: int | None
    left_overdue: int | None
    extended: int | None
    cohort_tasks: int | None
    cohort_due_completion_rate_then: float | None
    cohort_due_completion_rate_now: float | None

    @property
    def any(self) -> bool:
        """Whether anything moved."""
        return bool(
            self.newly_assigned
            or self.gone
            or self.newly_completed
            or self.reopened
            or self.newly_overdue
            or self.left_overdue
            or self.extended
        )


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """Of the tasks a body has today: how many were completed, how many overdue, on a past day."""

    organisation_code: str
    day: date
    tasks: int
    completed: int
    overdue: int

    @property
    def due_completion_rate(self) -> float | None:
        due = self.completed + self.overdue
        return self.completed / due if due else None


@dataclass(frozen=True, slots=True)
class Document(Classed):
    """A document with all tasks under it."""

    document_code: str
    title: str | None
    issuer: str | None
    issued_on: date | None
    parent_document_code: str | None
    root_document_code: str
    depth: int | None
    documents_under: int
    own_tasks: int
    tasks: int
    completed_on_time: int
    completed_late: int
    completed_undated: int
    open_in_term: int
    open_overdue: int
    open_undated: int
    completion_rate: float | None
    due_completion_rate: float | None


@dataclass(frozen=True, slots=True)
class Substance:
    organisation_code: str
    name: str
    name_en: str
    kind: str
    tasks_judged: int
    tasks_with_findings: int
    completed_without_evidence: int
    evidence_reused: int
    percent_fell: int
    text_repeated: int
    label_disagrees: int
    deadline_moved_after_due: int
    reopened: int
    silent_tasks: int
    vanished: int
    substance_rate: float | None


@dataclass(frozen=True, slots=True)
class FindingKind:
    finding: str
    subject: str
    lowers_rate: bool
    title_vi: str
    title_en: str
    meaning_vi: str
    meaning_en: str
    threshold: str | None
    findings: int


@dataclass(frozen=True, slots=True)
class Finding:
    finding: str
    organisation_code: str
    name: str
    name_en: str
    title: str | None
    task_code: str | None
    happened_on: date
    old_value: str | None
    new_value: str | None
    source: str | None
    delivery_id: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class FindingOfBody(Finding):
    """The latest finding of a kind on one task, at a body (``owner``) that leads it.

    ``times`` it was found on that task; ``in_kind`` tasks of the body bear it.
    """

    owner: str
    times: int
    in_kind: int


@dataclass(frozen=True, slots=True)
class Bottleneck:
    task_key: str
    title: str
    task_code: str
    source: str
    lead_code: str
    name: str
    name_en: str
    stuck_by: str
    reason: str | None
    since: date
    days: int
    difficulty: str | None
    proposal: str | None
    unblocked_by_code: str | None
    unblocked_by: str | None
    unblocked_by_en: str | None
    status_class: str
    delivery_id: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class BottleneckCount:
    """Stuck tasks by ``what``: stuck_by, reason, freed_by (who can unblock) or lead."""

    what: str
    code: str
    name: str
    name_en: str
    tasks: int
    longest: int


@dataclass(frozen=True, slots=True)
class Indicator:
    indicator_code: str
    name: str
    unit: str | None
    organisation_code: str
    body: str
    body_en: str
    lead_code: str | None
    lead: str | None
    lead_en: str | None
    latest_period: str | None
    latest_period_end_on: date | None
    latest_value: float | None
    latest_state: str | None
    value_basis: str | None
    bodies_counted: int | None
    bodies_expected: int | None
    target_operator: str | None
    target: float | None
    target_text: str | None
    target_on: date | None
    baseline: float | None
    baseline_on: date | None
    attainment: float | None
    forecast_on_target_date: float | None
    forecast_low: float | None
    forecast_high: float | None
    judgement: str
    why_not_judged: str | None
    colour: str
    delivery_id: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class IndicatorValue:
    indicator_code: str
    organisation_code: str
    period_end_on: date
    value: float
    state: str | None


@dataclass(frozen=True, slots=True)
class OfIndicator:
    """One indicator with its rows: the nation's (where it has one) and those of the bodies."""

    code: str
    rows: Sequence[Indicator]
    values: Sequence[IndicatorValue]

    @property
    def first(self) -> Indicator:
        return self.nation or self.rows[0]

    @property
    def nation(self) -> Indicator | None:
        return next((row for row in self.rows if row.organisation_code == "VN"), None)

    @property
    def bodies(self) -> list[Indicator]:
        return [row for row in self.rows if row.organisation_code != "VN"]

    def judged_bodies(self, judgement: str) -> list[Indicator]:
        return [row for row in self.bodies if row.judgement == judgement]

    def judged(self, judgement: str) -> int:
        return len(self.judged_bodies(judgement))


@dataclass(frozen=True, slots=True)
class FeedbackCount:
    organisation_code: str
    name: str
    name_en: str
    kind: str
    received: int
    answered: int
    answered_on_time: int
    open: int
    open_overdue: int
    published: int


@dataclass(frozen=True, slots=True)
class FeedbackItem:
    """An item without answer: never what it says nor who sent it."""

    feedback_code: str
    source: str
    kind: str
    field: str | None
    organisation_code: str
    name: str
    name_en: str
    received_on: date
    due_on: date | None
    days_open: int
    status_class: str
    delivery_id: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class Quality:
    level: str
    code: str
    name: str
    name_en: str
    organisation_code: str | None
    kind: str | None
    completeness: float | None
    timeliness: float | None
    validity: float | None
    uniqueness: float | None
    consistency: float | None
    overall: float | None
    colour: str
    anomalies: int
    late: int
    absent: int


@dataclass(frozen=True, slots=True)
class Anomaly:
    business_date: date
    source: str
    name: str
    name_en: str
    dataset: str
    message_vi: str
    message_en: str


@dataclass(frozen=True, slots=True)
class Held:
    delivery_id: str
    source: str
    organisation_code: str | None
    name: str
    name_en: str
    dataset: str
    business_date: date
    received_at: datetime
    reason_vi: str | None
    reason_en: str | None
    rows_held: int


@dataclass(frozen=True, slots=True)
class Repair:
    """Refused rows of a check and what became of them."""

    check_id: str
    responsibility: str
    message_vi: str
    message_en: str
    open: int
    corrected: int
    vanished: int
    median_days: float | None
    oldest_open_days: int | None
