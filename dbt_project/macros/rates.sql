{#-
  DESIGN 5.8, once: every rate says what it divides by. Arguments are names of columns that hold
  counts; the answer is a share of 1, null where there is nothing to divide by.
-#}
{% macro share(part, whole) -%}
    cast({{ part }} as double) / nullif({{ whole }}, 0)
{%- endmacro %}

{% macro completed_tasks() -%}
    (completed_on_time + completed_late + completed_undated)
{%- endmacro %}

{% macro completion_rate() -%}
    {{ share(completed_tasks(), 'tasks') }}
{%- endmacro %}

{% macro on_time_rate() -%}
    {{ share('completed_on_time', '(completed_on_time + completed_late)') }}
{%- endmacro %}

{% macro overdue_rate() -%}
    {{ share('open_overdue', 'tasks') }}
{%- endmacro %}

{% macro due_completion_rate() -%}
    {{ share(completed_tasks(), '(' ~ completed_tasks() ~ ' + open_overdue)') }}
{%- endmacro %}

{#- Conventions, not law: green from 80 %, amber from 50 %, grey where nothing can be judged. -#}
{% macro colour(rate) -%}
    case
        when {{ rate }} is null then 'grey'
        when {{ rate }} >= {{ var('completion_green') }} then 'green'
        when {{ rate }} >= {{ var('completion_amber') }} then 'amber'
        else 'red'
    end
{%- endmacro %}

{#- Tasks whose words match their deeds, of those that can be judged. -#}
{% macro substance_rate() -%}
    {{ share('(tasks_judged - tasks_with_findings)', 'tasks_judged') }}
{%- endmacro %}

{#- Of the answers that had a due day, those given by it. -#}
{% macro answered_on_time_rate() -%}
    {{ share('answered_on_time', '(answered_on_time + answered_late)') }}
{%- endmacro %}
