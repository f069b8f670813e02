-- What contradicts itself across rows and dates, where each row for itself is in order: what it is,
-- what was made of it, and where it stands.
with organisations as (
    select organisation_code, valid_from, coalesce(valid_to, date '9999-12-31') as last_day
    from {{ ref('dim_organisation') }}
),

tasks as (
    select * from {{ ref('dim_task') }}
    where not is_closed
),

task_circles as (
    select
        'task_circle' as problem,
        task_key as subject,
        parent_key as detail,
        delivery_id,
        part,
        line
    from {{ ref('int_tasks__circles') }}
),

document_circles as (
    select
        'document_circle' as problem,
        document_code as subject,
        parent_document_code as detail,
        delivery_id,
        cast(null as varchar) as part,
        line
    from {{ ref('dim_document') }}
    where chain_state = 'circle'
),

deadlines_before as (
    select
        'deadline_before_assignment' as problem,
        task_key as subject,
        concat_ws(' < ', coalesce(first_due_on, due_on), assigned_on) as detail,
        delivery_id,
        part,
        line
    from tasks
    where coalesce(first_due_on, due_on) < assigned_on
),

future_completions as (
    select
        'completion_in_future' as problem,
        task_key as subject,
        concat_ws(' > ', completed_on, reported_on) as detail,
        delivery_id,
        part,
        line
    from {{ ref('int_reports__latest') }}
    where completed_on > reported_on
),

-- A body named after it had ended, not one that ended later.
dissolved_leads as (
    select
        'lead_dissolved' as problem,
        tasks.task_key as subject,
        concat_ws(' → ', tasks.lead_named_code, tasks.lead_code) as detail,
        tasks.delivery_id,
        tasks.part,
        tasks.line
    from tasks
    inner join organisations
        on
            tasks.lead_named_code = organisations.organisation_code
            and tasks.lead_named_from = organisations.valid_from
    left join {{ ref('int_tasks__lead_changes') }} as changes on tasks.task_key = changes.task_key
    where organisations.last_day < coalesce(changes.changed_on, tasks.assigned_on)
),

shared_codes as (
    select
        task_code,
        document_code,
        string_agg(task_key, '; ' order by task_key) as detail
    from tasks
    where document_code is not null
    group by task_code, document_code
    having count(distinct source) > 1
),

codes_twice as (
    select
        'task_code_twice' as problem,
        tasks.task_key as subject,
        shared_codes.detail,
        tasks.delivery_id,
        tasks.part,
        tasks.line
    from tasks
    inner join shared_codes
        on tasks.task_code = shared_codes.task_code and tasks.document_code = shared_codes.document_code
),

ended_bodies as (
    select
        'body_ended' as problem,
        concat_ws('|', targeted.indicator_code, targeted.organisation_text, targeted.period) as subject,
        concat_ws(' → ', targeted.named_code, targeted.found_code) as detail,
        targeted.delivery_id,
        targeted.part,
        targeted.line
    from {{ ref('int_indicator_values__targeted') }} as targeted
    inner join organisations
        on
            targeted.named_code = organisations.organisation_code
            and targeted.named_from = organisations.valid_from
    where organisations.last_day < targeted.period_end_on
),

feedback_to_ended as (
    select
        'feedback_to_ended_body' as problem,
        feedback.feedback_key as subject,
        concat_ws(' → ', feedback.named_code, feedback.organisation_code) as detail,
        feedback.delivery_id,
        cast(null as varchar) as part,
        feedback.line
    from {{ ref('fct_feedback') }} as feedback
    inner join organisations
        on
            feedback.named_code = organisations.organisation_code
            and feedback.named_from = organisations.valid_from
    where organisations.last_day < feedback.received_on
),

changed_units as (
    select
        finding as problem,
        indicator_code as subject,
        concat_ws(' → ', old_value, new_value) as detail,
        delivery_id,
        part,
        line
    from {{ ref('mart_finding') }}
    where finding = 'unit_changed'
),

-- A comma read for a dot, or a dot for a comma, moves a value by two or three places.
beside as (
    select
        indicator_code,
        organisation_code,
        period,
        value,
        lag(value) over (partition by indicator_code, organisation_code order by period_end_on) as value_before,
        delivery_id,
        line
    from {{ ref('int_indicator_series') }}
    where delivery_id is not null
),

magnitudes as (
    select
        'magnitude_jump' as problem,
        concat_ws('|', indicator_code, organisation_code, period) as subject,
        concat_ws(' → ', value_before, value) as detail,
        delivery_id,
        cast(null as varchar) as part,
        line
    from beside
    where
        value * value_before > 0
        and greatest(value / value_before, value_before / value) >= {{ var('magnitude_jump') }}
),

problems as (
    select * from task_circles
    union all
    select * from document_circles
    union all
    select * from deadlines_before
    union all
    select * from future_completions
    union all
    select * from dissolved_leads
    union all
    select * from codes_twice
    union all
    select * from ended_bodies
    union all
    select * from feedback_to_ended
    union all
    select * from changed_units
    union all
    select * from magnitudes
),

kinds as (
    select * from {{ ref('input_problem_kinds') }}
),

described as (
    select
        {{ as_of_date() }} as as_of_date,
        md5(concat_ws('|', problems.problem, problems.subject, problems.delivery_id, problems.line)) as problem_id,
        problems.problem,
        problems.subject,
        problems.detail,
        kinds.title_vi,
        kinds.title_en,
        kinds.outcome_vi,
        kinds.outcome_en,
        problems.delivery_id,
        problems.part,
        problems.line
    from problems
    inner join kinds on problems.problem = kinds.problem
)

select * from described
order by problem, subject, problem_id
