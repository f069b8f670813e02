-- The rows behind mart_movement: each task under what happened to it, for its leads and the nation.
with {{ movement_pairs(changed_since=true) }},

{% for name, condition in movements() -%}
    {{ name }} as (
        select period, organisation_code, task_key, '{{ name }}' as movement, due_on_then, due_on_now
        from pairs
        where {{ condition }}
    ),

{% endfor -%}
named as (
    {% for name, _ in movements() -%}
        select * from {{ name }}{{ " union all" if not loop.last }}
    {% endfor %}
)

select
    {{ as_of_date() }} as as_of_date,
    named.period,
    judged.since_date,
    named.organisation_code,
    named.task_key,
    named.movement,
    named.due_on_then,
    named.due_on_now
from named
inner join judged on named.period = judged.period
order by named.organisation_code, judged.since_date, named.period, named.movement, named.task_key
