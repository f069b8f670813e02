{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_retold('int_tasks__touched') }}"
) }}
-- depends_on: {{ ref('int_tasks__touched') }}
-- Every version of every report with the days on which it stood: a correction stands from when it
-- came, a line of a full export until the whole was said without it. Texts stay in staging.
with sighted as (
    select * from {{ ref('int_deliveries__sighted') }} where dataset = 'progress'
),

rows_told as (
    {{ rows_told(ref('stg_progress'), ref('int_tasks__touched'), 'business_date', 'task_source', 'task_code') }}
),

staged as (
    select * from rows_told
    where reported_on <= {{ as_of_date() }}
),

organisations as (
    select organisation_code, current_code from {{ ref('int_organisations__as_of') }} where answers_for_code
),

versions as (
    select
        staged.task_source || '/' || staged.task_code as task_key,
        staged.source,
        staged.reported_on,
        -- What is said of a day to come counts from that day on.
        greatest(sighted.from_on, staged.reported_on) as known_on,
        sighted.from_on,
        sighted.seen_at as known_at,
        sighted.until_on,
        sighted.first_full_on,
        organisations.current_code as reporter_code,
        {{ said_of('staged') }} as said,
        staged.percent_complete,
        staged.status_reported,
        staged.completed_on,
        staged.evidence is not null as has_evidence,
        staged.extension_to,
        staged.approval_state,
        staged.updated_at,
        staged.delivery_id,
        staged.part,
        staged.record,
        staged.line
    from staged
    inner join sighted on staged.delivery_id = sighted.delivery_id
    left join organisations on staged.organisation_code = organisations.organisation_code
)

select * from versions
