{#-
  Of each task with rows in `reports` (columns of int_reports__versions) whether it is told in order:
  by one voice, each day once, later days never known before earlier ones, nothing corrected or taken
  back. Then each report only adds to those before it.
-#}
{% macro told_in_order(reports) -%}
    select
        task_key,
        bool_and(
            first_full_on is null
            and until_on = date '9999-12-31'
            and (
                before_on is null
                or (
                    before_on < reported_on
                    and before_known_on <= known_on
                    and before_code is not distinct from reporter_code
                )
            )
        ) as is_in_order,
        count(*) as report_count,
        min(reported_on) as first_reported_on,
        max(reported_on) as last_reported_on,
        max(known_on) as last_known_on,
        max(reporter_code) as reporter_code
    from (
        select
            *,
            lag(reported_on) over task as before_on,
            lag(known_on) over task as before_known_on,
            lag(reporter_code) over task as before_code
        from {{ reports }}
        window task as (partition by task_key order by reported_on, known_on)
    )
    group by task_key
{%- endmacro %}
