-- The scorecard under the names that the documents use: history before a merger stays with the
-- predecessor here and is with the successor in mart_scorecard. A code that was another body's before
-- (15 was Yên Bái's and is Lào Cai's) has a row for each. A text that names two predecessors of one
-- body counts under the first, so that the names of a body add up to it.
with tasks as (
    select
        status.task_key,
        status.status_class,
        led.lead_text,
        led.scope_code
    from {{ ref('fct_task_status') }} as status
    inner join {{ ref('int_tasks__led') }} as led on status.task_key = led.task_key
),

roles as (
    select
        organisation_text,
        scope_code,
        organisation_code as current_code,
        first_named_key as named_key
    from {{ ref('int_organisation_texts__roles') }}
    where role_of_lead in ('lead', 'co_lead') and first_named_key is not null
),

organisations as (
    select organisation_code, valid_from, kind, name, is_current
    from {{ ref('dim_organisation') }}
),

counted as (
    select
        roles.named_key,
        any_value(roles.current_code) as current_code,
        count(*) as tasks,
    {% for class in status_classes() -%}
        count(*) filter (where tasks.status_class = '{{ class }}') as {{ class }}{{ "," if not loop.last }}
    {% endfor %}
    from tasks
    inner join roles
        on tasks.lead_text = roles.organisation_text and tasks.scope_code is not distinct from roles.scope_code
    group by roles.named_key
),

rated as (
    select
        {{ as_of_date() }} as as_of_date,
        split_part(counted.named_key, '@', 1) as organisation_code,
        cast(split_part(counted.named_key, '@', 2) as date) as valid_from,
        organisations.name,
        organisations.kind,
        counted.current_code,
        coalesce(organisations.is_current, false) as is_current,
        counted.* exclude (named_key, current_code),
        {{ completion_rate() }} as completion_rate,
        {{ on_time_rate() }} as on_time_rate,
        {{ overdue_rate() }} as overdue_rate,
        {{ due_completion_rate() }} as due_completion_rate
    from counted
    left join organisations
        on counted.named_key = organisations.organisation_code || '@' || organisations.valid_from
)

select * from rated
order by organisation_code, valid_from
