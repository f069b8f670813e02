with tasks as (
    select * from {{ ref('int_tasks__dated') }}
    where not is_closed
),

status as (
    select * from {{ ref('int_tasks__status') }}
),

standing as (
    select source, last_good_on, is_held from {{ ref('int_sources__standing') }} where dataset = 'tasks'
),

classified as (
    select
        tasks.*,
        status.completed_on,
        status.percent_complete,
        status.status_reported,
        status.last_reported_on,
        status.last_delivery_id,
        status.last_line,
        status.report_count,
        standing.last_good_on as source_as_of,
        coalesce(standing.is_held, false) as is_source_held,
        {{ status_class('status.completed_on', 'tasks.due_on', as_of_date()) }} as status_class
    from tasks
    left join status on tasks.task_key = status.task_key
    left join standing on tasks.source = standing.source
),

facts as (
    select
        {{ as_of_date() }} as as_of_date,
        task_key,
        source,
        lead_code,
        kind,
        document_code,
        status_class,
        due_on,
        completed_on is not null as is_completed,
        completed_on,
        case
            when status_class in ('completed_on_time', 'completed_late') then greatest(completed_on - due_on, 0)
            when status_class in ('open_in_term', 'open_overdue') then greatest({{ as_of_date() }} - due_on, 0)
        end as days_late,
        case when completed_on is null then due_on - {{ as_of_date() }} end as days_to_due,
        coalesce(
            completed_on is null and due_on - {{ as_of_date() }} between 0 and {{ var('amber_days') }}, false
        ) as is_due_soon,
        percent_complete,
        status_reported,
        last_reported_on,
        case
            when completed_on is null then {{ as_of_date() }} - coalesce(last_reported_on, assigned_on)
        end as days_silent,
        coalesce(report_count, 0) as report_count,
        coalesce(status_reported = 'suspended', false) as is_suspended,
        coalesce(status_reported = 'refused', false) as is_refused,
        coalesce(status_reported = 'returned', false) as is_returned,
        coalesce(status_reported = 'awaiting_confirmation', false) as is_awaiting_confirmation,
        coalesce(status_reported = 'cancelled', false) as is_cancelled,
        coalesce({{ label_disagrees('status_reported', 'status_class') }}, false) as is_label_disagreeing,
        cast(extension_count as integer) as extension_count,
        source_as_of,
        is_source_held,
        last_delivery_id,
        last_line
    from classified
)

select * from facts
order by task_key
