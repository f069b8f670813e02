"""What the messages say, read from one published snapshot: nothing else is looked at.

Items name what a message tells: a message goes out when one of its items is new to its reader.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import duckdb

from task_warehouse.dashboard import facts
from task_warehouse.dashboard.decisions import Decision, decisions
from task_warehouse.dashboard.facts import Morning, RejectCause, Reporting, Scorecard
from task_warehouse.dashboard.senders import Senders
from task_warehouse.dashboard.topic_rows import Held
from task_warehouse.settings import Home
from task_warehouse.snapshots import DATABASE_NAME, Manifest, published

LISTED_TASKS = 40

NEWS = """
    select tasks.task_key, tasks.task_code, tasks.title, tasks.document_code, tasks.due_on,
        status.status_class = 'open_overdue' as is_overdue,
        abs(date_diff('day', status.as_of_date, tasks.due_on)) as days
    from marts.fct_task_status as status
    inner join marts.dim_task as tasks on status.task_key = tasks.task_key
    where status.as_of_date = $day
        and status.task_key in (
            select task_key from marts.bridge_task_organisation
            where organisation_code = $code and role in ('lead', 'co_lead')
        )
        and (
            (status.status_class = 'open_overdue'
                and tasks.due_on >= status.as_of_date - $overdue::integer)
            or (status.status_class = 'open_in_term'
                and tasks.due_on <= status.as_of_date + $soon::integer)
        )
    order by is_overdue desc, tasks.due_on, tasks.task_key
"""


@dataclass(frozen=True, slots=True)
class BodyTask:
    """A task newly overdue (``days`` after its deadline) or due soon (``days`` before it)."""

    task_key: str
    task_code: str
    title: str
    document_code: str | None
    due_on: date
    is_overdue: bool
    days: int


@dataclass(frozen=True, slots=True)
class Brief:
    """The leaders' page: the nation, what changed, what to decide, what limits the figures."""

    morning: Morning
    senders: Senders
    decisions: Sequence[Decision]

    @property
    def items(self) -> frozenset[str]:
        """One item, of all that is said: a brief is news as a whole."""
        senders = self.senders
        return frozenset(
            {
                digest(
                    self.morning.manifest.as_of_date.isoformat(),
                    asdict(self.morning.nation) if self.morning.nation else None,
                    [asdict(decision) for decision in self.decisions],
                    [senders.reported, senders.failed, len(self.morning.topics.held)],
                )
            }
        )


@dataclass(frozen=True, slots=True)
class BodyNews:
    """A body's tasks newly overdue and soon due."""

    card: Scorecard
    tasks: Sequence[BodyTask]

    @property
    def overdue(self) -> list[BodyTask]:
        return [task for task in self.tasks if task.is_overdue]

    @property
    def soon(self) -> list[BodyTask]:
        return [task for task in self.tasks if not task.is_overdue]

    @property
    def items(self) -> frozenset[str]:
        # Not the day: a list that only got older or shorter is no news.
        return frozenset(
            digest(task.task_key, task.is_overdue, task.due_on.isoformat()) for task in self.tasks
        )


@dataclass(frozen=True, slots=True)
class EngineerNews:
    """What is missing, refused or held, and what was refused by our own fault."""

    problems: Sequence[Reporting]
    held: Sequence[Held]
    ours: Sequence[RejectCause]

    @property
    def items(self) -> frozenset[str]:
        return frozenset(
            [
                digest(row.source, row.dataset, row.business_date.isoformat(), row.status)
                for row in self.problems
            ]
            + [digest("held", row.delivery_id) for row in self.held]
            + [digest("ours", row.check_id, row.dataset, row.findings) for row in self.ours]
        )


def digest(*parts: object) -> str:
    """20 hex digits of what is said, the same for the same words on any day and machine."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


class Contents:
    """The messages' contents of one snapshot, read as they are asked for."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, morning: Morning) -> None:
        self._connection = connection
        self.morning = morning
        self.senders = Senders(morning.reporting)

    @property
    def day(self) -> date:
        return self.morning.manifest.as_of_date

    def brief(self) -> Brief:
        tasks = facts.tasks_by_class(self._connection, self.day)
        overdue = next((task for task in tasks if task.owner == "open_overdue"), None)
        oldest = [overdue] if overdue else []
        return Brief(self.morning, self.senders, decisions(self.morning, oldest, self.senders))

    def body(self, code: str, *, overdue_within: int, due_within: int) -> BodyNews | None:
        """None where the body leads no task."""
        card = next((c for c in self.morning.scorecards if c.organisation_code == code), None)
        if card is None:
            return None
        found = self._connection.execute(
            NEWS, {"day": self.day, "code": code, "overdue": overdue_within, "soon": due_within}
        )
        return BodyNews(card, [BodyTask(*row) for row in found.fetchall()])

    def engineers(self) -> EngineerNews:
        failed = [
            row
            for row in self.senders.problems
            if row.expected and row.status in ("missing", "refused")
        ]
        ours = [cause for cause in self.morning.causes if cause.responsibility == "us"]
        return EngineerNews(failed, self.morning.topics.held, ours)


@contextmanager
def read(home: Home, snapshot: Path) -> Iterator[Contents]:
    """Open a published snapshot; earlier ones are only compared with."""
    manifest = Manifest.read(snapshot)
    earlier = [m.path for m in published(home) if m.as_of_date < manifest.as_of_date]
    with duckdb.connect(str(snapshot / DATABASE_NAME), read_only=True) as connection:
        yield Contents(connection, facts.read_morning(connection, manifest, earlier))
