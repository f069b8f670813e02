"""What the pages show, read from the marts of one snapshot: typed rows, nothing else."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import duckdb

from task_warehouse.dashboard import queries
from task_warehouse.dashboard.limits import LIMITS, Limit, same, widest
from task_warehouse.dashboard.refused import Cause, RefusedRow, read_refused
from task_warehouse.dashboard.topic_rows import Classed, Document, Movement
from task_warehouse.dashboard.topics import Topics, read_topics
from task_warehouse.errors import AuditError, StorageError
from task_warehouse.snapshots import Manifest

log = logging.getLogger(__name__)

NATION = "VN"
UNRESOLVED = "UNRESOLVED"
DUE_SOON = "due_in_7_days"
NEVER_REPORTED = "never_reported"
CLASSES = (
    "completed_on_time",
    "completed_late",
    "completed_undated",
    "open_in_term",
    "open_overdue",
    "open_undated",
)
COMPLETED = CLASSES[:3]
LISTED_PER_CLASS = 100
# Rows that the pages of all bodies, and of all documents, may list together: what keeps a site of a
# million tasks small.
LISTED_OF_BODIES = 45_000
LISTED_OF_DOCUMENTS = 15_000
FETCH_ROWS = 5000

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Scorecard(Classed):
    """One body's row of ``mart_scorecard`` with its names."""

    organisation_code: str
    kind: str
    name: str
    name_en: str
    parent_code: str | None
    tasks: int
    completed_on_time: int
    completed_late: int
    completed_undated: int
    open_in_term: int
    open_overdue: int
    open_undated: int
    due_in_3_days: int
    due_in_7_days: int
    suspended: int
    never_reported: int
    completion_rate: float | None
    on_time_rate: float | None
    overdue_rate: float | None
    due_completion_rate: float | None
    rank_in_kind: int | None
    colour: str

    @property
    def open(self) -> int:
        return self.open_in_term + self.open_overdue + self.open_undated


