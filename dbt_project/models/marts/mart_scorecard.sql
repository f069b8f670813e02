with tasks as (
    select * from {{ ref('fct_task_status') }}
),

bridge as (
    select task_key, organisation_code
    from {{ ref('bridge_task_organisation') }}
    where role in ('lead', 'co_lead')
),

organisations as (
    select organisation_code, kind, is_current
    from {{ ref('dim_organisation') }}
    -- A body named before its first day or after its last has its row too, or its tasks were lost.
    qualify row_number() over (partition by organisation_code order by is_current desc, valid_from desc) = 1
),

-- The nation counts a task once; every lead and co-lead sees it in its own row.
shares as (
    select 'VN' as organisation_code, tasks.* from tasks
    union all
    select bridge.organisation_code, tasks.*
    from tasks
    inner join bridge on tasks.task_key = bridge.task_key
    where bridge.organisation_code != 'VN'
),

counted as (
    select
        organisation_code,
        count(*) as tasks,
        {% for class in status_classes() -%}
            count(*) filter (where status_class = '{{ class }}') as {{ class }},
        {% endfor -%}
        count(*) filter (where days_to_due between 0 and 3) as due_in_3_days,
        count(*) filter (where days_to_due between 0 and 7) as due_in_7_days,
        count(*) filter (where is_suspended) as suspended,
        count(*) filter (where not is_completed and report_count = 0) as never_reported
    from shares
    group by organisation_code
),

-- Ministries, agencies and provinces without a task stand in the list with zeros.
listed as (
    select
        organisations.organisation_code,
        organisations.kind,
        {% for measure in ['tasks'] + status_classes() + [
            'due_in_3_days', 'due_in_7_days', 'suspended', 'never_reported'
        ] -%}
        coalesce(counted.{{ measure }}, 0) as {{ measure }}{{ "," if not loop.last }}
    {% endfor %}
    from organisations
    left join counted on organisations.organisation_code = counted.organisation_code
    where
        counted.organisation_code is not null
        or (organisations.is_current and organisations.kind in ('ministry', 'agency', 'province'))
        or organisations.organisation_code = 'VN'
),

rated as (
    select
        *,
        {{ completion_rate() }} as completion_rate,
        {{ on_time_rate() }} as on_time_rate,
        {{ overdue_rate() }} as overdue_rate,
        {{ due_completion_rate() }} as due_completion_rate
    from listed
),

ranked as (
    select
        {{ as_of_date() }} as as_of_date,
        *,
        -- Equal work, equal rank; where the rate is equal, less overdue and then more done is ahead.
        case
            when {{ var('colour_rate') }} is not null and kind in ('ministry', 'agency', 'province', 'commune')
                then rank() over (
                        partition by kind
                        order by
                            {{ var('colour_rate') }} desc nulls last, open_overdue asc, {{ completed_tasks() }} desc
                    )
        end as rank_in_kind,
        {{ colour(var('colour_rate')) }} as colour
    from rated
)

select * from ranked
order by organisation_code
