-- The names of a body add up to it: in what was, came, went and is. None has more or fewer tasks than
-- its scorecard.
with named as (
    select * from {{ ref('mart_movement_as_named') }} where is_comparable
),

bodies as (
    select
        current_code,
        period,
        {%- for count, _ in movement_counts() %}
            sum({{ count }}) as {{ count }},
        {%- endfor %}
        sum(tasks_renamed_here) as renamed_here,
        sum(tasks_renamed_away) as renamed_away
    from named
    group by current_code, period
),

movement as (
    select * from {{ ref('mart_movement') }}
    where is_comparable and organisation_code not in ('VN', 'UNRESOLVED')
),

wrong as (
    select
        'the names of a body are not the body' as wrong,
        coalesce(movement.organisation_code, bodies.current_code) as organisation_code,
        coalesce(movement.period, bodies.period) as period
    from movement
    full outer join bodies on movement.organisation_code = bodies.current_code and movement.period = bodies.period
    where
        coalesce(bodies.renamed_here, 0) != coalesce(bodies.renamed_away, 0)
        {%- for count, _ in movement_counts() %}
            or coalesce(movement.{{ count }}, 0) != coalesce(bodies.{{ count }}, 0)
        {%- endfor %}
    union all
    select
        'what was, came and went is not what is' as wrong,
        organisation_code,
        period
    from named
    where
        tasks_now
        != tasks_then + newly_assigned - gone + tasks_renamed_here - tasks_renamed_away
        or completed_now
        != completed_then + newly_completed - reopened - completed_gone
        + completed_renamed_here - completed_renamed_away
        or overdue_now
        != overdue_then + newly_overdue - left_overdue + overdue_renamed_here - overdue_renamed_away
    union all
    select
        'now is not what the scorecard says' as wrong,
        named.organisation_code,
        named.period
    from named
    left join {{ ref('mart_scorecard_as_named') }} as scorecard
        on named.organisation_code = scorecard.organisation_code and named.valid_from = scorecard.valid_from
    where
        named.tasks_now != coalesce(scorecard.tasks, 0) or named.overdue_now != coalesce(scorecard.open_overdue, 0)
)

select * from wrong
