{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='task_key',
    pre_hook="{{ take_out_retold('int_reports__told') }}"
) }}
-- depends_on: {{ ref('int_reports__told') }}
-- What proves that a task is done: of the reports that call it done since it was last said to be open
-- the latest, and the first that gives a number. Of a continued task the reports so far count too.
with rows_told as not materialized (
    {{ rows_told(ref('int_progress__known'), ref('int_reports__told'), 'known_on') }}
),

latest_runs as (
    select task_key, max(opens_so_far) as opens_so_far
    from {{ ref('int_reports__compared') }}
    where said = 'completed' and not is_carried
    group by task_key
),

completing as (
    select
        compared.task_key,
        compared.report_no,
        compared.opens_so_far,
        {{ is_evidence('rows_told.evidence') }} as is_evidence,
        {{ is_evidence('rows_told.evidence') }} and regexp_matches(rows_told.evidence, '\d') as is_number
    from {{ ref('int_reports__compared') }} as compared
    inner join latest_runs
        on compared.task_key = latest_runs.task_key and compared.opens_so_far = latest_runs.opens_so_far
    inner join rows_told
        on compared.task_key = rows_told.task_key and compared.report_no = rows_told.report_no
    where rows_told.counts and rows_told.said = 'completed' and not compared.is_carried
),

runs as (
    select
        task_key,
        max(opens_so_far) as run_no,
        bool_or(is_evidence) as has_evidence,
        max(report_no) as last_no,
        min(report_no) filter (where is_number) as first_no
    from completing
    group by task_key
),

last_reports as (
    select
        task_key,
        struct_pack(reported_on, first_sighted_on, delivery_id, part, line) as last_report
    from rows_told
    where counts and (task_key, report_no) in (select runs.task_key, runs.last_no from runs)
),

numbered as (
    select *, upper(regexp_replace(nfc_normalize(evidence), '\s+', '', 'g')) as evidence_words
    from rows_told
    where counts and (task_key, report_no) in (select runs.task_key, runs.first_no from runs)
),

first_numbers as (
    select
        task_key,
        struct_pack(
            reported_on, first_sighted_on, delivery_id, part, line, reporter_code, completed_on, evidence,
            evidence_words
        ) as first_number
    from numbered
),

added as (
    select runs.task_key, runs.run_no, runs.has_evidence, last_reports.last_report, first_numbers.first_number
    from runs
    inner join last_reports on runs.task_key = last_reports.task_key
    left join first_numbers on runs.task_key = first_numbers.task_key
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
