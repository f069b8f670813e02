-- The deadline in force: as printed, or the last extension that was approved, with the first one
-- beside it. Versions of the text before today's come from earlier deliveries.
with tasks as (
    select * from {{ ref('int_tasks__led') }}
),

known as (
    select * from {{ ref('int_deliveries__known') }} where dataset = 'tasks'
),

deadlines as (
    select * from {{ ref('int_deadlines__parsed') }}
),

extensions as (
    select task_key, extension_to as due_on, min(reported_on) as first_seen_on
    from {{ ref('int_progress__known') }}
    where is_in_force and approval_state = 'approved' and extension_to is not null
    group by all
),

-- What was never printed otherwise nor extended has one deadline.
moving as (
    select task_key from {{ ref('int_tasks__versions') }}
    where version_no > 1
    union
    select task_key from extensions
),

versions as (
    select
        staged.source || '/' || staged.task_code as task_key,
        deadlines.due_on,
        min(known.first_sighted_on) as first_seen_on
    from {{ ref('stg_tasks') }} as staged
    inner join known on staged.delivery_id = known.delivery_id
    inner join deadlines on staged.deadline_text = deadlines.deadline_text
    where
        deadlines.due_on is not null
        and staged.source || '/' || staged.task_code in (select moving.task_key from moving)
    group by all
),

extended as (
    select task_key, max(due_on) as extended_to
    from extensions
    group by task_key
),

dates as (
    select *, false as is_extension from versions
    union all
    select *, true as is_extension from extensions
),

firsts as (
    select task_key, arg_min(due_on, (is_extension, first_seen_on, due_on)) as first_due_on
    from dates
    group by task_key
),

moves as (
    select
        dates.task_key,
        firsts.first_due_on,
        count(distinct dates.due_on) filter (where dates.due_on > firsts.first_due_on) as extension_count
    from dates
    inner join firsts on dates.task_key = firsts.task_key
    group by all
),

dated as (
    select
        tasks.*,
        coalesce(deadlines.due_precision, 'none') as printed_precision,
        coalesce(deadlines.deadline_kind, 'empty') as deadline_kind,
        {{ is_extended('extended.extended_to', 'deadlines.due_on') }} as is_extended,
        case
            when {{ is_extended('extended.extended_to', 'deadlines.due_on') }}
                then extended.extended_to
            else deadlines.due_on
        end as due_on,
        case
            when {{ is_extended('extended.extended_to', 'deadlines.due_on') }} then 'day'
            else coalesce(deadlines.due_precision, 'none')
        end as due_precision,
        coalesce(moves.first_due_on, deadlines.due_on) as first_due_on,
        coalesce(moves.extension_count, 0) as extension_count
    from tasks
    left join deadlines on tasks.deadline_text = deadlines.deadline_text
    left join extended on tasks.task_key = extended.task_key
    left join moves on tasks.task_key = moves.task_key
)

select * from dated
