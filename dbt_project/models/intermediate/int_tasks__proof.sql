{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='task_key',
    pre_hook="{{ take_out_retold('int_reports__told') }}"
) }}
-- depends_on: {{ ref('int_reports__told') }}
-- What proves that a task is done: of the reports that call it done since it was last said to be open
-- the latest, and the first that gives a number. Of a continued task the reports so far count too.
with completing as (
    select
        *,
        {{ is_evidence('evidence') }} as is_evidence,
        {{ is_evidence('evidence') }} and regexp_matches(evidence, '\d') as is_number
    from {{ ref('int_reports__compared') }}
    where said = 'completed'
    qualify opens_so_far = max(opens_so_far) over (partition by task_key)
),

added as (
    select
        task_key,
        max(opens_so_far) as run_no,
        bool_or(is_evidence) as has_evidence,
        arg_max(
            struct_pack(reported_on, first_sighted_on, delivery_id, part, line), report_no
        ) as last_report,
        arg_min(
            struct_pack(reported_on, first_sighted_on, delivery_id, part, line, reporter_code, completed_on, evidence),
            report_no
        ) filter (where is_number) as first_number
    from completing
    group by task_key
)

{% if is_incremental() -%}
    select
        added.task_key,
        added.run_no,
        added.has_evidence or coalesce(carried.has_evidence, false) as has_evidence,
        added.last_report,
        coalesce(carried.first_number, added.first_number) as first_number
    from added
    left join {{ this }} as carried on added.task_key = carried.task_key and added.run_no = carried.run_no
{%- else -%}
    select * from added
{%- endif %}
