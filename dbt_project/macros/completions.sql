{#-
  DESIGN 5.5 as a chain of CTEs that ends in `completions`: the day of completion of each group of
  reports. `reports` names a relation with report_no, reported_on, said, completed_on and counts;
  `grain` its columns that tell the groups apart (a task, or a task and the day it is looked at).
-#}
{% macro completions(reports, grain) -%}
{%- set group = grain | join(', ') -%}
reopened as (
    select {{ group }}, coalesce(max(report_no) filter (where counts and said = 'open'), 0) as last_open_no
    from {{ reports }}
    group by {{ group }}
),

completing as (
    select {{ group }}, min({{ reports }}.report_no) as first_completed_no
    from {{ reports }}
    inner join reopened using ({{ group }})
    where {{ reports }}.counts and {{ reports }}.said = 'completed' and {{ reports }}.report_no > reopened.last_open_no
    group by {{ group }}
),

-- A full export that keeps only the newest report must not move a completion to a later day: the
-- unbroken run of completed reports before it counts for the date, though no longer in force.
breaks as (
    select
        {{ group }},
        coalesce(max({{ reports }}.report_no) filter (
            where {{ reports }}.said = 'open' and {{ reports }}.report_no < completing.first_completed_no
        ), 0) as break_no
    from completing
    inner join {{ reports }} using ({{ group }})
    group by {{ group }}
),

completions as (
    select
        {{ group }},
        coalesce(
            arg_max({{ reports }}.completed_on, {{ reports }}.report_no)
                filter (where {{ reports }}.completed_on <= {{ reports }}.reported_on),
            min({{ reports }}.reported_on)
        ) as completed_on,
        arg_min({{ reports }}.delivery_id, {{ reports }}.report_no) as completed_delivery_id,
        arg_min({{ reports }}.line, {{ reports }}.report_no) as completed_line
    from {{ reports }}
    inner join breaks using ({{ group }})
    where {{ reports }}.said = 'completed' and {{ reports }}.report_no > breaks.break_no
    group by {{ group }}
)
{%- endmacro %}
