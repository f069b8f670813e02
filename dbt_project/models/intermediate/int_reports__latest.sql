{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_told('int_reports__told') }}"
) }}
-- depends_on: {{ ref('int_reports__told') }}
-- The latest report of each task that counts.
with last_told as (
    select task_key, max(report_no) as report_no
    from {{ ref('int_reports__compared') }}
    group by task_key
),

latest as (
    {{ reports_beside('(compared.task_key, compared.report_no) in (from last_told)') }}
)

select * exclude (before_no) from latest
