{#-
  Whether a report says that its task is done. A day of completion counts once it has come; a number
  says more than a label: 80 % called completed is not.
-#}
{% macro said_of(report) -%}
    case
        when {{ report }}.completed_on <= {{ report }}.reported_on then 'completed'
        when {{ report }}.percent_complete >= 100 then 'completed'
        when {{ report }}.percent_complete is not null then 'open'
        when {{ report }}.status_reported like 'completed%' then 'completed'
        when {{ report }}.status_reported is not null then 'open'
    end
{%- endmacro %}

{#-
  Where bodies disagree the lead's word counts; where the lead says nothing, anybody's. `is_by_lead`
  is a condition on a report, `grain` tells the groups of reports apart.
-#}
{% macro counts_of(is_by_lead, grain) -%}
    is_in_force and (
        coalesce({{ is_by_lead }}, false)
        or not coalesce(bool_or({{ is_by_lead }} and is_in_force) over (partition by {{ grain }}), false)
    )
{%- endmacro %}
