{#- DESIGN 5.1: the class from completion date, deadline and as-of date, whatever the label says. -#}
{% macro status_class(completed_on, due_on, as_of) -%}
    case
        when {{ completed_on }} is not null and {{ due_on }} is null then 'completed_undated'
        when {{ completed_on }} <= {{ due_on }} then 'completed_on_time'
        when {{ completed_on }} is not null then 'completed_late'
        when {{ due_on }} is null then 'open_undated'
        when {{ due_on }} < {{ as_of }} then 'open_overdue'
        else 'open_in_term'
    end
{%- endmacro %}

{% macro status_classes() -%}
    {{ return([
        'completed_on_time', 'completed_late', 'completed_undated',
        'open_in_term', 'open_overdue', 'open_undated',
    ]) }}
{%- endmacro %}

{#-
  Whether the label of the export says something else than the dates. A label that names only half
  of a class (`completed`, `open`) is compared by that half; flags (`suspended`, …) say no class.
-#}
{% macro label_disagrees(label, class) -%}
    case
        -- Systems without a word for "no deadline" call such a task in term, and done on time.
        when {{ class }} = 'open_undated' and {{ label }} in ('open_in_term', 'open_due_soon') then false
        when {{ class }} = 'completed_undated' and {{ label }} = 'completed_on_time' then false
        when {{ label }} = 'completed'
            then {{ class }} not like 'completed%'
        when {{ label }} in ('open', 'not_started') then {{ class }} not like 'open%'
        when {{ label }} = 'open_due_soon' then {{ class }} != 'open_in_term'
        when {{ label }} like 'open_%' or {{ label }} like 'completed_%' then {{ class }} != {{ label }}
    end
{%- endmacro %}
