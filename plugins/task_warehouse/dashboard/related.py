"""What belongs to a body's tasks: their children, the periods of recurring ones, who came after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import TypeVar

import duckdb

from task_warehouse.dashboard.topic_queries import common_step
from task_warehouse.dashboard.topic_rows import LISTING

# Rows of each kind that the pages of all bodies may list together.
LISTED_OF_ALL_BODIES = 6_000
SHOWN_PERIODS = 6
# Children of each class that a page names beside their number.
NAMED_CHILDREN = 10


@dataclass(frozen=True, slots=True)
class Family:
    """A task with its own class, and beside it the classes of its direct children."""

    owner: str
    of_body: int
    title: str
    task_code: str
    source: str
    status_class: str
    due_on: date | None
    children: int
    children_completed_on_time: int
    children_completed_late: int
    children_completed_undated: int
    children_open_in_term: int
    children_open_overdue: int
    children_open_undated: int
    tasks_under: int
    tasks_under_overdue: int
    latest_child_due_on: date | None
    is_done_before_children: bool
    is_open_after_children: bool
    is_child_due_later: bool
    delivery_id: str | None
    line: int | None
    kin: list[dict[str, str]] | None

    @property
    def of_children(self) -> list[tuple[str, int, list[str]]]:
        """The classes that have children, what needs somebody first: how many, which first ones."""
        counts = [(name, int(getattr(self, f"children_{name}"))) for name in LISTING]
        return [(name, count, self._named(name)) for name, count in counts if count]

    def _named(self, status_class: str) -> list[str]:
        of_class = [one["code"] for one in self.kin or () if one["class"] == status_class]
        return of_class[:NAMED_CHILDREN]

    @property
    def at_odds(self) -> list[str]:
        """Keys of the texts that say where parent and children do not fit."""
        said = ("is_done_before_children", "is_open_after_children", "is_child_due_later")
        return [name.removeprefix("is_") for name in said if getattr(self, name)]


@dataclass(frozen=True, slots=True)
class Recurring:
    """A recurring task with its latest periods, the newest first, and what was told in each."""

    owner: str
    of_body: int
    title: str
    task_code: str
    source: str
    recurs_every: str
    is_rhythm_stated: bool
    periods: int
    missing: int
    recent_periods: list[str]
    recent_states: list[str]
    last_reported_on: date | None
    delivery_id: str | None
    line: int | None

    @property
    def recent(self) -> list[tuple[str, str]]:
        return list(zip(self.recent_periods, self.recent_states, strict=True))


@dataclass(frozen=True, slots=True)
class Succession:
    """A task that was split, merged or replaced, and what took its place."""

    owner: str
    of_body: int
    kind: str
    told_on: date
    words: str | None
    title: str
    task_code: str
    source: str
    heir_title: str
    heir_code: str
    heir_lead_code: str
    heir_lead: str
    heir_lead_en: str
    heir_status_class: str | None
    delivery_id: str
    line: int | None


Kin = TypeVar("Kin", Family, Recurring, Succession)


@dataclass(frozen=True, slots=True)
class Related:
    """By body; empty where the snapshot has not the table."""

    families: Mapping[str, Sequence[Family]]
    recurring: Mapping[str, Sequence[Recurring]]
    successions: Mapping[str, Sequence[Succession]]


_FAMILIES = """
    with kids as (
        select child.source, child.parent_task_code,
            list({'class': status.status_class, 'code': child.task_code} order by child.task_code)
                as kin
        from marts.dim_task as child
        inner join marts.fct_task_status as status on child.task_key = status.task_key
        where child.parent_task_code is not null and status.as_of_date = $day
        group by child.source, child.parent_task_code
    )
    select family.* exclude (task_key, lead_code), family.lead_code as owner, tasks.title,
        tasks.task_code, tasks.source, tasks.delivery_id, tasks.line, kids.kin,
        row_number() over (partition by family.lead_code order by
            is_done_before_children desc, is_open_after_children desc, children_open_overdue desc,
            is_child_due_later desc, children desc, family.task_key) as place
    from marts.mart_task_family as family
    inner join marts.dim_task as tasks on family.task_key = tasks.task_key
    left join kids
        on tasks.source = kids.source and tasks.task_code = kids.parent_task_code
    where family.as_of_date = $day
"""

_RECURRING = f"""
    with counted as (
        select task_key, lead_code, recurs_every, is_rhythm_stated, count(*) as periods,
            count(*) filter (state = 'missing') as missing,
            list(period order by starts_on desc)[:{SHOWN_PERIODS}] as recent_periods,
            list(state order by starts_on desc)[:{SHOWN_PERIODS}] as recent_states,
            max(last_reported_on) as last_reported_on,
            arg_max(delivery_id, last_reported_on) as delivery_id,
            arg_max(line, last_reported_on) as line
        from marts.fct_task_period where as_of_date = $day
        group by all
    )
    select counted.* exclude (lead_code, delivery_id, line), counted.lead_code as owner,
        tasks.title, tasks.task_code, tasks.source,
        coalesce(counted.delivery_id, tasks.delivery_id) as delivery_id,
        if(counted.delivery_id is null, tasks.line, counted.line) as line,
        row_number() over (partition by counted.lead_code order by
            missing desc, last_reported_on nulls first, counted.task_key) as place
    from counted inner join marts.dim_task as tasks on counted.task_key = tasks.task_key
"""

_SUCCESSIONS = """
    select after.* exclude (task_key, lead_code, title, heir_title), after.lead_code as owner,
        coalesce(after.title, olds.task_code) as title, olds.task_code, olds.source,
        coalesce(after.heir_title, heirs.task_code) as heir_title, heirs.task_code as heir_code,
        coalesce(named.name, after.heir_lead_code) as heir_lead,
        coalesce(named.name_en, after.heir_lead_code) as heir_lead_en,
        row_number() over (
            partition by after.lead_code order by told_on desc, succession_key
        ) as place
    from marts.mart_task_succession as after
    inner join marts.dim_task as olds on after.task_key = olds.task_key
    inner join marts.dim_task as heirs on after.heir_key = heirs.task_key
    left join marts.dim_organisation as named
        on after.heir_lead_code = named.organisation_code and named.is_current
    where after.as_of_date = $day
"""


def read_related(connection: duckdb.DuckDBPyConnection, day: date, tables: set[str]) -> Related:
    """All that the snapshot has of it, of each body as much as lets all pages stay small."""

    def read(table: str, kind: type[Kin], sql: str) -> dict[str, list[Kin]]:
        names = ", ".join(field.name for field in fields(kind))
        step = common_step("placed", "owner", LISTED_OF_ALL_BODIES)
        found: dict[str, list[Kin]] = {}
        if table in tables:
            rows = connection.execute(
                f"with placed as materialized ({sql}), {step}, counted as (select *, "
                "count(*) over (partition by owner) as of_body from placed) "
                f"select {names} from counted where place <= (select step from widest) "
                "order by owner, place",
                {"day": day},
            ).fetchall()
            for row in rows:
                one = kind(*row)
                found.setdefault(one.owner, []).append(one)
        return found

    return Related(
        families=read("mart_task_family", Family, _FAMILIES),
        recurring=read("fct_task_period", Recurring, _RECURRING),
        successions=read("mart_task_succession", Succession, _SUCCESSIONS),
    )
