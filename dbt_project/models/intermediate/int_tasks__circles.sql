-- Tasks that are their own ancestors. Only a task that has a parent and is one can be.
with recursive tasks as (
    select
        task_key,
        source || '/' || parent_task_code as parent_key,
        delivery_id,
        part,
        line
    from {{ ref('int_tasks__known') }}
    where not is_closed and parent_task_code is not null
),

candidates as (
    select tasks.*
    from tasks
    where
        tasks.task_key in (select other.parent_key from tasks as other)
        and tasks.parent_key in (select other.task_key from tasks as other)
),

climbing as (
    select task_key, parent_key as ancestor_key
    from candidates
    -- `union` without `all`: a circle adds no new pair and so ends.
    union
    select climbing.task_key, candidates.parent_key
    from climbing
    inner join candidates on climbing.ancestor_key = candidates.task_key
),

circles as (
    select candidates.*
    from candidates
    inner join climbing on candidates.task_key = climbing.task_key and climbing.ancestor_key = candidates.task_key
)

select * from circles
