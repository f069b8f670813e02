{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_retold('int_reports__told') }}"
) }}
-- depends_on: {{ ref('int_reports__told') }}
-- Reports from which on a task names another difficulty than before, or none any more.
with rows_told as (
    {{ rows_told(ref('int_progress__known'), ref('int_reports__told'), 'known_on') }}
),

changes as (
    select rows_told.task_key, rows_told.report_no, rows_told.reported_on, rows_told.known_on, rows_told.difficulty
    from rows_told
    inner join {{ ref('int_reports__compared') }} as compared
        on rows_told.task_key = compared.task_key and rows_told.report_no = compared.report_no
    where rows_told.counts and not compared.is_carried and not compared.is_same_difficulty
)

select * from changes
