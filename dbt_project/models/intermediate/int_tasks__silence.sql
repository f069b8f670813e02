-- How long nobody has reported on an open task. The clock stops where the reporting system itself
-- fell silent: that is a source that is missing (mart_reporting), not a task that nobody minds. It
-- starts no earlier than our first look at a system that sends corrections only. Of a task that
-- somebody reports on, a lead's own system that never does says nothing.
with tasks as (
    select task_key, source, lead_code, assigned_on, first_sighted_on
    from {{ ref('int_tasks__dated') }}
    where not is_closed
),

status as (
    select * from {{ ref('int_tasks__status') }}
),

organisations as (
    select organisation_code, current_code from {{ ref('int_organisations__as_of') }} where answers_for_code
),

heard as (
    select
        attempts.source,
        any_value(organisations.current_code) as organisation_code,
        max(attempts.business_date) as heard_on,
        case when bool_and(attempts.mode = 'delta') then min(attempts.business_date) end as first_heard_on
    from {{ ref('int_attempts__judged') }} as attempts
    left join organisations on attempts.organisation_code = organisations.organisation_code
    where attempts.dataset = 'progress' and (attempts.is_usable or attempts.outcome = 'nothing_arose')
    group by attempts.source
),

reporting as (
    select task_key, source from {{ ref('int_tasks__reporters') }}
),

reporters as (
    select * from reporting
    union
    select tasks.task_key, tasks.source
    from tasks
    union
    select tasks.task_key, heard.source
    from tasks
    inner join heard on tasks.lead_code = heard.organisation_code
    where tasks.task_key not in (select reporting.task_key from reporting)
),

clocks as (
    select
        reporters.task_key,
        max(heard.heard_on) as heard_on,
        min(heard.first_heard_on) as first_heard_on
    from reporters
    inner join heard on reporters.source = heard.source
    group by reporters.task_key
),

silence as (
    select
        tasks.task_key,
        coalesce(clocks.heard_on, {{ as_of_date() }}) as heard_on,
        coalesce(
            status.last_reported_on,
            greatest(coalesce(tasks.assigned_on, tasks.first_sighted_on), clocks.first_heard_on),
            tasks.assigned_on,
            tasks.first_sighted_on
        ) as silent_since,
        status.last_reported_on is null as is_never_reported,
        status.last_delivery_id,
        status.last_line,
        coalesce(status.status_reported in ('suspended', 'cancelled', 'awaiting_confirmation'), false) as is_excused
    from tasks
    left join status on tasks.task_key = status.task_key
    left join clocks on tasks.task_key = clocks.task_key
    where status.completed_on is null
),

counted as (
    select
        *,
        heard_on - silent_since as silent_days,
        not is_excused and heard_on - silent_since > {{ var('silent_days') }} as is_silent
    from silence
)

select * from counted
