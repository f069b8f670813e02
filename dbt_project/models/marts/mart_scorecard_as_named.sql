-- The scorecard under the names that the documents use: history before a merger stays with the
-- predecessor here and is with the successor in mart_scorecard.
with tasks as (
    select * from {{ ref('fct_task_status') }}
),

named as (
    select
        task_key,
        organisation_code as current_code,
        unnest(string_split(named_codes, '; ')) as organisation_code
    from {{ ref('bridge_task_organisation') }}
    where role in ('lead', 'co_lead') and named_codes is not null
),

organisations as (
    select organisation_code, kind, name, is_current
    from {{ ref('dim_organisation') }}
    qualify row_number() over (partition by organisation_code order by is_current desc, valid_from desc) = 1
),

counted as (
    select
        named.organisation_code,
        any_value(named.current_code) as current_code,
        count(distinct tasks.task_key) as tasks,
    {% for class in status_classes() -%}
        count(distinct case when tasks.status_class = '{{ class }}' then tasks.task_key end)
            as {{ class }}{{ "," if not loop.last }}
    {% endfor %}
    from named
    inner join tasks on named.task_key = tasks.task_key
    group by named.organisation_code
),

rated as (
    select
        {{ as_of_date() }} as as_of_date,
        counted.organisation_code,
        organisations.name,
        organisations.kind,
        counted.current_code,
        coalesce(organisations.is_current, false) as is_current,
        counted.* exclude (organisation_code, current_code),
        {{ completion_rate() }} as completion_rate,
        {{ on_time_rate() }} as on_time_rate,
        {{ overdue_rate() }} as overdue_rate,
        {{ due_completion_rate() }} as due_completion_rate
    from counted
    left join organisations on counted.organisation_code = organisations.organisation_code
)

select * from rated
order by organisation_code
