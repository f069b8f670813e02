-- A deadline moved after it had passed. Seen in two ways: an approved extension that was first asked
-- for after the old deadline, and a task list that still showed the old deadline after it had
-- passed and a later one afterwards. When we first looked is never held against anybody.
with known as (
    select * from {{ ref('int_deliveries__known') }} where dataset = 'tasks'
),

deadlines as (
    select * from {{ ref('int_deadlines__parsed') }}
),

extensions as (
    select
        task_key,
        extension_to as due_on,
        min(reported_on) as happened_on,
        min(first_sighted_on) as known_on,
        arg_min(delivery_id, report_no) as delivery_id,
        arg_min(part, report_no) as part,
        arg_min(line, report_no) as line
    from {{ ref('int_progress__known') }}
    where is_in_force and extension_to is not null
    group by all
    having bool_or(approval_state = 'approved')
),

-- What was never printed otherwise nor extended has not moved.
moving as (
    select task_key from {{ ref('int_tasks__versions') }}
    where version_no > 1
    union
    select task_key from extensions
),

printed as (
    select
        staged.source || '/' || staged.task_code as task_key,
        deadlines.due_on,
        min(known.first_sighted_on) as first_seen_on,
        max(known.last_sighted_on) as last_seen_on,
        arg_min(staged.delivery_id, known.first_sighted_on) as delivery_id,
        arg_min(staged.part, known.first_sighted_on) as part,
        arg_min(staged.line, known.first_sighted_on) as line
    from {{ ref('stg_tasks') }} as staged
    inner join known on staged.delivery_id = known.delivery_id
    inner join deadlines on staged.deadline_text = deadlines.deadline_text
    where
        deadlines.due_on is not null
        and staged.source || '/' || staged.task_code in (select moving.task_key from moving)
    group by all
),

reprinted as (
    select
        task_key,
        first_seen_on as happened_on,
        first_seen_on as known_on,
        due_on,
        delivery_id,
        part,
        line,
        lag(due_on) over task as old_due_on,
        lag(last_seen_on) over task as old_seen_on,
        lag(delivery_id) over task as earlier_delivery_id,
        lag(part) over task as earlier_part,
        lag(line) over task as earlier_line
    from printed
    window task as (partition by task_key order by first_seen_on, due_on)
),

earlier_dates as (
    select task_key, due_on, cast(null as date) as since, delivery_id, part, line from printed
    union all
    select task_key, due_on, happened_on as since, delivery_id, part, line from extensions
),

extended as (
    select
        extensions.*,
        max(earlier_dates.due_on) as old_due_on,
        arg_max(earlier_dates.delivery_id, earlier_dates.due_on) as earlier_delivery_id,
        arg_max(earlier_dates.part, earlier_dates.due_on) as earlier_part,
        arg_max(earlier_dates.line, earlier_dates.due_on) as earlier_line
    from extensions
    inner join earlier_dates
        on
            extensions.task_key = earlier_dates.task_key
            and earlier_dates.due_on < extensions.due_on
            and coalesce(earlier_dates.since < extensions.happened_on, true)
    group by all
),

moves as (
    select * exclude (old_seen_on)
    from reprinted
    where old_due_on < due_on and old_seen_on > old_due_on
    union all by name
    select *
    from extended
    where happened_on > old_due_on
),

findings as (
    select
        'deadline_moved_after_due' as finding,
        moves.task_key,
        moves.happened_on,
        moves.known_on,
        cast(moves.old_due_on as varchar) as old_value,
        cast(moves.due_on as varchar) as new_value,
        moves.delivery_id,
        moves.part,
        moves.line,
        moves.earlier_delivery_id,
        moves.earlier_part,
        moves.earlier_line
    from moves
    inner join {{ ref('int_tasks__dated') }} as tasks on moves.task_key = tasks.task_key
    where not tasks.is_closed
    -- The same move told by a report and by the list is one.
    qualify row_number() over (
            partition by moves.task_key, moves.due_on order by moves.happened_on, moves.delivery_id
        ) = 1
)

select * from findings
