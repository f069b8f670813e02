{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_told('int_reports__told') }}"
) }}
-- depends_on: {{ ref('int_reports__told') }}
-- Whether a task is told in order, and where its reports ended: what the next build goes on from.
with rows_told as (
    {{ rows_told(ref('int_reports__versions'), ref('int_reports__told'), 'known_on') }}
),

added as (
    {{ told_in_order('rows_told') }}
),

leads as (
    select task_key, lead_code from {{ ref('int_tasks__led') }}
),

orders as (
    select
        added.task_key,
        leads.lead_code,
        added.is_in_order,
        coalesce(told.reports_before, 0) + added.report_count as report_count,
        added.last_reported_on,
        added.last_known_on,
        added.reporter_code
    from added
    left join leads on added.task_key = leads.task_key
    left join {{ ref('int_reports__told') }} as told on added.task_key = told.task_key
)

select * from orders
