"""The SQL behind the topics. Each statement takes ``$day``, the as-of date of the snapshot."""

from __future__ import annotations

TREND_WEEKS = 12
LISTED_FINDINGS = 100
LISTED_BOTTLENECKS = 100
LISTED_FEEDBACK = 100
# Rows that the pages of all bodies may list together, and how many of them a list of one body may
# show: the largest step that keeps all of them under it.
FINDINGS_OF_ALL_BODIES = 12_000
FEEDBACK_OF_ALL_BODIES = 6_000
STEPS = (1000, 300, 100, 50, 20, 10, 5, 2, 1)

_NAMES = """(
    select organisation_code, name, name_en, kind, parent_code from marts.dim_organisation
    qualify row_number() over (
        partition by organisation_code order by is_current desc, valid_from desc
    ) = 1
)"""


def _named(code: str, alias: str = "named") -> str:
    return f"left join {_NAMES} as {alias} on {code} = {alias}.organisation_code"


_NAME = "coalesce(named.name, {code}) as name, coalesce(named.name_en, {code}) as name_en"

MOVEMENT = "select * from marts.mart_movement where as_of_date = $day and is_comparable"

# Today's tasks on the same weekday of past weeks, by today's deadlines: the same cohort throughout.
TREND = f"""
    with led as (
        select distinct task_key, organisation_code
        from marts.bridge_task_organisation
        where role in ('lead', 'co_lead') and organisation_code != 'VN'
        union all
        select task_key, 'VN' from marts.fct_task_status where as_of_date = $day
    ),
    tasks as (
        select organisation_code, status.completed_on, tasks.due_on, count(*) as tasks
        from marts.fct_task_status as status
        inner join marts.dim_task as tasks on status.task_key = tasks.task_key
        inner join led on status.task_key = led.task_key
        where as_of_date = $day
        group by all
    ),
    days as (
        select cast($day - to_days(7 * weeks) as date) as day
        from range({TREND_WEEKS + 1}) as back (weeks)
    )
    select organisation_code, day, sum(tasks) as tasks,
        coalesce(sum(tasks) filter (completed_on <= day), 0) as completed,
        coalesce(sum(tasks) filter (
            due_on < day and (completed_on is null or completed_on > day)
        ), 0) as overdue
    from tasks, days
    group by organisation_code, day
    order by organisation_code, day
"""

DOCUMENTS = """
    select cascade.*, documents.title, documents.issuer, documents.issued_on,
        documents.parent_document_code
    from marts.mart_document_cascade as cascade
    inner join marts.dim_document as documents
        on cascade.document_code = documents.document_code
    where cascade.as_of_date = $day
    order by cascade.tasks desc, cascade.document_code
"""

SUBSTANCE = f"""
    select found.*, named.kind, {_NAME.format(code="found.organisation_code")}
    from marts.mart_substance as found {_named("found.organisation_code")}
    where as_of_date = $day
    order by substance_rate nulls last, tasks_with_findings desc, found.organisation_code
"""

FINDING_KINDS = """
    select kinds.* replace (cast(kinds.threshold as varchar) as threshold),
        coalesce(counted.findings, 0) as findings
    from marts.dim_finding as kinds
    left join (
        select finding, count(*) as findings from marts.mart_finding
        where is_current and as_of_date = $day group by finding
    ) as counted on kinds.finding = counted.finding
    order by subject desc, findings desc, finding
"""

# The latest first; of silence the longest.
_FOUND_FIRST = """
    if(found.finding = 'silent', 1, -1) * (found.happened_on - date '2000-01-01'), found.finding_id
"""

FINDINGS = f"""
    select found.*, coalesce(tasks.title, found.source) as title, tasks.task_code,
        {_NAME.format(code="found.organisation_code")}
    from marts.mart_finding as found
    left join marts.dim_task as tasks on found.task_key = tasks.task_key
    {_named("found.organisation_code")}
    where found.is_current and found.as_of_date = $day
    qualify row_number() over (
        partition by found.finding order by {_FOUND_FIRST}
    ) <= {LISTED_FINDINGS}
    order by found.finding, {_FOUND_FIRST}
"""


def common_step(rows: str, lists: str, most: int) -> str:
    """The common table ``widest``: the largest step by which all ``lists`` stay under ``most``."""
    return f"""
    widest as (
        select coalesce(max(step) filter (listed <= {most}), min(step)) as step
        from (
            select step, sum(least(counted.rows, step)) as listed
            from (select {lists}, count(*) as rows from {rows} group by all) as counted,
                unnest({list(STEPS)}) as steps (step)
            group by step
        )
    )"""


# As mart_substance counts: a task once under a kind, at each body that leads it.
FINDINGS_OF_BODIES = f"""
    with shares as (
        select distinct task_key, organisation_code as owner
        from marts.bridge_task_organisation
        where role in ('lead', 'co_lead') and organisation_code != 'VN'
    ),
    owned as (
        select found.*, shares.owner
        from marts.mart_finding as found inner join shares on found.task_key = shares.task_key
        union all
        select *, organisation_code from marts.mart_finding
        where task_key is null and organisation_code != 'VN'
    ),
    latest as (
        select *, count(*) over same as times
        from owned as found
        where is_current and as_of_date = $day
        window same as (partition by owner, finding, coalesce(task_key, finding_id))
        qualify row_number() over (
            partition by owner, finding, coalesce(task_key, finding_id) order by {_FOUND_FIRST}
        ) = 1
    ),
    {common_step("latest", "owner, finding", FINDINGS_OF_ALL_BODIES)},
    placed as (
        select found.*, count(*) over (partition by owner, finding) as in_kind,
            row_number() over (partition by owner, finding order by {_FOUND_FIRST}) as place
        from latest as found
    )
    select placed.*, coalesce(tasks.title, placed.source) as title, tasks.task_code,
        {_NAME.format(code="placed.owner")}
    from placed
    left join marts.dim_task as tasks on placed.task_key = tasks.task_key
    {_named("placed.owner")}
    where placed.place <= (select step from widest)
    order by owner, in_kind desc, finding, place
"""

