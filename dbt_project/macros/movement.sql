-- A task of an organisation on an earlier day and today, side by side, for each period compared with,
-- as a chain of CTEs that ends in "pairs". Both dates in the organisations of the as-of date.
-- changed_since: only tasks of which something was learnt or that fell due meanwhile, and no baseline.
-- as_named: without the nation, and with the name under which each day's text knew the organisation.
{% macro movement_pairs(changed_since=false, as_named=false) -%}
states as (
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
    {%- if changed_since %}
    where periods.period != 'baseline'
    {%- endif %}
),
    {%- if changed_since %}

-- Whatever else has neither come nor gone, and is what it was.
changed as (
    select states.task_key
    from states
    cross join (select min(judged.since_date) as since_date from judged where judged.is_comparable) as longest
    where
        states.known_on > longest.since_date
        or (states.due_on >= longest.since_date and states.due_on < {{ as_of_date() }})
),
    {%- endif %}

roles as (
    select organisation_text, scope_code, organisation_code{{ ", first_named_key as named_key" if as_named }}
    from {{ ref('int_organisation_texts__roles') }}
    where
        role_of_lead in ('lead', 'co_lead') and organisation_code != 'VN'
        {{- " and first_named_key is not null" if as_named }}
),

{% if as_named -%}
bridge as (
    select tasks.task_key, roles.organisation_code, roles.named_key
    from {{ ref('int_tasks__led') }} as tasks
    inner join roles
        on tasks.lead_text = roles.organisation_text and tasks.scope_code is not distinct from roles.scope_code
),
{%- else -%}
bridge as (
    select task_key, organisation_code
    from {{ ref('bridge_task_organisation') }}
    where role in ('lead', 'co_lead') and organisation_code != 'VN'
),
{%- endif %}

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
    where
        judged.is_comparable and states.is_present
    {%- if changed_since %}
        and states.task_key in (select changed.task_key from changed)
    {%- endif %}
),

then_shares as (
    {%- if not as_named %}
    select 'VN' as organisation_code, * exclude (lead_text, scope_code) from then_status
    union all by name
    {%- endif %}
    select roles.* exclude (organisation_text, scope_code), then_status.* exclude (lead_text, scope_code)
    from then_status
    inner join roles
        on
            then_status.lead_text = roles.organisation_text
            and then_status.scope_code is not distinct from roles.scope_code
),

now_shares as (
    {%- if not as_named %}
    select judged.period, 'VN' as organisation_code, now_status.*
    from judged
    cross join now_status
    where judged.is_comparable
    {%- if changed_since %} and now_status.task_key in (select changed.task_key from changed){% endif %}
    union all by name
    {%- endif %}
    select judged.period, bridge.* exclude (task_key), now_status.*
    from judged
    cross join now_status
    inner join bridge on now_status.task_key = bridge.task_key
    where judged.is_comparable
    {%- if changed_since %} and now_status.task_key in (select changed.task_key from changed){% endif %}
),

pairs as (
    select
        coalesce(now_shares.period, then_shares.period) as period,
        coalesce(now_shares.organisation_code, then_shares.organisation_code) as organisation_code,
        {%- if as_named %}
        then_shares.named_key as named_then,
        now_shares.named_key as named_now,
        {%- endif %}
        then_shares.task_key is not null as was_there,
        now_shares.task_key is not null as is_there,
        coalesce(then_shares.is_completed, false) as was_completed,
        coalesce(now_shares.is_completed, false) as is_completed,
        coalesce(then_shares.is_overdue, false) as was_overdue,
        coalesce(now_shares.is_overdue, false) as is_overdue,
        coalesce(now_shares.due_on > then_shares.due_on, false) as is_extended,
        coalesce(now_shares.task_key, then_shares.task_key) as task_key,
        then_shares.due_on as due_on_then,
        now_shares.due_on as due_on_now
    from now_shares
    full outer join then_shares
        on
            now_shares.period = then_shares.period
            and now_shares.organisation_code = then_shares.organisation_code
            and now_shares.task_key = then_shares.task_key
)
{%- endmacro %}

{# What a row of "pairs" counts as: name and condition. #}
{% macro movements() -%}
{{ return([
    ('newly_assigned', 'is_there and not was_there'),
    ('gone', 'was_there and not is_there'),
    ('newly_completed', 'is_completed and not was_completed'),
    ('reopened', 'was_completed and is_there and not is_completed'),
    ('newly_overdue', 'is_overdue and not was_overdue'),
    ('left_overdue', 'was_overdue and not is_overdue'),
    ('extended', 'is_extended'),
]) }}
{%- endmacro %}

{# Every count of a movement over rows of "pairs": name and condition. #}
{% macro movement_counts() -%}
{{ return([
    ('tasks_then', 'was_there'),
    ('tasks_now', 'is_there'),
    ('completed_then', 'was_completed'),
    ('completed_now', 'is_completed'),
    ('completed_gone', 'was_completed and not is_there'),
    ('overdue_then', 'was_overdue'),
    ('overdue_now', 'is_overdue'),
    ('cohort_tasks', 'was_there and is_there'),
    ('cohort_completed_then', 'was_completed and is_there'),
    ('cohort_completed_now', 'is_completed and was_there'),
    ('cohort_overdue_then', 'was_overdue and is_there'),
    ('cohort_overdue_now', 'is_overdue and was_there'),
] + movements()) }}
{%- endmacro %}

{# The rates of both dates, over all tasks and over those of both dates. #}
{% macro movement_rates() -%}
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
{%- endmacro %}
