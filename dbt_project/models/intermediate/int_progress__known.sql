{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_retold('int_reports__told') }}"
) }}
-- depends_on: {{ ref('int_reports__told') }}, {{ ref('int_reports__orders') }}
-- Every report that was ever made about a task by the as-of date, one version a source and day.
with known as (
    select * from {{ ref('int_deliveries__known') }} where dataset = 'progress'
),

rows_told as not materialized (
    {{ rows_told(ref('stg_progress'), ref('int_reports__told'), 'business_date', 'task_source', 'task_code') }}
),

staged as not materialized (
    select * from rows_told
    where reported_on <= {{ as_of_date() }}
),

tasks as (
    select
        led.task_key, led.source, led.task_code, led.lead_code,
        coalesce(orders.is_in_order, false) as is_in_order
    from {{ ref('int_tasks__led') }} as led
    left join {{ ref('int_reports__orders') }} as orders on led.task_key = orders.task_key
),

organisations as (
    select organisation_code, current_code from {{ ref('int_organisations__as_of') }} where answers_for_code
),

seen as not materialized (
    select
        staged.* exclude (mode, business_date, received_at),
        known.is_in_force,
        known.first_sighted_on,
        known.first_received_at,
        tasks.task_key,
        tasks.is_in_order,
        -- What is said of a day to come counts from that day on.
        greatest(known.first_sighted_on, staged.reported_on) as known_on,
        organisations.current_code as reporter_code,
        organisations.current_code = tasks.lead_code as is_by_lead,
        {{ said_of('staged') }} as said
    from staged
    inner join known on staged.delivery_id = known.delivery_id
    inner join tasks on staged.task_source = tasks.source and staged.task_code = tasks.task_code
    left join organisations on staged.organisation_code = organisations.organisation_code
),

others as (
    select staged.*
    from seen as staged
    inner join known on staged.delivery_id = known.delivery_id
    where not staged.is_in_order
    qualify row_number() over (
            partition by staged.source, staged.task_source, staged.task_code, staged.reported_on
            order by {{ newest_first() }}
        ) = 1
),

-- Who is told in order says each day once, and nobody contradicts a single voice: the day is the
-- report's place, and nothing is sorted.
weighed as (
    select
        *,
        true as counts,
        reported_on - date '0001-01-01' + 1 as report_no
    from seen
    where is_in_order
    union all
    select
        *,
        {{ counts_of('is_by_lead', 'task_key') }} as counts,
        row_number() over (
            partition by task_key
            order by
                reported_on, is_by_lead nulls first, updated_at nulls first, first_sighted_on, first_received_at, source
        ) as report_no
    from others
)

select * exclude (is_in_order, organisation_code, task_source, task_code, record) from weighed
