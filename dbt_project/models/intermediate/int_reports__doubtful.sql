{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_retold('int_reports__told') }}"
) }}
-- depends_on: {{ ref('int_reports__told') }}
-- Reports that, beside the one before, may be a finding: percent that fell, open again, the same text again.
{%- set which -%}
    (
        compared.before_percent - compared.percent_complete > {{ var('percent_fall_points') }}
        or (compared.before_said = 'completed' and compared.said = 'open')
        or compared.times_said >= {{ var('text_repeat_times') }}
    )
{%- endset %}
with beside as (
    {{ reports_beside(which) }}
),

doubtful as (
    select
        beside.*,
        before.delivery_id as before_delivery_id,
        before.part as before_part,
        before.line as before_line
    from beside
    left join {{ ref('int_reports__compared') }} as before
        on beside.task_key = before.task_key and beside.place - 1 = before.place
)

select * exclude (place) from doubtful
