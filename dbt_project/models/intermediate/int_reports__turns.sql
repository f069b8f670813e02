{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_touched() }}") }}
-- depends_on: {{ ref('int_tasks__touched') }}
-- Where the reports that count turn, in their own order: done, open again, suspended, cancelled. A
-- turn and its return that became known on one morning are seen here alone.
with reports as (
    select
        task_key,
        report_no,
        reported_on,
        greatest(first_sighted_on, reported_on) as known_on,
        first_received_at as known_at,
        said,
        status_reported,
        coalesce(case when completed_on <= reported_on then completed_on end, reported_on) as done_on,
        delivery_id,
        part,
        line
    from {{ ref('int_progress__known') }}
    where (counts or (not is_in_force and coalesce(is_by_lead, false))) and {{ is_among_touched() }}
),

words as (
    select
        *,
        lag(said) over (partition by task_key order by report_no) as said_before
    from reports
    where said is not null
),

labels as (
    select
        *,
        lag(status_reported) over (partition by task_key order by report_no) as label_before
    from reports
    where status_reported is not null
),

turns as (
    select
        task_key,
        case when said = 'completed' then done_on else reported_on end as happened_on,
        known_on,
        known_at,
        case when said = 'completed' then 'completed' else 'reopened' end as event,
        cast(null as varchar) as old_value,
        case when said = 'completed' then cast(done_on as varchar) end as new_value,
        delivery_id,
        part,
        line
    from words
    where said != said_before or (said = 'completed' and said_before is null)
    union all
    select
        task_key,
        reported_on as happened_on,
        known_on,
        known_at,
        case when status_reported in ('suspended', 'cancelled') then status_reported else 'resumed' end as event,
        label_before as old_value,
        status_reported as new_value,
        delivery_id,
        part,
        line
    from labels
    where
        status_reported is distinct from label_before
        and (
            status_reported in ('suspended', 'cancelled')
            or coalesce(label_before in ('suspended', 'cancelled'), false)
        )
)

select * from turns
