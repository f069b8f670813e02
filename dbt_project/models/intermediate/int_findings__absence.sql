-- Tasks nobody reports on, and tasks that are no longer in the list of their source.
with tasks as (
    select *, {{ normalised('title') }} as title_key
    from {{ ref('int_tasks__known') }}
),

status as (
    select task_key, completed_on, status_reported from {{ ref('int_tasks__status') }}
),

silent as (
    select
        'silent' as finding,
        silence.task_key,
        silence.silent_since as happened_on,
        silence.heard_on as known_on,
        cast(silence.silent_since as varchar) as old_value,
        cast(silence.silent_days as varchar) as new_value,
        coalesce(silence.last_delivery_id, tasks.delivery_id) as delivery_id,
        case when silence.last_delivery_id is null then tasks.part end as part,
        coalesce(silence.last_line, tasks.line) as line
    from {{ ref('int_tasks__silence') }} as silence
    inner join tasks on silence.task_key = tasks.task_key
    where silence.is_silent
),

elsewhere as (
    select distinct title_key, document_code
    from tasks
    where not is_closed and title_key is not null
),

vanished as (
    select
        'vanished' as finding,
        tasks.task_key,
        tasks.last_sighted_on as happened_on,
        tasks.full_on as known_on,
        cast(tasks.last_sighted_on as varchar) as old_value,
        cast(tasks.full_on as varchar) as new_value,
        tasks.delivery_id,
        tasks.part,
        tasks.line
    from tasks
    left join status on tasks.task_key = status.task_key
    left join elsewhere
        on
            tasks.title_key = elsewhere.title_key
            and tasks.document_code is not distinct from elsewhere.document_code
    where
        tasks.is_closed
        and status.completed_on is null
        and coalesce(status.status_reported, '') != 'cancelled'
        and elsewhere.title_key is null
        -- What was split, merged or replaced did not vanish: mart_task_succession says where it went.
        and tasks.task_key not in (select followed.task_key from {{ ref('int_tasks__succession') }} as followed)
),

findings as (
    select * from silent
    union all
    select * from vanished
)

select
    *,
    cast(null as varchar) as earlier_delivery_id,
    cast(null as varchar) as earlier_part,
    cast(null as bigint) as earlier_line
from findings
