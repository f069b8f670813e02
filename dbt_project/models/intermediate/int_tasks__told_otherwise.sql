-- depends_on: {{ ref('int_tasks__touched') }}
-- The same as int_tasks__told_in_order of the other tasks: whose reports were corrected, taken back or
-- contradicted, or came late. All that was known is weighed again for every day on which it changed.
with reports as (
    select versions.*
    from {{ ref('int_reports__versions') }} as versions
    inner join {{ ref('int_reports__orders') }} as orders on versions.task_key = orders.task_key
    where not orders.is_in_order and {{ is_among_touched('versions.') }}
),

placed as (
    select task_key, known_on, lead_code from {{ ref('int_tasks__placed') }}
),

looked_at as (
    select
        placed.task_key,
        placed.known_on as state_on,
        placed.lead_code,
        reports.* exclude (task_key),
        reports.until_on > placed.known_on as is_in_force,
        coalesce(reports.first_full_on <= placed.known_on, false) as had_full
    from placed
    inner join reports on placed.task_key = reports.task_key and placed.known_on >= reports.known_on
),

-- Of the versions of a report the one that stood on that day (newest_first, asked of any day).
standing as (
    select *
    from looked_at
    qualify row_number() over (
            partition by task_key, state_on, source, reported_on
            order by
                is_in_force desc,
                case when had_full then from_on end desc nulls last,
                case when had_full then known_at end desc nulls last,
                coalesce(updated_at, cast(from_on as timestamp) at time zone 'UTC') desc,
                from_on desc, known_at desc, delivery_id desc, record desc
        ) = 1
),

weighed as (
    select
        *,
        {{ counts_of('reporter_code = lead_code', 'task_key, state_on') }} as counts,
        row_number() over (
            partition by task_key, state_on
            order by
                reported_on, reporter_code = lead_code nulls first, updated_at nulls first, from_on, known_at, source
        ) as report_no
    from standing
),

{{ completions('weighed', ['task_key', 'state_on']) }},

extensions as (
    select
        task_key,
        state_on,
        max(extension_to) as extended_to,
        arg_max(delivery_id, (extension_to, report_no)) as delivery_id,
        arg_max(line, (extension_to, report_no)) as line
    from weighed
    where is_in_force and approval_state = 'approved' and extension_to is not null
    group by task_key, state_on
),

latest as (
    select
        task_key,
        state_on,
        max(known_at) filter (where known_on = state_on) as reported_at,
        arg_max(delivery_id, report_no) filter (where counts) as delivery_id,
        arg_max(line, report_no) filter (where counts) as line,
        arg_max(reported_on, report_no) filter (where counts) as reported_on
    from weighed
    group by task_key, state_on
),

told as (
    select
        latest.task_key,
        latest.state_on as known_on,
        latest.reported_at,
        latest.delivery_id as last_delivery_id,
        latest.line as last_line,
        latest.reported_on as last_reported_on,
        completions.completed_on,
        completions.completed_delivery_id,
        completions.completed_line,
        extensions.extended_to,
        extensions.delivery_id as extension_delivery_id,
        extensions.line as extension_line
    from latest
    left join completions on latest.task_key = completions.task_key and latest.state_on = completions.state_on
    left join extensions on latest.task_key = extensions.task_key and latest.state_on = extensions.state_on
)

select * from told
