{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_told('int_reports__told') }}"
) }}
-- depends_on: {{ ref('int_reports__told') }}
-- The latest report of each task that counts.
with last_nos as (
    select task_key, max(report_no) as report_no
    from {{ ref('int_reports__compared') }}
    group by task_key
),

latest as (
    select compared.*
    from {{ ref('int_reports__compared') }} as compared
    semi join last_nos on compared.task_key = last_nos.task_key and compared.report_no = last_nos.report_no
)

select * from latest
