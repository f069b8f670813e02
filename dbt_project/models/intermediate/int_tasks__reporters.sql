{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_retold('int_reports__told') }}"
) }}
-- depends_on: {{ ref('int_reports__told') }}
-- Who ever reported on a task.
with rows_told as (
    {{ rows_told(ref('int_progress__known'), ref('int_reports__told'), 'known_on') }}
),

reporters as (
    select distinct task_key, source from rows_told
)

select reporters.*
from reporters
{% if is_incremental() -%}
    anti join {{ this }} as carried on reporters.task_key = carried.task_key and reporters.source = carried.source
{%- endif %}
