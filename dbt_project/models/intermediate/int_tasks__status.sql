{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_touched() }}") }}
-- depends_on: {{ ref('int_tasks__touched') }}
-- DESIGN 5.1 and 5.5, from the reports that count.
with reports as (
    select * from {{ ref('int_progress__known') }}
    where {{ is_among_touched() }}
),

{{ completions('reports', ['task_key']) }},

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
