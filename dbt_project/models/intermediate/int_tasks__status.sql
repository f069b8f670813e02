{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_told('int_reports__told') }}"
) }}
-- depends_on: {{ ref('int_reports__told') }}
-- DESIGN 5.1 and 5.5, from the reports that count.
with rows_told as (
    {{ rows_told(ref('int_progress__known'), ref('int_reports__told'), 'known_on') }}
),

in_order as (
    select task_key from {{ ref('int_reports__orders') }} where is_in_order
),

reports as (
    select * from rows_told
    anti join in_order on rows_told.task_key = in_order.task_key
),

{{ completions('reports', ['task_key']) }},

-- Of tasks told in order their end was followed as they went on.
followed as (
    select ordered.task_key, ordered.completed_on
    from {{ ref('int_tasks__told_in_order') }} as ordered
    {% if var('resumed_from') -%}
        semi join {{ ref('int_reports__told') }} as told on ordered.task_key = told.task_key
    {%- endif %}
    qualify row_number() over (partition by ordered.task_key order by ordered.known_on desc) = 1
),

ended as (
    select task_key, completed_on from completions
    union all
    select task_key, completed_on from followed
),

latest as (
    select
        task_key,
        max(reported_on) as last_reported_on,
        count(*) as report_count,
        arg_max(percent_complete, report_no) as percent_complete,
        arg_max(status_reported, report_no) as status_reported,
        arg_max(said, report_no) as last_said,
        arg_max(delivery_id, report_no) as last_delivery_id,
        arg_max(line, report_no) as last_line
    from rows_told
    where counts
    group by task_key
),

-- What a continued task said before and does not say again still holds.
status as (
    select
        latest.task_key,
        latest.last_reported_on,
        coalesce(told.reports_before, 0) + latest.report_count as report_count,
        coalesce(latest.percent_complete, told.carried_percent) as percent_complete,
        coalesce(latest.status_reported, told.carried_label) as status_reported,
        coalesce(latest.last_said, told.carried_said) as last_said,
        latest.last_delivery_id,
        coalesce(latest.last_line, told.carried_line) as last_line,
        ended.completed_on
    from latest
    left join {{ ref('int_reports__told') }} as told on latest.task_key = told.task_key
    left join ended on latest.task_key = ended.task_key
)

select * from status