@dataclass(frozen=True, slots=True)
class Task:
    """One task as a page lists it, under ``list_name`` (a class) of a body, class or document."""

    owner: str
    list_name: str
    status_class: str
    task_code: str
    source: str
    title: str
    document_code: str | None
    lead_text: str | None
    leads: str
    leads_en: str
    deadline_text: str | None
    due_on: date | None
    completed_on: date | None
    percent_complete: float | None
    last_reported_on: date | None
    days_late: int | None
    is_suspended: bool
    delivery_id: str | None
    line: int | None
    difficulty: str | None
    unblocked_by: str | None
    unblocked_by_en: str | None


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Open tasks of a body whose deadline falls in a month."""

    organisation_code: str
    month: date
    tasks: int


@dataclass(frozen=True, slots=True)
class BodyDocument:
    """Tasks of a body under one document."""

    organisation_code: str
    document_code: str
    tasks: int
    completed: int
    open_overdue: int


@dataclass(frozen=True, slots=True)
class Reporting:
    """The latest obligation of one source and dataset."""

    source: str
    name: str
    name_en: str
    organisation_code: str | None
    dataset: str
    business_date: date
    expected: bool
    status: str
    received_at: datetime | None
    rows_received: int
    rows_accepted: int
    rows_rejected: int
    rows_duplicate: int
    reason_vi: str | None
    reason_en: str | None

    @property
    def is_failed(self) -> bool:
        """Nothing of it can be in the figures."""
        return self.status in ("missing", "refused", "held")


@dataclass(frozen=True, slots=True)
class RejectCause:
    check_id: str
    dataset: str
    responsibility: str
    message_vi: str
    message_en: str
    findings: int
    sources: int

    @property
    def named(self) -> str:
        """Its dataset, check and who must act, in one word."""
        check = self.check_id.removeprefix(f"{self.dataset}.")
        return f"{self.dataset}-{check}-{self.responsibility}".replace(".", "-")


@dataclass(frozen=True, slots=True)
class Difference:
    source: str
    name: str
    name_en: str
    dataset: str
    measure: str
    business_date: date
    declared: float
    computed: float | None
    difference: float | None
    finding: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """Counts of an earlier morning: ``counts[organisation][class]``."""

    day: date
    counts: Mapping[str, Mapping[str, int]]

    def change(self, card: Scorecard, status_class: str) -> int | None:
        """How many more tasks of a class than that morning; None when it had no such body."""
        return self.change_of(card, (status_class,))

    def change_of(self, card: Scorecard, names: Iterable[str]) -> int | None:
        """How many more tasks of these classes together."""
        then = self.counts.get(card.organisation_code)
        return None if then is None else sum(card.count(name) - then[name] for name in names)

    def completed_of(self, code: str) -> int:
        return sum(self.counts[code][name] for name in COMPLETED)

    def overdue_of(self, code: str) -> int:
        return self.counts[code]["open_overdue"]

    def differs(self, moved: Movement) -> bool:
        """Whether that morning showed otherwise than its day is known now."""
        code = moved.organisation_code
        return code in self.counts and (self.completed_of(code), self.overdue_of(code)) != (
            moved.completed_then,
            moved.overdue_then,
        )


@dataclass(frozen=True, slots=True)
class Morning:
    """All that the pages of one snapshot need, except the tasks themselves."""

    manifest: Manifest
    deliveries: int
    scorecards: Sequence[Scorecard]
    reporting: Sequence[Reporting]
    causes: Sequence[RejectCause]
    refused: Mapping[Cause, Sequence[RefusedRow]]
    differences: Sequence[Difference]
    yesterday: Earlier | None
    last_week: Earlier | None
    topics: Topics
    deadlines: Mapping[str, Sequence[Deadlines]]
    documents_of: Mapping[str, Sequence[BodyDocument]]
    sources_behind: Mapping[str, frozenset[str]]
    newest: datetime | None

    @property
    def nation(self) -> Scorecard | None:
        return next((c for c in self.scorecards if c.organisation_code == NATION), None)


def read_morning(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, previous: Sequence[Path]
) -> Morning:
    """Everything but the tasks. Raises AuditError when a figure cannot be followed to its tasks."""
    day = {"day": manifest.as_of_date}
    _require_followable(connection, day)
    run = connection.execute(
        "select deliveries from marts.mart_run where run_id = ?", [manifest.run_id]
    ).fetchone()
    earlier = sorted(_readable(previous), key=lambda m: (m.as_of_date, m.published_at))
    yesterday = _latest(earlier, manifest.as_of_date - timedelta(days=1), within=4)
    last_week = _latest(earlier, manifest.as_of_date - timedelta(days=7), within=7)
    return Morning(
        manifest=manifest,
        deliveries=run[0] if run else manifest.ledger["deliveries"],
        scorecards=_read(connection, Scorecard, queries.SCORECARD, day),
        reporting=_read(connection, Reporting, queries.REPORTING, day),
        causes=_read(connection, RejectCause, queries.CAUSES, day),
        refused=read_refused(connection, manifest.as_of_date),
        differences=_read(connection, Difference, queries.DIFFERENCES, day),
        yesterday=yesterday,
        last_week=last_week,
        topics=read_topics(connection, manifest.as_of_date),
        deadlines=_by_body(_read(connection, Deadlines, queries.DEADLINES, day)),
        documents_of=_by_body(_read(connection, BodyDocument, queries.BODY_DOCUMENTS, day)),
        sources_behind=_sources_behind(connection, day),
        newest=_newest(connection, day),
    )


def tasks_by_body(
    connection: duckdb.DuckDBPyConnection, day: date, cards: Iterable[Scorecard]
) -> Iterator[Task]:
    """Tasks once for each of their leads, body after body, the longest overdue first.

    Of each class of a body as many as let all bodies together stay under ``LISTED_OF_BODIES``.
    """
    counts = [card for card in cards if card.organisation_code != NATION]
    return _tasks(connection, queries.BY_BODY, day, widest(counts, LISTED_OF_BODIES))


def tasks_by_class(connection: duckdb.DuckDBPyConnection, day: date) -> Iterator[Task]:
    """The first tasks of each class, of those due soon and of those never reported on."""
    return _tasks(connection, queries.BY_CLASS, day, same(LISTED_PER_CLASS))


def tasks_by_document(
    connection: duckdb.DuckDBPyConnection, day: date, documents: Mapping[str, Document]
) -> Iterator[Task]:
    """Tasks of these documents and of all that carries them out, document after document."""
    limit = widest(documents.values(), LISTED_OF_DOCUMENTS, LIMITS[2:])
    return _tasks(connection, queries.BY_DOCUMENT, day, limit, documents=list(documents))


def _tasks(
    connection: duckdb.DuckDBPyConnection, owned: str, day: date, limit: Limit, **more: list[str]
) -> Iterator[Task]:
    names = ", ".join(field.name for field in fields(Task))
    found = connection.execute(
        "select 1 from information_schema.tables "
        "where table_schema = 'marts' and table_name = 'mart_bottleneck'"
    ).fetchone()
    stuck = queries.STUCK if found else queries.NOTHING_STUCK
    sql = f"select {names} from ({queries.TASKS.format(owned=owned, limit=limit.sql, stuck=stuck)})"
    cursor = connection.cursor().execute(sql, {"day": day, **more})
    while rows := cursor.fetchmany(FETCH_ROWS):
        for row in rows:
            yield Task(*row)


def _by_body(rows: Iterable[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row.organisation_code, []).append(row)  # type: ignore[attr-defined]
    return grouped


def _read(
    connection: duckdb.DuckDBPyConnection, kind: type[Row], sql: str, day: Mapping[str, date]
) -> list[Row]:
    names = ", ".join(field.name for field in fields(kind))  # type: ignore[arg-type]
    found = connection.execute(f"select {names} from ({sql})", dict(day))
    return [kind(*row) for row in found.fetchall()]


def _sources_behind(
    connection: duckdb.DuckDBPyConnection, day: Mapping[str, date]
) -> dict[str, frozenset[str]]:
    behind: dict[str, set[str]] = {}
    for code, source in connection.execute(queries.SOURCES_BEHIND, dict(day)).fetchall():
        behind.setdefault(code, set()).add(source)
    return {code: frozenset(sources) for code, sources in behind.items()}


def _newest(connection: duckdb.DuckDBPyConnection, day: Mapping[str, date]) -> datetime | None:
    """When the last of what is in the figures was received, on whatever day."""
    found = connection.execute(queries.NEWEST, dict(day)).fetchone()
    return found[0] if found else None


def _require_followable(connection: duckdb.DuckDBPyConnection, day: Mapping[str, date]) -> None:
    differing = connection.execute(queries.DISAGREEING, dict(day)).fetchall()
    if differing:
        said = "; ".join(f"{c} {s}: {n} against {m} tasks" for c, s, n, m in differing)
        raise AuditError(
            f"figures of mart_scorecard that do not lead to their tasks: {said}",
            where="mart_scorecard, fct_task_status, bridge_task_organisation",
            remedy="look at the models of these marts; nothing is published",
        )


def _readable(previous: Sequence[Path]) -> Iterator[Manifest]:
    for path in previous:
        try:
            yield Manifest.read(path)
        except StorageError as error:
            log.warning("an earlier morning cannot be compared with: %s", error)


def _latest(earlier: Sequence[Manifest], until: date, *, within: int) -> Earlier | None:
    """The last morning not after ``until`` and less than ``within`` days before it."""
    wanted = [m for m in earlier if until - timedelta(days=within) < m.as_of_date <= until]
    if not wanted:
        return None
    manifest = wanted[-1]
    file = manifest.path / "parquet" / "mart_scorecard.parquet"
    names = ", ".join((*CLASSES, DUE_SOON))
    try:
        rows = duckdb.execute(
            f"select organisation_code, {names} from read_parquet(?) where as_of_date = ?",
            [str(file), manifest.as_of_date],
        ).fetchall()
    except duckdb.Error as error:
        log.warning("the morning of %s cannot be compared with: %s", manifest.as_of_date, error)
        return None
    counts = {code: dict(zip((*CLASSES, DUE_SOON), row, strict=True)) for code, *row in rows}
    return Earlier(manifest.as_of_date, counts)
