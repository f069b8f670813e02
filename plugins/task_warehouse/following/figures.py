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
    "due_on": "status.due_on nulls last",
    "last_reported_on": "status.last_reported_on desc nulls last",
    "percent_complete": "status.percent_complete desc nulls last",
    "task_code": "tasks.task_code",
}

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
    found = searching.words(query)
    values: dict[str, Any] = {"day": reading.manifest.as_of_date}
    tests = ["scored.organisation_code != 'VN'"]
    for place, word in enumerate(found):
        values[f"word_{place}"] = searching.pattern(word)
        tests.append(
            "regexp_matches(concat_ws(' ', scored.organisation_code, organisations.name,"
            f" organisations.name_en), $word_{place})"
        )
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
    if found := searching.words(asked.query):
        condition, of_words = reading.morning.index.condition(found)
        tests.append(condition)
        values.update(of_words)
    chosen = (
        "from fct_task_status as status inner join dim_task as tasks"
        f" on status.task_key = tasks.task_key where {' and '.join(tests)}"
    )
    return _page(reading, asked, chosen, values)


def _page(reading: Reading, asked: Asked, chosen: str, values: dict[str, Any]) -> Listed:
    # Once through the tasks: their number, and the keys of the page.
    rows = reading.rows(
        f"""
        with chosen as materialized (
            select status.task_key, row_number() over (
                order by {SORTS[asked.sort]}, status.task_key
            ) as place, count(*) over () as total
            {chosen}
        ),
        page as (
            select * from chosen where place > $skipped order by place limit {PAGE_ROWS}
        )
        select page.total, tasks.*, status.status_class, status.completed_on, status.days_late,
            status.percent_complete, status.last_reported_on, status.is_suspended,
            coalesce(organisations.name, tasks.lead_code) as lead_name,
            coalesce(organisations.name_en, tasks.lead_code) as lead_name_en
        from page
        inner join dim_task as tasks on page.task_key = tasks.task_key
        inner join fct_task_status as status
            on page.task_key = status.task_key and status.as_of_date = $day
        left join dim_organisation as organisations
            on tasks.lead_code = organisations.organisation_code and organisations.is_current
        order by page.place
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
