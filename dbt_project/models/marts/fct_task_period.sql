-- A recurring task has no deadline; it has periods, and in each of them something is to be told.
with tasks as (
    select
        described.task_key, described.source, described.lead_code, described.deadline_text,
        coalesce(described.assigned_on, described.first_sighted_on) as begins_on
    from {{ ref('dim_task') }} as described
    where not described.is_closed and described.deadline_kind in ('recurring', 'open_ended')
),

rhythms as (
    select
        tasks.*,
        coalesce(deadlines.recurs_every, '{{ var("recurs_every") }}') as recurs_every,
        deadlines.recurs_every is not null as is_rhythm_stated
    from tasks
    inner join {{ ref('int_deadlines__parsed') }} as deadlines on tasks.deadline_text = deadlines.deadline_text
),

begun as (
    select
        *,
        greatest(begins_on, {{ as_of_date() }} - {{ var('recurring_days') }}) as looked_from,
        case recurs_every
            when 'day' then interval 1 day
            when 'week' then interval 7 days
            when 'month' then interval 1 month
            when 'quarter' then interval 3 months
            when 'half_year' then interval 6 months
            else interval 1 year
        end as step
    from rhythms
),

started as (
    select
        begun.* exclude (looked_from),
        unnest(generate_series(
            case recurs_every
                when 'day' then cast(looked_from as timestamp)
                when 'week' then date_trunc('week', cast(looked_from as timestamp))
                when 'month' then date_trunc('month', cast(looked_from as timestamp))
                when 'quarter' then date_trunc('quarter', cast(looked_from as timestamp))
                when 'half_year'
                    then date_trunc('year', cast(looked_from as timestamp))
                        + if(month(looked_from) > 6, interval 6 months, interval 0 months)
                else date_trunc('year', cast(looked_from as timestamp))
            end,
            cast({{ as_of_date() }} as timestamp),
            step
        )) as starts_at
    from begun
),

periods as (
    select
        * exclude (starts_at, step),
        cast(starts_at as date) as starts_on,
        cast(starts_at + step - interval 1 day as date) as ends_on,
        case recurs_every
            when 'day' then strftime(starts_at, '%Y%m%d')
            when 'week' then strftime(starts_at, '%GW%V')
            when 'month' then strftime(starts_at, '%Y%m')
            when 'quarter' then concat(year(starts_at), quarter(starts_at))
            when 'half_year' then concat(year(starts_at), 'H', if(month(starts_at) > 6, 2, 1))
            else cast(year(starts_at) as varchar)
        end as period
    from started
),

reports as (
    select known.*
    from {{ ref('int_progress__known') }} as known
    where known.counts and known.task_key in (select tasks.task_key from tasks)
),

told as (
    select
        periods.task_key,
        periods.starts_on,
        count(*) as report_count,
        max(reports.reported_on) as last_reported_on,
        bool_or(reports.result is not null or reports.evidence is not null) as has_result,
        bool_or(reports.said = 'completed') as is_said_done,
        arg_max(reports.percent_complete, reports.report_no) as percent_complete,
        arg_max(reports.delivery_id, reports.report_no) as delivery_id,
        arg_max(reports.part, reports.report_no) as part,
        arg_max(reports.line, reports.report_no) as line
    from periods
    inner join reports
        on
            periods.task_key = reports.task_key
            and reports.reported_on between periods.starts_on and periods.ends_on
    group by periods.task_key, periods.starts_on
),

described as (
    select
        {{ as_of_date() }} as as_of_date,
        periods.task_key || '|' || periods.period as task_period_key,
        periods.task_key,
        periods.lead_code,
        periods.recurs_every,
        periods.is_rhythm_stated,
        periods.period,
        periods.starts_on,
        periods.ends_on,
        case
            when told.report_count is not null then 'reported'
            when periods.ends_on >= {{ as_of_date() }} then 'running'
            -- Nobody owes a report of a period that had begun before the task was given.
            when periods.begins_on > periods.starts_on then 'begun_within'
            else 'missing'
        end as state,
        coalesce(told.report_count, 0) as report_count,
        coalesce(told.has_result, false) as has_result,
        coalesce(told.is_said_done, false) as is_said_done,
        told.last_reported_on,
        told.percent_complete,
        told.delivery_id,
        told.part,
        told.line
    from periods
    left join told on periods.task_key = told.task_key and periods.starts_on = told.starts_on
)

select * from described
order by task_key, starts_on
