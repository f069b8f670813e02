-- mart_movement under the names that the documents use: what happened to a predecessor's tasks stays
-- with the predecessor here and is with the successor there. A task whose text came to name another
-- of the same body's names has gone from one to the other, which is no movement of the body.
with {{ movement_pairs(as_named=true) }},

{%- set kept = ['tasks', 'completed', 'overdue'] %}
{%- set then = ['tasks_then', 'completed_then', 'overdue_then'] %}

-- What was is counted under the name of that day, all else under today's (or the last there was).
placed as (
    select
        period,
        organisation_code as current_code,
        coalesce(named_now, named_then) as named_key,
        {%- for name, condition in movement_counts() %}
            {{ "0" if name in then else "count(*) filter (where " ~ condition ~ ")" }} as {{ name }},
        {%- endfor %}
        count(*) filter (where named_then != named_now) as tasks_renamed_here,
        count(*) filter (where named_then != named_now and was_completed) as completed_renamed_here,
        count(*) filter (where named_then != named_now and was_overdue) as overdue_renamed_here
    from pairs
    group by all
    union all by name
    select
        period,
        organisation_code as current_code,
        named_then as named_key,
        count(*) as tasks_then,
        count(*) filter (where was_completed) as completed_then,
        count(*) filter (where was_overdue) as overdue_then,
        count(*) filter (where named_then != named_now) as tasks_renamed_away,
        count(*) filter (where named_then != named_now and was_completed) as completed_renamed_away,
        count(*) filter (where named_then != named_now and was_overdue) as overdue_renamed_away
    from pairs
    where was_there
    group by all
),

{%- set counts = movement_counts() | map(attribute=0) | list %}
{%- for each in kept %}
    {%- set _ = counts.extend([each ~ '_renamed_here', each ~ '_renamed_away']) %}
{%- endfor %}

counted as (
    select
        period,
        current_code,
        named_key,
    {% for count in counts -%}
        cast(coalesce(sum({{ count }}), 0) as bigint) as {{ count }}{{ "," if not loop.last }}
    {% endfor %}
    from placed
    group by period, current_code, named_key
),

names as (
    select named_key, current_code from counted
    union
    select organisation_code || '@' || valid_from as named_key, current_code
    from {{ ref('mart_scorecard_as_named') }}
    where current_code != 'VN'
),

organisations as (
    select organisation_code, valid_from, kind, name, is_current
    from {{ ref('dim_organisation') }}
),

listed as (
    select
        names.named_key,
        names.current_code,
        judged.period,
        judged.since_date,
        judged.is_comparable,
    {% for count in counts -%}
        case when judged.is_comparable then coalesce(counted.{{ count }}, 0) end as {{ count }}
        {{- "," if not loop.last }}
    {% endfor %}
    from names
    cross join judged
    left join counted
        on
            names.named_key = counted.named_key
            and names.current_code = counted.current_code
            and judged.period = counted.period
),

moved as (
    select
        {{ as_of_date() }} as as_of_date,
        split_part(listed.named_key, '@', 1) as organisation_code,
        cast(split_part(listed.named_key, '@', 2) as date) as valid_from,
        organisations.name,
        organisations.kind,
        listed.current_code,
        coalesce(organisations.is_current, false) as is_current,
        listed.* exclude (named_key, current_code),
        {{ movement_rates() }}
    from listed
    left join organisations
        on listed.named_key = organisations.organisation_code || '@' || organisations.valid_from
)

select * from moved
order by organisation_code, valid_from, since_date, period
