{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_retold('int_reports__told') }}"
) }}
-- depends_on: {{ ref('int_reports__told') }}
-- Where the reports that count turn, in their own order: done, open again, suspended, cancelled. A
-- turn and its return that became known on one morning are seen here alone.
with rows_told as not materialized (
    {{ rows_told(ref('int_progress__known'), ref('int_reports__told'), 'known_on') }}
),

-- What the last build knew last of a task that is continued.
last_told as (
    select task_key, carried_said, carried_label from {{ ref('int_reports__told') }} where is_continued
),

reports as not materialized (
    select
        task_key,
        report_no,
        reported_on,
        known_on,
        first_received_at as known_at,
        said,
        status_reported,
        coalesce(case when completed_on <= reported_on then completed_on end, reported_on) as done_on,
        delivery_id,
        part,
        line
    from rows_told
    where counts or (not is_in_force and coalesce(is_by_lead, false))
),

-- What was said before a task was first called done turns nothing.
done_since as (
    select task_key, min(report_no) as report_no
    from (
        select task_key, report_no from reports
        where said = 'completed'
        union all
        select task_key, 0 as report_no from last_told
        where carried_said = 'completed'
    )
    group by task_key
),

words as (
    select
        reports.task_key,
        reports.report_no,
        reports.said,
        lag(reports.said) over (partition by reports.task_key order by reports.report_no) as said_before
    from reports
    inner join done_since
        on reports.task_key = done_since.task_key and reports.report_no >= done_since.report_no
    where reports.said is not null
),

said_anew as (
    select words.task_key, words.report_no
    from words
    left join last_told on words.task_key = last_told.task_key
    where
        words.said != coalesce(words.said_before, last_told.carried_said)
        or (words.said = 'completed' and coalesce(words.said_before, last_told.carried_said) is null)
),

-- Few tasks are ever suspended or cancelled; of all others no label needs to be put in order.
stopped as (
    select task_key from reports
    where status_reported in ('suspended', 'cancelled')
    union
    select task_key from last_told
    where carried_label in ('suspended', 'cancelled')
),

labels as (
    select
        reports.*,
        coalesce(
            lag(reports.status_reported) over (partition by reports.task_key order by reports.report_no),
            last_told.carried_label
        ) as label_before
    from reports
    semi join stopped on reports.task_key = stopped.task_key
    left join last_told on reports.task_key = last_told.task_key
    where reports.status_reported is not null
),

turns as (
    select
        task_key,
        case when said = 'completed' then done_on else reported_on end as happened_on,
        known_on,
        known_at,
        case when said = 'completed' then 'completed' else 'reopened' end as event,
        cast(null as varchar) as old_value,
        case when said = 'completed' then cast(done_on as varchar) end as new_value,
        delivery_id,
        part,
        line
    from reports
    semi join said_anew on reports.task_key = said_anew.task_key and reports.report_no = said_anew.report_no
    union all
    select
        task_key,
        reported_on as happened_on,
        known_on,
        known_at,
        case when status_reported in ('suspended', 'cancelled') then status_reported else 'resumed' end as event,
        label_before as old_value,
        status_reported as new_value,
        delivery_id,
        part,
        line
    from labels
    where
        status_reported is distinct from label_before
        and (
            status_reported in ('suspended', 'cancelled')
            or coalesce(label_before in ('suspended', 'cancelled'), false)
        )
)

select * from turns
