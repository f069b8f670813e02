"""One task: what it says, how it came to say so, what was reported, and what was found wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

from task_warehouse.following.deliveries import without_secrets
from task_warehouse.following.library import Reading, Row

LONGEST_LIST = 500
COMPARED = (
    "title", "kind", "group_name", "document_code", "parent_task_code", "lead", "cooperating",
    "responsible_position", "assigned_on", "deadline", "product", "priority",
)  # fmt: skip
FLAGS = (
    "is_suspended", "is_refused", "is_returned", "is_awaiting_confirmation", "is_cancelled",
    "is_label_disagreeing",
)  # fmt: skip

_TASK = """
    select tasks.*, status.status_class, status.is_completed, status.completed_on,
        status.days_late, status.days_to_due, status.percent_complete, status.status_reported,
        status.last_reported_on, status.days_silent, status.report_count, status.extension_count,
        status.last_delivery_id, status.last_line,
        status.is_suspended, status.is_refused, status.is_returned,
        status.is_awaiting_confirmation, status.is_cancelled, status.is_label_disagreeing,
        documents.title as document_title, documents.issued_on as document_issued_on
    from dim_task as tasks
    left join fct_task_status as status
        on tasks.task_key = status.task_key and status.as_of_date = $day
    left join dim_document as documents on tasks.document_code = documents.document_code
    where tasks.task_key = $key
"""

_BODIES = """
    select bridge.organisation_code, bridge.role, bridge.names_used,
        coalesce(organisations.name, bridge.organisation_code) as name,
        coalesce(organisations.name_en, bridge.organisation_code) as name_en,
        scored.organisation_code is not null as has_figures
    from bridge_task_organisation as bridge
    left join dim_organisation as organisations
        on bridge.organisation_code = organisations.organisation_code and organisations.is_current
    left join mart_scorecard as scored
        on bridge.organisation_code = scored.organisation_code and scored.as_of_date = $day
    where bridge.task_key = $key and bridge.role != 'member'
    order by case bridge.role when 'lead' then 1 when 'co_lead' then 2 else 3 end, 1
"""

_VERSIONS = f"""
    select * from tasks
    where source = $source and trim(task_code) = $code and business_date <= $day
    order by business_date, received_at, delivery_id, line
    limit {LONGEST_LIST}
"""

_REPORTS = f"""
    select * from progress
    where coalesce(nullif(task_source, ''), source) = $source and trim(task_code) = $code
        and business_date <= $day
    order by reported_on, updated_at nulls first, business_date, received_at, delivery_id, line
    limit {LONGEST_LIST}
"""

# A refused row carries the key of its record; one that could not be read has only its raw text.
_FINDINGS = f"""
    with found as (
        select *, 'error' as said from rejects
        union all
        select *, 'warn' as said from warnings
    ),
    rows_of_task as (
        select delivery_id, part, line from tasks where source = $source and trim(task_code) = $code
        union
        select delivery_id, part, line from progress
        where coalesce(nullif(task_source, ''), source) = $source and trim(task_code) = $code
    ),
    mine as (
        select found.* from found inner join rows_of_task as mine
            on found.delivery_id = mine.delivery_id and found.line = mine.line
            and coalesce(found.part, '') = coalesce(mine.part, '')
        union
        select found.* from found
        where source = $source and said = 'error' and dataset in ('tasks', 'progress')
            and (
                record_key = $code or starts_with(record_key, $code || '|')
                or record_key is null
                and regexp_matches(raw, '(^|[^\\w])' || regexp_escape($code) || '($|[^\\w])')
            )
    )
    select * from mine where business_date <= $day
    order by business_date, delivery_id, line, check_id
    limit {LONGEST_LIST}
"""


@dataclass(slots=True)
class Version:
    """A stretch of deliveries in which the task said the same; ``changed`` names what was new."""

    first: Row
    last: Row
    deliveries: int = 1
    changed: list[tuple[str, str | None, str | None]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Followed:
    """All that one task's page shows."""

    task: Row
    bodies: list[Row]
    versions: list[Version]
    reports: list[Row]
    findings: list[Row]
    flags: list[str]
    events: list[Row]
    stuck: list[Row]


def follow(reading: Reading, key: str) -> Followed | None:
    """Everything known about the task of this key; None when there is none."""
    day = reading.manifest.as_of_date
    task = reading.row(_TASK, {"key": key, "day": day})
    if task is None:
        return None
    reading.open_rooms("tasks", "progress", "rejects", "warnings")
    mine = {"source": task.source, "code": task.task_code, "day": day}
    return Followed(
        task=task,
        bodies=reading.rows(_BODIES, {"key": key, "day": day}),
        versions=_versions(reading.rows(_VERSIONS, mine)),
        reports=reading.rows(_REPORTS, mine),
        findings=without_secrets(reading, reading.rows(_FINDINGS, mine)),
        flags=[name for name in FLAGS if getattr(task, name)],
        events=_of_mart(reading, "fct_task_event", key, "happened_on, known_at, event"),
        stuck=_of_mart(reading, "mart_bottleneck", key, "since, reason"),
    )


def _of_mart(reading: Reading, table: str, key: str, order: str) -> list[Row]:
    """The task's rows of a mart that older snapshots do not have."""
    if not reading.has(table):
        return []
    return reading.rows(
        f"select * from {table} where task_key = $key order by {order} limit {LONGEST_LIST}",
        {"key": key},
    )


def _versions(rows: list[Row]) -> list[Version]:
    found: list[Version] = []
    for row in rows:
        changed = [] if not found else _changes(found[-1].last, row)
        if found and not changed:
            found[-1].last = row
            found[-1].deliveries += 1
        else:
            found.append(Version(row, row, changed=changed))
    return found


def _changes(before: Row, after: Row) -> list[tuple[str, str | None, str | None]]:
    return [
        (name, getattr(before, name), getattr(after, name))
        for name in COMPARED
        if (getattr(before, name) or "") != (getattr(after, name) or "")
    ]
