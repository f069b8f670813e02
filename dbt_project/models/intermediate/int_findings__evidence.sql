-- Completions that nothing proves, and numbers that prove more than one.
with tasks as (
    select task_key, source, parent_task_code, title
    from {{ ref('int_tasks__dated') }}
    where not is_closed
),

status as (
    select task_key from {{ ref('int_tasks__status') }} where completed_on is not null
),

proofs as (
    select
        proof.*,
        tasks.source || '/' || tasks.parent_task_code as parent_task_key,
        tasks.title
    from {{ ref('int_tasks__proof') }} as proof
    inner join tasks on proof.task_key = tasks.task_key
    inner join status on proof.task_key = status.task_key
),

unproved as (
    select
        task_key,
        last_report.reported_on as happened_on,
        last_report.first_sighted_on as known_on,
        last_report.delivery_id,
        last_report.part,
        last_report.line
    from proofs
    where not has_evidence
),

-- A body gives a number once a year; other bodies have the same number for other documents.
proved as (
    select
        task_key,
        parent_task_key,
        title,
        first_number.reported_on,
        first_number.first_sighted_on,
        first_number.evidence,
        first_number.delivery_id,
        first_number.part,
        first_number.line,
        first_number.reporter_code
        || '|' || coalesce(year(first_number.completed_on), year(first_number.reported_on))
        || '|' || first_number.evidence_words as evidence_key
    from proofs
    where first_number is not null
),

shared_keys as (
    select evidence_key from proved
    group by evidence_key
    having count(*) > 1
),

shared as (
    select proved.*, {{ normalised('proved.title') }} as title_key
    from proved
    semi join shared_keys on proved.evidence_key = shared_keys.evidence_key
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
