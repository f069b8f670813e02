{#- The deadline in force: as printed, or the last approved extension where that is later. -#}
{% macro is_extended(extended_to, printed) -%}
    coalesce({{ extended_to }} > {{ printed }}, {{ extended_to }} is not null)
{%- endmacro %}
