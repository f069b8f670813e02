{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_told('int_reports__told') }}"
) }}
-- depends_on: {{ ref('int_reports__told') }}
-- The latest report of each task that counts.
with rows_told as (
    {{ rows_told(ref('int_reports__compared'), ref('int_reports__told'), 'known_on') }}
),

last_nos as (
    select task_key, max(report_no) as report_no
    from rows_told
    group by task_key
),

latest as (
    select rows_told.*
    from rows_told
    semi join last_nos on rows_told.task_key = last_nos.task_key and rows_told.report_no = last_nos.report_no
)

select * from latest
