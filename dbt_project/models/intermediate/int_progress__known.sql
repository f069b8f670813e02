{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_retold('int_reports__told') }}"
) }}
-- depends_on: {{ ref('int_reports__told') }}
-- Every report that was ever made about a task by the as-of date, one version a source and day.
with known as (
    select * from {{ ref('int_deliveries__known') }} where dataset = 'progress'
),

rows_told as (
    {{ rows_told(ref('stg_progress'), ref('int_reports__told'), 'business_date', 'task_source', 'task_code') }}
),

staged as (
    select * from rows_told
    where reported_on <= {{ as_of_date() }}
),

tasks as (
    select led.task_key, led.source, led.task_code, led.lead_code, told.reports_before
    from {{ ref('int_tasks__led') }} as led
    left join {{ ref('int_reports__told') }} as told on led.task_key = told.task_key
),

organisations as (
    select organisation_code, current_code from {{ ref('int_organisations__as_of') }} where answers_for_code
),

versions as (
    select
        staged.* exclude (mode, business_date, received_at),
        known.is_in_force,
        known.valid_on,
        known.valid_at,
        known.first_sighted_on,
        known.first_received_at
    from staged
    inner join known on staged.delivery_id = known.delivery_id
    qualify row_number() over (
            partition by staged.source, staged.task_source, staged.task_code, staged.reported_on
            order by {{ newest_first() }}
        ) = 1
),

reports as (
    select
        tasks.task_key,
        tasks.reports_before,
        versions.*,
        -- What is said of a day to come counts from that day on.
        greatest(versions.first_sighted_on, versions.reported_on) as known_on,
        organisations.current_code as reporter_code,
        organisations.current_code = tasks.lead_code as is_by_lead,
        {{ said_of('versions') }} as said
    from versions
    inner join tasks on versions.task_source = tasks.source and versions.task_code = tasks.task_code
    left join organisations on versions.organisation_code = organisations.organisation_code
),

weighed as (
    select
        *,
        {{ counts_of('is_by_lead', 'task_key') }} as counts,
        coalesce(reports_before, 0) + row_number() over (
            partition by task_key
            order by
                reported_on, is_by_lead nulls first, updated_at nulls first, first_sighted_on, first_received_at, source
        ) as report_no
    from reports
)

select * exclude (valid_on, valid_at, reports_before) from weighed
