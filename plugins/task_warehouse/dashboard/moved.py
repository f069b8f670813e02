"""The tasks behind the figures of movement, of the nation and of each body, by period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from task_warehouse.dashboard.topic_rows import Movement

PERIODS = ("day", "week", "month")
MOVEMENTS = (
    "newly_completed",
    "newly_overdue",
    "left_overdue",
    "newly_assigned",
    "extended",
    "reopened",
    "gone",
)
NATION = "VN"
LISTED_OF_NATION = 100
# Rows that the pages of all bodies may list together, and how many of a day, a week and a month
# each movement of a body may show: yesterday's are the last to go.
LISTED_OF_BODIES = 12_000
LIMITS = (
    (150, 150, 150),
    (50, 50, 20),
    (20, 20, 10),
    (10, 10, 5),
    (10, 5, 2),
    (5, 2, 1),
    (5, 1, 0),
    (3, 0, 0),
    (1, 0, 0),
)

_MOVED = f"""
    with placed as (
        select moved.*, row_number() over (
            partition by moved.organisation_code, moved.period, moved.movement
            order by moved.due_on_now nulls last, moved.task_key
        ) as place
        from marts.fct_task_movement as moved
        where moved.as_of_date = $day
    )
    select placed.organisation_code, placed.period, placed.movement, placed.due_on_then,
        placed.due_on_now, coalesce(tasks.title, placed.task_key) as title,
        coalesce(tasks.task_code, '') as task_code, coalesce(tasks.source, '') as source,
        leads.name as lead, leads.name_en as lead_en, tasks.lead_code, tasks.assigned_on,
        status.completed_on, status.percent_complete, status.task_key is not null as is_there,
        coalesce(status.last_delivery_id, tasks.delivery_id) as delivery_id,
        coalesce(status.last_line, tasks.line) as line
    from placed
    left join marts.dim_task as tasks on placed.task_key = tasks.task_key
    left join marts.fct_task_status as status on placed.task_key = status.task_key
    left join marts.dim_organisation as leads
        on tasks.lead_code = leads.organisation_code and leads.is_current
    where placed.place <= case
        when placed.organisation_code = '{NATION}' then {LISTED_OF_NATION}
        when placed.period = 'day' then $of_day
        when placed.period = 'week' then $of_week else $of_month end
    order by placed.organisation_code, placed.period, placed.movement, placed.place
"""


@dataclass(frozen=True, slots=True)
class Moved:
    """One task under what happened to it, of one body (or the nation) and one period."""

    organisation_code: str
    period: str
    movement: str
    due_on_then: date | None
    due_on_now: date | None
    title: str
    task_code: str
    source: str
    lead: str | None
    lead_en: str | None
    lead_code: str | None
    assigned_on: date | None
    completed_on: date | None
    percent_complete: float | None
    is_there: bool
    delivery_id: str | None
    line: int | None

    @property
    def became(self) -> str:
        """Which text says what became of it: a key of the section ``moved``."""
        if not self.is_there:
            return "gone"
        if self.movement == "gone":
            return "elsewhere"
        if self.completed_on is not None and self.movement != "extended":
            return "completed"
        if self.movement == "reopened":
            return "reopened"
        moved = self.due_on_then and self.due_on_now and self.due_on_now != self.due_on_then
        if moved and self.movement != "newly_assigned":
            return "extended"
        return "due" if self.due_on_now else "undated"


Moves = Mapping[str, Mapping[tuple[str, str], Sequence[Moved]]]


def read_moved(
    connection: duckdb.DuckDBPyConnection, day: date, movement: Iterable[Movement]
) -> Moves:
    """By body, then by period and movement: of each the first :func:`limit_of`."""
    of_day, of_week, of_month = limit_of(movement)
    values = {"day": day, "of_day": of_day, "of_week": of_week, "of_month": of_month}
    found: dict[str, dict[tuple[str, str], list[Moved]]] = {}
    for row in connection.execute(_MOVED, values).fetchall():
        moved = Moved(*row)
        of_body = found.setdefault(moved.organisation_code, {})
        of_body.setdefault((moved.period, moved.movement), []).append(moved)
    return found


def limit_of(movement: Iterable[Movement]) -> tuple[int, int, int]:
    """The widest of :data:`LIMITS` by which all bodies stay under ``LISTED_OF_BODIES`` rows."""
    counts = [
        (PERIODS.index(row.period), getattr(row, name) or 0)
        for row in movement
        if row.organisation_code != NATION and row.period in PERIODS
        for name in MOVEMENTS
    ]
    for limit in LIMITS:
        if sum(min(count, limit[period]) for period, count in counts) <= LISTED_OF_BODIES:
            return limit
    return LIMITS[-1]
