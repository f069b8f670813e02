-- A figure of movement is as many tasks as stand behind it.
with counted as (
    select organisation_code, period, movement, count(*) as tasks
    from {{ ref('fct_task_movement') }}
    group by organisation_code, period, movement
),

figures as (
    unpivot (
        select
            organisation_code,
            period,
        {% for name, _ in movements() -%}
            {{ name }}{{ "," if not loop.last }}
        {% endfor %}
        from {{ ref('mart_movement') }}
        where is_comparable and period != 'baseline'
    ) on columns(* exclude (organisation_code, period)) into name movement value tasks
)

select
    figures.organisation_code,
    figures.period,
    figures.movement,
    figures.tasks,
    counted.tasks as listed
from figures
full outer join counted
    on
        figures.organisation_code = counted.organisation_code
        and figures.period = counted.period
        and figures.movement = counted.movement
where coalesce(figures.tasks, 0) != coalesce(counted.tasks, 0)
