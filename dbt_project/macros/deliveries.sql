{#-
  The days on which a full export came whole, from attempts with `is_usable` and `is_broken`. A day
  on which a part of an export broke proves no absence, nor does an export without a row: nothing is
  closed by it. A later attempt of the same day that worked makes it good.
-#}
{% macro export_days(attempts) -%}
    select
        source,
        dataset,
        business_date,
        bool_or(is_usable and mode = 'full' and rows_accepted > 0)
        and coalesce(max(received_at) filter (where is_broken) < max(received_at) filter (where is_usable), true)
            as is_complete
    from {{ attempts }}
    group by all
{%- endmacro %}
