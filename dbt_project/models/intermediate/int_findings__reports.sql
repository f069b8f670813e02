-- Findings that two reports on one task show together, or one report and its dates.
with reports as (
    select * from {{ ref('int_reports__doubtful') }}
),

latest as (
    select * from {{ ref('int_reports__latest') }}
),

tasks as (
    select task_key, deadline_kind, due_on, first_due_on
    from {{ ref('int_tasks__dated') }}
    where not is_closed
),

joined as (
    select reports.*, tasks.deadline_kind, tasks.due_on, tasks.first_due_on
    from reports
    inner join tasks on reports.task_key = tasks.task_key
),

fell as (
    select
        'percent_fell' as finding,
        task_key,
        reported_on as happened_on,
        first_sighted_on as known_on,
        cast(before_percent as varchar) as old_value,
        cast(percent_complete as varchar) as new_value,
        delivery_id,
        part,
        line,
        before_delivery_id as earlier_delivery_id,
        before_part as earlier_part,
        before_line as earlier_line
    from joined
    where
        before_percent - percent_complete > {{ var('percent_fall_points') }}
        and before_said is distinct from 'completed'
),

reopened as (
    select
        'reopened' as finding,
        task_key,
        reported_on as happened_on,
        first_sighted_on as known_on,
        cast(before_on as varchar) as old_value,
        coalesce(cast(percent_complete as varchar), status_reported) as new_value,
        delivery_id,
        part,
        line,
        before_delivery_id as earlier_delivery_id,
        before_part as earlier_part,
        before_line as earlier_line
    from joined
    -- A recurring task begins again with its next period.
    where before_said = 'completed' and said = 'open' and deadline_kind not in ('recurring', 'open_ended')
),

-- Of a run of equal texts the last report stands for all; a task not begun has nothing to tell.
repeated as (
    select
        'text_repeated' as finding,
        task_key,
        reported_on as happened_on,
        first_sighted_on as known_on,
        cast(times_said as varchar) as old_value,
        result as new_value,
        delivery_id,
        part,
        line,
        text_delivery_id as earlier_delivery_id,
        text_part as earlier_part,
        text_line as earlier_line
    from joined
    where times_said >= {{ var('text_repeat_times') }} and coalesce(percent_complete, 1) > 0
    qualify row_number() over (partition by task_key, text_no order by report_no desc) = 1
),

-- The label is judged on its own day, by the deadline as it was or as it became: whoever wrote it
-- knew one of them.
mislabelled as (
    select
        'label_disagrees' as finding,
        task_key,
        reported_on as happened_on,
        first_sighted_on as known_on,
        status_reported as old_value,
        {{ status_class('done_on', 'due_on', 'reported_on') }} as new_value,
        delivery_id,
        part,
        line,
        cast(null as varchar) as earlier_delivery_id,
        cast(null as varchar) as earlier_part,
        cast(null as bigint) as earlier_line
    from (
        select
            latest.*,
            tasks.due_on,
            tasks.first_due_on,
            case when said = 'completed' then coalesce(least(completed_on, reported_on), reported_on) end as done_on
        from latest
        inner join tasks on latest.task_key = tasks.task_key
        where said is not null
    )
    where
        {{ label_disagrees('status_reported', status_class('done_on', 'due_on', 'reported_on')) }}
        and {{ label_disagrees(
            'status_reported', status_class('done_on', 'coalesce(first_due_on, due_on)', 'reported_on')
        ) }}
),

findings as (
    select * from fell
    union all
    select * from reopened
    union all
    select * from repeated
    union all
    select * from mislabelled
)

select * from findings