BOTTLENECKS = f"""
    select stuck.*, tasks.title, tasks.task_code, {_NAME.format(code="stuck.lead_code")},
        freeing.name as unblocked_by, freeing.name_en as unblocked_by_en
    from marts.mart_bottleneck as stuck
    inner join marts.dim_task as tasks on stuck.task_key = tasks.task_key
    {_named("stuck.lead_code")}
    {_named("stuck.unblocked_by_code", "freeing")}
    where stuck.as_of_date = $day
    order by stuck.days desc, stuck.task_key
    limit {LISTED_BOTTLENECKS}
"""

BOTTLENECK_COUNTS = f"""
    with stuck as (select * from marts.mart_bottleneck where as_of_date = $day),
    counted as (
        select 'stuck_by' as what, stuck_by as code, count(*) as tasks, max(days) as longest
        from stuck group by stuck_by
        union all
        select 'reason', reason, count(*), max(days)
        from stuck where reason is not null and stuck_by in ('waiting', 'difficulty')
        group by reason
        union all
        select 'freed_by', unblocked_by_code, count(*), max(days)
        from stuck where unblocked_by_code is not null group by unblocked_by_code
        union all
        select 'lead', lead_code, count(*), max(days) from stuck group by lead_code
    )
    select counted.*, {_NAME.format(code="counted.code")}
    from counted {_named("counted.code")}
    order by what, tasks desc, code
"""

INDICATORS = f"""
    select judged.*, indicators.name, indicators.target_text,
        coalesce(named.name, judged.organisation_code) as body,
        coalesce(named.name_en, judged.organisation_code) as body_en,
        leaders.name as lead, leaders.name_en as lead_en
    from marts.mart_indicator as judged
    inner join marts.dim_indicator as indicators
        on judged.indicator_code = indicators.indicator_code
    {_named("judged.organisation_code")}
    {_named("judged.lead_code", "leaders")}
    where judged.as_of_date = $day
    order by judged.indicator_code, judged.organisation_code
"""

INDICATOR_VALUES = """
    select indicator_code, organisation_code, period_end_on, value, state
    from marts.fct_indicator_value
    where value is not null and period_end_on <= $day and coalesce(breakdown, '') = ''
    order by indicator_code, organisation_code, period_end_on
"""

FEEDBACK = f"""
    select counted.*, {_NAME.format(code="counted.organisation_code")}
    from marts.mart_feedback as counted {_named("counted.organisation_code")}
    where as_of_date = $day
    order by open_overdue desc, received desc, counted.organisation_code, counted.kind
"""

FEEDBACK_OPEN = f"""
    select items.*, {_NAME.format(code="items.organisation_code")}
    from marts.fct_feedback as items {_named("items.organisation_code")}
    where items.answered_on is null and items.as_of_date = $day
    order by items.days_open desc, items.source, items.feedback_code
    limit {LISTED_FEEDBACK}
"""

FEEDBACK_OF_BODIES = f"""
    with waiting as (
        select * from marts.fct_feedback where answered_on is null and as_of_date = $day
    ),
    {common_step("waiting", "organisation_code", FEEDBACK_OF_ALL_BODIES)}
    select items.*, items.organisation_code as name, items.organisation_code as name_en
    from waiting as items
    qualify row_number() over (
        partition by items.organisation_code
        order by items.days_open desc, items.source, items.feedback_code
    ) <= (select step from widest)
    order by items.organisation_code, items.days_open desc, items.source, items.feedback_code
"""

QUALITY = f"""
    select scored.*, named.kind, {_NAME.format(code="scored.code")}
    from marts.mart_quality_standing as scored {_named("scored.organisation_code")}
    where as_of_date = $day
    order by overall nulls last, scored.code
"""

ANOMALIES = f"""
    select odd.*, {_NAME.format(code="odd.source")}
    from marts.mart_quality_anomaly as odd {_named("odd.organisation_code")}
    where odd.business_date between $day - 7 and $day
    order by odd.business_date desc, odd.source, odd.dataset, odd.message_vi
    limit 100
"""

HELD = f"""
    select entries.*, {_NAME.format(code="entries.source")}
    from marts.mart_ledger as entries {_named("entries.organisation_code")}
    where entries.verdict = 'hold' and entries.business_date <= $day
    order by entries.received_at, entries.delivery_id
"""

REPAIRS = """
    select check_id, any_value(responsibility) as responsibility,
        min(coalesce(message_vi, check_id)) as message_vi,
        min(coalesce(message_en, check_id)) as message_en,
        count(*) filter (state = 'open') as open,
        count(*) filter (state = 'corrected') as corrected,
        count(*) filter (state = 'vanished') as vanished,
        median(days_to_correction) as median_days,
        max(days_open) as oldest_open_days
    from marts.mart_reject_history where first_seen_on <= $day
    group by check_id
    order by open desc, check_id
"""
