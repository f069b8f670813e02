"""A figure and the tasks it counts: the same rows, so that the count of the list is the figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from task_warehouse.dashboard.facts import CLASSES, NATION
from task_warehouse.following import searching
from task_warehouse.following.library import Reading, Row

PAGE_ROWS = 50
KINDS = ("ministry", "agency", "province", "commune", "collective", "unresolved")
FIGURES = {
    "tasks": "true",
    **{status_class: f"status.status_class = '{status_class}'" for status_class in CLASSES},
    # As mart_scorecard counts them.
    "due_in_3_days": "status.days_to_due between 0 and 3",
    "due_in_7_days": "status.days_to_due between 0 and 7",
    "suspended": "status.is_suspended",
    "never_reported": "not status.is_completed and status.report_count = 0",
}
"""Columns of ``mart_scorecard`` that count tasks, and which ones (alias ``status``)."""

SORTS = {
    "days_late": "status.days_late desc nulls last",
    "due_on": "status.due_on asc nulls last",
    "last_reported_on": "status.last_reported_on desc nulls last",
    "percent_complete": "status.percent_complete desc nulls last",
    # The rows of a mart lie in the order of their keys.
    "task_code": "status.rowid asc",
}
SEARCHED = "tasks.task_code, tasks.title, tasks.document_code, tasks.lead_text"
SEARCHED_OF_BODY = "scored.organisation_code, organisations.name, organisations.name_en"

_LED = """
    status.task_key in (
        select task_key from bridge_task_organisation
        where organisation_code = $organisation and role in ('lead', 'co_lead')
    )
"""
_SCORECARD = """
    select scored.*, coalesce(organisations.name, scored.organisation_code) as name,
        coalesce(organisations.name_en, scored.organisation_code) as name_en
    from mart_scorecard as scored
    left join dim_organisation as organisations
        on scored.organisation_code = organisations.organisation_code and organisations.is_current
    where scored.as_of_date = $day
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list of tasks is limited to; empty is no limit."""

    organisation: str = ""
    figure: str = "tasks"
    document: str = ""
    source: str = ""
    query: str = ""
    sort: str = "days_late"
    page: int = 1


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a list, and how many rows the list has."""

    rows: list[Row]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_ROWS))


def scorecard(reading: Reading, organisation: str) -> Row | None:
    """The figures of one body; None for one that has none."""
    return reading.row(
        _SCORECARD + " and scored.organisation_code = $organisation",
        {"day": reading.manifest.as_of_date, "organisation": organisation},
    )


def scorecards(reading: Reading, kind: str, query: str) -> list[Row]:
    """The figures of all bodies of a kind (all kinds where empty) with the words in their name."""
    condition, words = searching.condition(SEARCHED_OF_BODY, searching.patterns(query))
    values: dict[str, Any] = {"day": reading.manifest.as_of_date, **words}
    tests = ["scored.organisation_code != 'VN'", condition]
    if kind:
        values["kind"] = kind
        tests.append("scored.kind = $kind")
    return reading.rows(
        f"{_SCORECARD} and {' and '.join(tests)}"
        " order by scored.open_overdue desc, scored.tasks desc, scored.organisation_code",
        values,
    )


def tasks(reading: Reading, asked: Asked) -> Listed:
    """One page of the tasks that a figure counts."""
    values: dict[str, Any] = {"day": reading.manifest.as_of_date}
    tests = ["status.as_of_date = $day", FIGURES[asked.figure]]
    if asked.organisation and asked.organisation != NATION:
        values["organisation"] = asked.organisation
        tests.append(_LED)
    if asked.document:
        values["document"] = asked.document
        tests.append("status.document_code = $document")
    if asked.source:
        values["source"] = asked.source
        tests.append("status.source = $source")
    searched = ""
    if found := searching.patterns(asked.query):
        condition, words = searching.condition(SEARCHED, found)
        searched = "inner join dim_task as tasks on status.task_key = tasks.task_key"
        tests.append(condition)
        values.update(words)
    chosen = f"from fct_task_status as status {searched} where {' and '.join(tests)}"
    return _page(reading, asked, chosen, values)


def _page(reading: Reading, asked: Asked, chosen: str, values: dict[str, Any]) -> Listed:
    column, _, direction = SORTS[asked.sort].partition(" ")
    # Once through the tasks, by row number: their count, and the rows of the page.
    rows = reading.rows(
        f"""
        with chosen as materialized (
            select status.rowid as place, {column} as ranked {chosen}
        ),
        page as (
            select place, ranked from chosen
            order by ranked {direction}, place limit {PAGE_ROWS} offset $skipped
        )
        select (select count(*) from chosen) as total, tasks.*, status.status_class,
            status.completed_on, status.days_late, status.percent_complete,
            status.last_reported_on, status.is_suspended,
            coalesce(organisations.name, tasks.lead_code) as lead_name,
            coalesce(organisations.name_en, tasks.lead_code) as lead_name_en
        from page
        inner join fct_task_status as status on page.place = status.rowid
        inner join dim_task as tasks on status.task_key = tasks.task_key
        left join dim_organisation as organisations
            on tasks.lead_code = organisations.organisation_code and organisations.is_current
        order by page.ranked {direction}, page.place
        """,
        {**values, "skipped": (asked.page - 1) * PAGE_ROWS},
    )
    total = rows[0].total if rows else 0
    if not rows and asked.page > 1:
        total = reading.number(f"select count(*) {chosen}", values)
    return Listed(rows, total, asked.page)


def document(reading: Reading, code: str) -> Row | None:
    """A document with how many tasks it assigns."""
    return reading.row(
        "select documents.*, (select count(*) from fct_task_status as status"
        " where status.document_code = documents.document_code and status.as_of_date = $day"
        ") as tasks from dim_document as documents where document_code = $code",
        {"code": code, "day": reading.manifest.as_of_date},
    )


def documents_under(reading: Reading, code: str) -> list[Row]:
    """The documents that carry out this one directly, with how many tasks each assigns."""
    return reading.rows(
        "select documents.document_code, documents.title, documents.issued_on,"
        " count(status.task_key) as tasks"
        " from dim_document as documents left join fct_task_status as status"
        " on documents.document_code = status.document_code and status.as_of_date = $day"
        " where documents.parent_document_code = $code group by all order by 1",
        {"code": code, "day": reading.manifest.as_of_date},
    )


def runs(reading: Reading) -> list[Row]:
    """The runs that published, newest first."""
    return reading.rows("select * from mart_run order by started_at desc, run_id limit 60")
