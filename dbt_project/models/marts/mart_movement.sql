-- Both dates are counted task by task, in the organisations of the as-of date, so that what was, what
-- came and what went always add up.
with states as (
    select * from {{ ref('int_tasks__states') }}
),

now_status as (
    select task_key, is_completed, status_class = 'open_overdue' as is_overdue, due_on
    from {{ ref('fct_task_status') }}
),

first_morning as (
    select min(known_on) as first_on from states where is_present
),

periods as (
    select 'day' as period, {{ as_of_date() }} - 1 as since_date
    union all
    select 'week' as period, {{ as_of_date() }} - 7 as since_date
    union all
    select 'month' as period, cast({{ as_of_date() }} - interval 1 month as date) as since_date
    union all
    -- The first morning there is, kept for ever: a baseline that moves flatters.
    select 'baseline' as period, first_on as since_date from first_morning
),

judged as (
    select
        periods.*,
        coalesce(periods.since_date >= first_morning.first_on and periods.since_date < {{ as_of_date() }}, false)
            as is_comparable
    from periods
    cross join first_morning
),

roles as (
    select organisation_text, scope_code, organisation_code
    from {{ ref('int_organisation_texts__roles') }}
    where role_of_lead in ('lead', 'co_lead') and organisation_code != 'VN'
),

bridge as (
    select task_key, organisation_code
    from {{ ref('bridge_task_organisation') }}
    where role in ('lead', 'co_lead') and organisation_code != 'VN'
),

then_status as (
    select
        judged.period,
        states.task_key,
        states.lead_text,
        states.scope_code,
        states.completed_on is not null as is_completed,
        coalesce(states.completed_on is null and states.due_on < judged.since_date, false) as is_overdue,
        states.due_on
    from judged
    inner join states
        on
            judged.since_date >= states.known_on
            and judged.since_date < coalesce(states.until_on, date '9999-12-31')
    where judged.is_comparable and states.is_present
),

then_shares as (
    select 'VN' as organisation_code, * exclude (lead_text, scope_code) from then_status
    union all by name
    select roles.organisation_code, then_status.* exclude (lead_text, scope_code)
    from then_status
    inner join roles
        on
            then_status.lead_text = roles.organisation_text
            and then_status.scope_code is not distinct from roles.scope_code
),

now_shares as (
    select judged.period, 'VN' as organisation_code, now_status.*
    from judged
    cross join now_status
    where judged.is_comparable
    union all by name
    select judged.period, bridge.organisation_code, now_status.*
    from judged
    cross join now_status
    inner join bridge on now_status.task_key = bridge.task_key
    where judged.is_comparable
),

pairs as (
    select
        coalesce(now_shares.period, then_shares.period) as period,
        coalesce(now_shares.organisation_code, then_shares.organisation_code) as organisation_code,
        then_shares.task_key is not null as was_there,
        now_shares.task_key is not null as is_there,
        coalesce(then_shares.is_completed, false) as was_completed,
        coalesce(now_shares.is_completed, false) as is_completed,
        coalesce(then_shares.is_overdue, false) as was_overdue,
        coalesce(now_shares.is_overdue, false) as is_overdue,
        coalesce(now_shares.due_on > then_shares.due_on, false) as is_extended
    from now_shares
    full outer join then_shares
        on
            now_shares.period = then_shares.period
            and now_shares.organisation_code = then_shares.organisation_code
            and now_shares.task_key = then_shares.task_key
),

counted as (
    select
        period,
        organisation_code,
        count(*) filter (where was_there) as tasks_then,
        count(*) filter (where is_there) as tasks_now,
        count(*) filter (where is_there and not was_there) as newly_assigned,
        count(*) filter (where was_there and not is_there) as gone,
        count(*) filter (where was_completed) as completed_then,
        count(*) filter (where is_completed) as completed_now,
        count(*) filter (where is_completed and not was_completed) as newly_completed,
        count(*) filter (where was_completed and is_there and not is_completed) as reopened,
        count(*) filter (where was_completed and not is_there) as completed_gone,
        count(*) filter (where was_overdue) as overdue_then,
        count(*) filter (where is_overdue) as overdue_now,
        count(*) filter (where is_overdue and not was_overdue) as newly_overdue,
        count(*) filter (where was_overdue and not is_overdue) as left_overdue,
        count(*) filter (where is_extended) as extended,
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
