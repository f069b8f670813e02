-- Both dates are counted task by task, in the organisations of the as-of date, so that what was, what
-- came and what went always add up.
with {{ movement_pairs() }},

counted as (
    select
        period,
        organisation_code,
        {%- for name, condition in movements() %}
            count(*) filter (where {{ condition }}) as {{ name }},
        {%- endfor %}
        count(*) filter (where was_there) as tasks_then,
        count(*) filter (where is_there) as tasks_now,
        count(*) filter (where was_completed) as completed_then,
        count(*) filter (where is_completed) as completed_now,
        count(*) filter (where was_completed and not is_there) as completed_gone,
        count(*) filter (where was_overdue) as overdue_then,
        count(*) filter (where is_overdue) as overdue_now,
        count(*) filter (where was_there and is_there) as cohort_tasks,
        count(*) filter (where was_completed and is_there) as cohort_completed_then,
        count(*) filter (where is_completed and was_there) as cohort_completed_now,
        count(*) filter (where was_overdue and is_there) as cohort_overdue_then,
        count(*) filter (where is_overdue and was_there) as cohort_overdue_now
    from pairs
    group by period, organisation_code
),

-- A body whose tasks have all gone to others has moved too.
bodies as (
    select organisation_code, kind from {{ ref('mart_scorecard') }}
    union all
    select organisation_code, kind
    from {{ ref('dim_organisation') }}
    where
        organisation_code in (select counted.organisation_code from counted)
        and organisation_code not in (select scorecard.organisation_code from {{ ref('mart_scorecard') }} as scorecard)
    qualify row_number() over (partition by organisation_code order by is_current desc, valid_from desc) = 1
),

{%- set counts = [
    'tasks_then', 'tasks_now', 'newly_assigned', 'gone', 'completed_then', 'completed_now', 'newly_completed',
    'reopened', 'completed_gone', 'overdue_then', 'overdue_now', 'newly_overdue', 'left_overdue', 'extended',
    'cohort_tasks', 'cohort_completed_then', 'cohort_completed_now', 'cohort_overdue_then', 'cohort_overdue_now'
] %}

-- Where there is no earlier morning nothing is known to have moved: that is not a zero.
listed as (
    select
        bodies.organisation_code,
        bodies.kind,
        judged.period,
        judged.since_date,
        judged.is_comparable,
    {% for count in counts -%}
        case when judged.is_comparable then coalesce(counted.{{ count }}, 0) end as {{ count }}
        {{- "," if not loop.last }}
    {% endfor %}
    from bodies
    cross join judged
    left join counted
        on bodies.organisation_code = counted.organisation_code and judged.period = counted.period
),

moved as (
    select
        {{ as_of_date() }} as as_of_date,
        organisation_code,
        kind,
        period,
        since_date,
        is_comparable,
        {% for count in counts -%}
            {{ count }},
        {% endfor -%}
    {% for moment in ['then', 'now'] -%}
    {%- for cohort, tasks in [('', 'tasks_' ~ moment), ('cohort_', 'cohort_tasks')] -%}
        {%- set done = cohort ~ 'completed_' ~ moment -%}
        {%- set overdue = cohort ~ 'overdue_' ~ moment -%}
        {{ share(done, tasks) }} as {{ cohort }}completion_rate_{{ moment }},
        {{ share(overdue, tasks) }} as {{ cohort }}overdue_rate_{{ moment }},
        {{ share(done, '(' ~ done ~ ' + ' ~ overdue ~ ')') }}
            as {{ cohort }}due_completion_rate_{{ moment }}
        {{- "," if not (loop.last and moment == 'now') }}
    {% endfor -%}
    {% endfor %}
    from listed
)

select * from moved
order by organisation_code, since_date, period
