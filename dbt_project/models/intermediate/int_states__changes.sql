-- What a change of state means: done, done no longer, a deadline moved, a day passed.
-- depends_on: {{ ref('int_events__retold') }}
{% if var('resumed_from') -%}
    -- Of all others no change is younger than the last build.
    with changing as (
        select retold.task_key from {{ ref('int_events__retold') }} as retold
        union
        select news.task_key from {{ ref('int_tasks__states') }} as news
        where
            news.known_on > {{ built_as_of() }}
            or (news.due_on >= {{ built_as_of() }} and news.due_on < {{ as_of_date() }})
    ),

    states as (
        select * from {{ ref('int_tasks__states') }}
        where task_key in (select changing.task_key from changing)
    ),
{%- else -%}
    with states as (
        select * from {{ ref('int_tasks__states') }}
    ),
{%- endif %}

compared as (
    select
        *,
        lag(due_on) over (partition by task_key order by state_no) as previous_due_on,
        lag(completed_on) over (partition by task_key order by state_no) as previous_completed_on,
        coalesce(lag(is_present) over (partition by task_key order by state_no), false) as was_present,
        -- The first morning on which this state is overdue, if there is one.
        case when due_on is not null then greatest(due_on + 1, known_on) end as overdue_from,
        coalesce(
            lag(
                case
                    when is_present and completed_on is null then due_on
                end
            ) over (partition by task_key order by state_no) < known_on, false
        ) as was_overdue
    from states
),

completed as (
    select
        task_key, completed_on as happened_on, known_on, known_at, 'completed' as event,
        cast(previous_completed_on as varchar) as old_value, cast(completed_on as varchar) as new_value,
        completed_delivery_id as delivery_id, completed_line as line
    from compared
    where completed_on is not null and completed_on is distinct from previous_completed_on
),

reopened as (
    select
        task_key, coalesce(last_reported_on, known_on) as happened_on, known_on, known_at, 'reopened' as event,
        cast(previous_completed_on as varchar) as old_value, cast(null as varchar) as new_value,
        coalesce(last_delivery_id, due_delivery_id) as delivery_id,
        coalesce(last_line, due_line) as line
    from compared
    where completed_on is null and previous_completed_on is not null
),

moved as (
    select
        task_key, known_on as happened_on, known_on, known_at,
        case when due_on > previous_due_on then 'extended' else 'deadline_changed' end as event,
        cast(previous_due_on as varchar) as old_value, cast(due_on as varchar) as new_value,
        due_delivery_id as delivery_id, due_line as line
    from compared
    where state_no > 1 and due_on is distinct from previous_due_on
),

overdue as (
    select
        task_key, due_on + 1 as happened_on, overdue_from as known_on,
        case when overdue_from = known_on then known_at else {{ morning_of('overdue_from') }} end as known_at,
        'overdue' as event,
        cast(null as varchar) as old_value, cast(due_on as varchar) as new_value,
        due_delivery_id as delivery_id, due_line as line
    from compared
    where
        is_present
        and completed_on is null
        and overdue_from < coalesce(until_on, {{ as_of_date() }} + 1)
        and not was_overdue
),

changes as (
    select * from completed
    union all
    select * from reopened
    union all
    select * from moved
    union all
    select * from overdue
)

select * from changes
