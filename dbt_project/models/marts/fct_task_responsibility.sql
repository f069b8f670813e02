-- Each task once for every body that leads or co-leads it: what a body's own scorecard counts.
with tasks as (
    select * from {{ ref('fct_task_status') }}
),

bridge as (
    select task_key, organisation_code, role
    from {{ ref('bridge_task_organisation') }}
    where role in ('lead', 'co_lead')
),

responsibilities as (
    select
        tasks.as_of_date,
        bridge.task_key || '|' || bridge.organisation_code as responsibility_key,
        bridge.task_key,
        bridge.organisation_code,
        bridge.role,
        tasks.kind,
        tasks.status_class,
        tasks.due_on,
        tasks.days_to_due,
        tasks.is_completed,
        tasks.is_suspended,
        tasks.report_count
    from bridge
    inner join tasks on bridge.task_key = tasks.task_key
)

select * from responsibilities
order by responsibility_key
