{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_lists_told() }}"
) }}
-- depends_on: {{ ref('int_sources__relisted') }}, {{ ref('int_tasks__relisted') }}
-- When a task stood in what its source said: what int_tasks__present_anew tells, kept of all sources.
select * from {{ ref('int_tasks__present_anew') }}
