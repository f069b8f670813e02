-- When a task stood in what its source said. A row that was refused is not gone while the delivery
-- that holds it is in force: its last good version is held (int_tasks__known).
-- depends_on: {{ ref('int_sources__relisted') }}
with sighted as (
    select * from {{ ref('int_deliveries__sighted') }} where dataset = 'tasks'
),

told as (
    select
        staged.source,
        staged.task_code,
        sighted.from_on,
        sighted.seen_at,
        sighted.until_on,
        staged.delivery_id,
        staged.line,
        true as is_told
    from ({{ lists_told(ref('stg_tasks')) }}) as staged
    inner join sighted on staged.delivery_id = sighted.delivery_id
),

refused as (
    select
        rejects.source,
        rejects.record_key,
        rejects.raw,
        rejects.delivery_id,
        rejects.line,
        sighted.from_on,
        sighted.seen_at,
        sighted.until_on
    from ({{ lists_told(ref('int_rejects__known')) }}) as rejects
    inner join sighted on rejects.delivery_id = sighted.delivery_id
    where rejects.dataset = 'tasks'
),

tasks as (
    select source, task_code, min(from_on) as first_on
    from told
    group by all
),

held as (
    select
        tasks.source, tasks.task_code, refused.from_on, refused.seen_at, refused.until_on,
        refused.delivery_id, refused.line, false as is_told
    from tasks
    inner join refused on tasks.source = refused.source and tasks.task_code = refused.record_key
    where refused.from_on >= tasks.first_on
    union
    select
        tasks.source, tasks.task_code, refused.from_on, refused.seen_at, refused.until_on,
        refused.delivery_id, refused.line, false as is_told
    from tasks
    inner join refused on tasks.source = refused.source and contains(refused.raw, tasks.task_code)
    where refused.from_on >= tasks.first_on
),

spans as (
    select * from told
    union all
    select * from held
),

marked as (
    select
        *,
        coalesce(
            from_on > max(until_on) over (
                partition by source, task_code order by from_on, is_told desc, seen_at, delivery_id
                rows between unbounded preceding and 1 preceding
            ), true
        ) as is_start
    from spans
),

numbered as (
    select
        *,
        sum(cast(is_start as integer)) over (
            partition by source, task_code order by from_on, is_told desc, seen_at, delivery_id
            rows between unbounded preceding and current row
        ) as stretch_no
    from marked
),

stretches as (
    select
        source || '/' || task_code as task_key,
        source,
        min(from_on) as from_on,
        arg_min(seen_at, (from_on, seen_at)) as seen_at,
        max(until_on) as until_on,
        arg_min(delivery_id, (from_on, seen_at)) as first_delivery_id,
        arg_min(line, (from_on, seen_at)) as first_line,
        arg_max(delivery_id, (from_on, seen_at)) as last_delivery_id,
        arg_max(line, (from_on, seen_at)) as last_line
    from numbered
    group by source, task_code, stretch_no
)

select * from stretches
