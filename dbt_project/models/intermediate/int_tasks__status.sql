-- DESIGN 5.1 and 5.5, from the reports that count.
with reports as (
    select * from {{ ref('int_progress__known') }}
),

reopened as (
    select task_key, coalesce(max(report_no) filter (where counts and said = 'open'), 0) as last_open_no
    from reports
    group by task_key
),

completing as (
    select reports.task_key, min(reports.report_no) as first_completed_no
    from reports
    inner join reopened on reports.task_key = reopened.task_key
    where reports.counts and reports.said = 'completed' and reports.report_no > reopened.last_open_no
    group by reports.task_key
),

-- A full export that keeps only the newest report must not move a completion to a later day: the
-- unbroken run of completed reports before it counts for the date, though no longer in force.
breaks as (
    select
        completing.task_key,
        coalesce(max(reports.report_no) filter (
            where reports.said = 'open' and reports.report_no < completing.first_completed_no
        ), 0) as break_no
    from completing
    inner join reports on completing.task_key = reports.task_key
    group by completing.task_key
),

completions as (
    select
        reports.task_key,
        coalesce(
            arg_max(reports.completed_on, reports.report_no) filter (where reports.completed_on <= reports.reported_on),
            min(reports.reported_on)
        ) as completed_on
    from reports
    inner join breaks on reports.task_key = breaks.task_key and reports.report_no > breaks.break_no
    where reports.said = 'completed'
    group by reports.task_key
),

latest as (
    select
        task_key,
        max(reported_on) as last_reported_on,
        count(*) as report_count,
        arg_max(percent_complete, report_no) as percent_complete,
        arg_max(status_reported, report_no) as status_reported,
        arg_max(delivery_id, report_no) as last_delivery_id,
        arg_max(line, report_no) as last_line
    from reports
    where counts
    group by task_key
),

status as (
    select
        latest.*,
        completions.completed_on
    from latest
    left join completions on latest.task_key = completions.task_key
)

select * from status
