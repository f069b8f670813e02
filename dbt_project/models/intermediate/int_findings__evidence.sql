-- Completions that nothing proves, and numbers that prove more than one.
with tasks as (
    select task_key, source, parent_task_code, {{ normalised('title') }} as title_key
    from {{ ref('int_tasks__dated') }}
    where not is_closed
),

status as (
    select task_key from {{ ref('int_tasks__status') }} where completed_on is not null
),

-- Reports since the task was last said to be open.
completing as (
    select
        reports.*,
        tasks.source || '/' || tasks.parent_task_code as parent_task_key,
        tasks.title_key
    from {{ ref('int_reports__compared') }} as reports
    inner join tasks on reports.task_key = tasks.task_key
    inner join status on reports.task_key = status.task_key
    where reports.said = 'completed'
    qualify reports.opens_so_far = max(reports.opens_so_far) over (partition by reports.task_key)
),

unproved as (
    select
        task_key,
        arg_max(reported_on, report_no) as happened_on,
        arg_max(first_sighted_on, report_no) as known_on,
        arg_max(delivery_id, report_no) as delivery_id,
        arg_max(part, report_no) as part,
        arg_max(line, report_no) as line
    from completing
    group by task_key
    having not bool_or({{ is_evidence('evidence') }})
),

-- A body gives a number once a year; other bodies have the same number for other documents.
proved as (
    select
        *,
        reporter_code
        || '|' || coalesce(year(completed_on), year(reported_on))
        || '|' || upper(regexp_replace(nfc_normalize(evidence), '\s+', '', 'g')) as evidence_key
    from completing
    where {{ is_evidence('evidence') }} and regexp_matches(evidence, '\d')
    qualify row_number() over (partition by task_key order by report_no) = 1
),

shared as (
    select *
    from proved
    qualify count(*) over (partition by evidence_key) > 1
),

reused as (
    select
        later.task_key,
        later.reported_on as happened_on,
        later.first_sighted_on as known_on,
        later.evidence as new_value,
        later.delivery_id,
        later.part,
        later.line,
        arg_min(earlier.task_key, (earlier.reported_on, earlier.task_key)) as old_value,
        arg_min(earlier.delivery_id, (earlier.reported_on, earlier.task_key)) as earlier_delivery_id,
        arg_min(earlier.part, (earlier.reported_on, earlier.task_key)) as earlier_part,
        arg_min(earlier.line, (earlier.reported_on, earlier.task_key)) as earlier_line
    from shared as later
    inner join shared as earlier
        on later.evidence_key = earlier.evidence_key and later.task_key != earlier.task_key
    where
        later.title_key != earlier.title_key
        and coalesce(later.parent_task_key != earlier.task_key, true)
        and coalesce(earlier.parent_task_key != later.task_key, true)
    group by all
),

findings as (
    select
        'completed_without_evidence' as finding,
        task_key,
        happened_on,
        known_on,
        cast(null as varchar) as old_value,
        cast(null as varchar) as new_value,
        delivery_id,
        part,
        line,
        cast(null as varchar) as earlier_delivery_id,
        cast(null as varchar) as earlier_part,
        cast(null as bigint) as earlier_line
    from unproved
    union all by name
    select
        'evidence_reused' as finding,
        *
    from reused
)

select * from findings
