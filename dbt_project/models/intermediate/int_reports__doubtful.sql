{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_retold('int_reports__told') }}"
) }}
-- depends_on: {{ ref('int_reports__told') }}
-- Reports that, beside the one before, may be a finding: percent that fell, open again, the same text again.
with doubtful as (
    select *
    from {{ ref('int_reports__compared') }}
    where
        before_percent - percent_complete > {{ var('percent_fall_points') }}
        or (before_said = 'completed' and said = 'open')
        or times_said >= {{ var('text_repeat_times') }}
)

select * from doubtful
