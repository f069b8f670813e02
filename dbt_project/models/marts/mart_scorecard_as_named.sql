-- The scorecard under the names that the documents use: history before a merger stays with the
-- predecessor here and is with the successor in mart_scorecard. A code that was another body's before
-- (15 was Yên Bái's and is Lào Cai's) has a row for each.
with tasks as (
    select * from {{ ref('fct_task_status') }}
),

named as (
    select
        task_key,
        organisation_code as current_code,
        unnest(string_split(named_keys, '; ')) as named_key
    from {{ ref('bridge_task_organisation') }}
    where role in ('lead', 'co_lead') and named_keys is not null
),

organisations as (
    select organisation_code, valid_from, kind, name, is_current
    from {{ ref('dim_organisation') }}
),

counted as (
    select
        named.named_key,
        any_value(named.current_code) as current_code,
        count(distinct tasks.task_key) as tasks,
    {% for class in status_classes() -%}
        count(distinct case when tasks.status_class = '{{ class }}' then tasks.task_key end)
            as {{ class }}{{ "," if not loop.last }}
    {% endfor %}
    from named
    inner join tasks on named.task_key = tasks.task_key
    group by named.named_key
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
