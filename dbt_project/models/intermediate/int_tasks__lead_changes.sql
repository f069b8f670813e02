-- The day on which the lead of a task was first seen changed to the one it has now.
with versions as (
    select
        staged.source || '/' || staged.task_code as task_key,
        coalesce(staged.lead_text, '') as lead_text,
        min(known.first_sighted_on) as first_seen_on
    from {{ ref('stg_tasks') }} as staged
    inner join {{ ref('int_deliveries__known') }} as known
        on staged.delivery_id = known.delivery_id and known.dataset = 'tasks'
    where
        staged.source || '/' || staged.task_code in (
            select changed.task_key from {{ ref('int_tasks__versions') }} as changed
            where changed.version_no > 1
        )
    group by all
),

changes as (
    select
        tasks.task_key,
        max(versions.first_seen_on) filter (where versions.lead_text = coalesce(tasks.lead_text, '')) as changed_on
    from versions
    inner join {{ ref('int_tasks__led') }} as tasks on versions.task_key = tasks.task_key
    group by tasks.task_key
    having count(*) > 1
)

select * from changes
