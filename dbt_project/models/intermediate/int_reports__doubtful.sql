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

told as (
    select known.task_key, known.report_no, known.delivery_id, known.part, known.line
    from ({{ rows_told(ref('int_progress__known'), ref('int_reports__told'), 'known_on') }}) as known
    semi join beside on known.task_key = beside.task_key and known.report_no = beside.before_no
    where known.counts
    union all
    select task_key, report_no, delivery_id, part, line from {{ ref('int_reports__carried') }}
),

doubtful as (
    select
        beside.* exclude (before_no),
        before.delivery_id as before_delivery_id,
        before.part as before_part,
        before.line as before_line
    from beside
    left join told as before on beside.task_key = before.task_key and beside.before_no = before.report_no
)

select * from doubtful
