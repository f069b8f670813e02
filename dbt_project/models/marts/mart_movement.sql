-- Both dates are counted task by task, in the organisations of the as-of date, so that what was, what
-- came and what went always add up.
with {{ movement_pairs() }},

counted as (
    select
        period,
        organisation_code,
    {% for name, condition in movement_counts() -%}
        count(*) filter (where {{ condition }}) as {{ name }}{{ "," if not loop.last }}
    {% endfor %}
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

{%- set counts = movement_counts() | map(attribute=0) | list %}

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
        {{ movement_rates() }}
    from listed
)

select * from moved
order by organisation_code, since_date, period
