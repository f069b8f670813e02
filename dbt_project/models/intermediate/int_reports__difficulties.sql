{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_retold('int_reports__told') }}"
) }}
-- depends_on: {{ ref('int_reports__told') }}
-- Reports from which on a task names another difficulty than before, or none any more.
with changes as (
    select task_key, report_no, reported_on, known_on, difficulty
    from {{ ref('int_reports__compared') }}
    where not is_same_difficulty
)

select * from changes
