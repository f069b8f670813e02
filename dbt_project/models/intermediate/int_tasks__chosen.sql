{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_lists_told() }}"
) }}
-- depends_on: {{ ref('int_sources__relisted') }}
-- The version of each task that counts, and of tasks gone from a full export the last one.
with known as (
    select * from {{ ref('int_deliveries__known') }} where dataset = 'tasks'
),

staged as (
    {{ lists_told(ref('stg_tasks')) }}
),

-- Which version counts is decided over few columns: the texts of all others need not be sorted.
chosen as (
    select
        staged.delivery_id,
        staged.record,
        known.is_in_force
    from staged
    inner join known on staged.delivery_id = known.delivery_id
    qualify row_number() over (
            partition by staged.source, staged.task_code order by {{ newest_first() }}
        ) = 1
),

versions as (
    select
        staged.* exclude (mode, business_date, received_at),
        chosen.* exclude (delivery_id, record)
    from staged
    inner join chosen on staged.delivery_id = chosen.delivery_id and staged.record = chosen.record
),

-- A row of today's export that was refused is not gone: its last good version stays. The reject
-- names its key, or, where the record is damaged, holds it in its raw text.
refused as (
    select rejects.source, rejects.record_key, rejects.raw
    from ({{ lists_told(ref('int_rejects__known')) }}) as rejects
    inner join known on rejects.delivery_id = known.delivery_id and known.is_in_force
    where rejects.dataset = 'tasks'
),

held as (
    select versions.source, versions.task_code
    from versions
    inner join refused on versions.source = refused.source and versions.task_code = refused.record_key
    where not versions.is_in_force
    union
    select versions.source, versions.task_code
    from versions
    inner join refused on versions.source = refused.source and contains(refused.raw, versions.task_code)
    where not versions.is_in_force
),

tasks as (
    select
        versions.* exclude (is_in_force),
        versions.source || '/' || versions.task_code as task_key,
        held.task_code is not null as is_held,
        not versions.is_in_force and held.task_code is null as is_closed
    from versions
    left join held on versions.source = held.source and versions.task_code = held.task_code
)

select * from tasks
