{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_told('int_tasks__touched') }}"
) }}
-- depends_on: {{ ref('int_tasks__touched') }}
-- What was known of a task on each day on which that changed, in the organisations of the as-of
-- date. A state holds until the next one of the task; the last is today's.
with placed as (
    select * from {{ ref('int_tasks__placed') }}
),

told as (
    select * exclude (stated_on, first_said_on) from {{ ref('int_tasks__told_in_order') }}
    where {{ is_among_touched() }}
    union all by name
    select * from {{ ref('int_tasks__told_otherwise') }}
),

present as (
    select * from {{ ref('int_tasks__present') }}
    where {{ is_among_touched() }}
),

beside as (
    select
        placed.*,
        told.* exclude (task_key, known_on, reported_at),
        case when told.known_on = placed.known_on then told.reported_at end as reported_at,
        {{ is_extended('told.extended_to', 'placed.printed_due_on') }} as is_extended
    from placed
    asof left join told on placed.task_key = told.task_key and placed.known_on >= told.known_on
),

states as (
    select
        beside.task_key,
        beside.known_on,
        coalesce(present.until_on > beside.known_on, false) as is_present,
        beside.lead_code,
        beside.lead_text,
        beside.scope_code,
        case when beside.is_extended then beside.extended_to else beside.printed_due_on end as due_on,
        beside.completed_on,
        -- The moment of the word that moved it; where only time moved it, the start of that day here.
        coalesce(
            greatest(beside.told_at, beside.reported_at), {{ morning_of('beside.known_on') }}
        ) as known_at,
        case when beside.is_extended then beside.extension_delivery_id else beside.delivery_id end as due_delivery_id,
        case when beside.is_extended then beside.extension_line else beside.line end as due_line,
        beside.completed_delivery_id,
        beside.completed_line,
        beside.last_delivery_id,
        beside.last_line,
        beside.last_reported_on
    from beside
    asof left join present
        on beside.task_key = present.task_key and beside.known_on >= present.from_on
),

changed as (
    select *
    from states
    qualify row(is_present, lead_text, scope_code, due_on, completed_on) is distinct from lag(
            row(is_present, lead_text, scope_code, due_on, completed_on)
        ) over (partition by task_key order by known_on)
),

numbered as (
    select
        *,
        lead(known_on) over (partition by task_key order by known_on) as until_on,
        cast(row_number() over (partition by task_key order by known_on) as integer) as state_no
    from changed
)

select * from numbered
