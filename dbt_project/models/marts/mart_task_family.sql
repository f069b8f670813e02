-- A parent's class comes from its own dates (DESIGN 5.1); its children's stand beside it and never
-- make it. The relation within a circle is not used.
with recursive tasks as (
    select task_key, lead_code, status_class, due_on, is_completed, is_cancelled from {{ ref('fct_task_status') }}
),

children as (
    select described.task_key, described.source || '/' || described.parent_task_code as parent_key
    from {{ ref('dim_task') }} as described
    where
        described.parent_task_code is not null
        and described.task_key not in (select circles.task_key from {{ ref('int_tasks__circles') }} as circles)
),

edges as (
    select children.task_key, children.parent_key
    from children
    inner join tasks on children.task_key = tasks.task_key
    inner join tasks as parents on children.parent_key = parents.task_key
),

under as (
    select parent_key as ancestor_key, task_key, 1 as steps from edges
    union all
    select edges.parent_key as ancestor_key, under.task_key, under.steps + 1 as steps
    from under
    inner join edges on under.ancestor_key = edges.task_key
),

counted as (
    select
        under.ancestor_key as task_key,
        count(*) filter (where under.steps = 1) as children,
        {% for class in status_classes() -%}
            count(*) filter (where under.steps = 1 and tasks.status_class = '{{ class }}') as children_{{ class }},
        {% endfor -%}
        count(*) filter (where under.steps = 1 and tasks.is_cancelled) as children_cancelled,
        max(tasks.due_on) filter (where under.steps = 1) as latest_child_due_on,
        bool_or(not tasks.is_completed and not tasks.is_cancelled) filter (where under.steps = 1) as has_open_child,
        count(*) as tasks_under,
        count(*) filter (where tasks.is_completed) as tasks_under_completed,
        count(*) filter (where tasks.status_class = 'open_overdue') as tasks_under_overdue,
        max(under.steps) as height
    from under
    inner join tasks on under.task_key = tasks.task_key
    group by under.ancestor_key
),

families as (
    select
        {{ as_of_date() }} as as_of_date,
        counted.task_key,
        tasks.lead_code,
        tasks.status_class,
        tasks.due_on,
        counted.children,
        {% for class in status_classes() -%}
            counted.children_{{ class }},
        {% endfor -%}
        counted.children_cancelled,
        {{ share(
            '(counted.children_completed_on_time + counted.children_completed_late + counted.children_completed_undated)',
            'counted.children'
        ) }} as children_completion_rate,
        counted.latest_child_due_on,
        tasks.is_completed and counted.has_open_child as is_done_before_children,
        not tasks.is_completed and not counted.has_open_child as is_open_after_children,
        coalesce(counted.latest_child_due_on > tasks.due_on, false) as is_child_due_later,
        counted.tasks_under,
        counted.tasks_under_completed,
        counted.tasks_under_overdue,
        counted.height
    from counted
    inner join tasks on counted.task_key = tasks.task_key
)

select * from families
order by task_key
