{#-
  A number as Vietnamese texts print it: the comma is the decimal sign, the dot groups thousands
  (`68.457`), but a dot before one, two or more than three digits is a decimal sign too (`0.7`).
-#}
{% macro printed_number(text) -%}
    try_cast(
        case
            when contains({{ text }}, ',') then replace(replace({{ text }}, '.', ''), ',', '.')
            when regexp_matches({{ text }}, '^[1-9]\d{0,2}(\.\d{3})+$') then replace({{ text }}, '.', '')
            else {{ text }}
        end as double
    )
{%- endmacro %}
