{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_touched() }}") }}
-- depends_on: {{ ref('int_tasks__touched') }}
-- Every report that was ever made about a task by the as-of date, one version a source and day.
with known as (
    select * from {{ ref('int_deliveries__known') }} where dataset = 'progress'
),

staged as (
    select * from {{ ref('stg_progress') }}
    where reported_on <= {{ as_of_date() }} and {{ is_told_anew('task_source', 'task_code') }}
),

tasks as (
    select task_key, source, task_code, lead_code from {{ ref('int_tasks__led') }}
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
        versions.*,
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
        row_number() over (
            partition by task_key
            order by
                reported_on, is_by_lead nulls first, updated_at nulls first, first_sighted_on, first_received_at, source
        ) as report_no
    from reports
)

select * exclude (valid_on, valid_at) from weighed
