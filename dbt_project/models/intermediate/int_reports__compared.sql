{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_touched() }}") }}
-- depends_on: {{ ref('int_tasks__touched') }}
-- Each report that counts beside the one before it on the same task.
with reports as (
    select * from {{ ref('int_progress__known') }}
    where counts and {{ is_among_touched() }}
),

worded as (
    select
        task_key,
        report_no,
        source,
        reporter_code,
        reported_on,
        first_sighted_on,
        said,
        percent_complete,
        status_reported,
        completed_on,
        evidence,
        result,
        difficulty,
        proposal,
        delivery_id,
        part,
        line,
        {{ report_words('result') }} as result_words
    from reports
),

beside as (
    select
        *,
        lag(reported_on) over task as before_on,
        lag(said) over task as before_said,
        lag(percent_complete) over task as before_percent,
        lag(delivery_id) over task as before_delivery_id,
        lag(part) over task as before_part,
        lag(line) over task as before_line,
        row_number() over (partition by task_key order by report_no desc) = 1 as is_latest,
        coalesce(result_words = lag(result_words) over task and result_words != '', false) as is_same_text
    from worded
    window task as (partition by task_key order by report_no)
),

numbered as (
    select
        *,
        count(*) filter (where not is_same_text) over (partition by task_key order by report_no) as text_no,
        count(*) filter (where said = 'open') over (partition by task_key order by report_no) as opens_so_far
    from beside
),

compared as (
    select
        *,
        row_number() over (partition by task_key, text_no order by report_no) as times_said,
        first_value(reported_on) over same_text as text_since,
        first_value(delivery_id) over same_text as text_delivery_id,
        first_value(part) over same_text as text_part,
        first_value(line) over same_text as text_line
    from numbered
    window same_text as (partition by task_key, text_no order by report_no)
)

select * from compared
