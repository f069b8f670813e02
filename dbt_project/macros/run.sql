{#- What a run is given as data. Nothing in this project reads a clock. -#}
{% macro as_of_date() -%}
    cast('{{ var("as_of_date") }}' as date)
{%- endmacro %}

{#- A var as a text or null literal. -#}
{% macro text_var(name) -%}
    {%- set value = var(name) -%}
    {%- if value is none -%} cast(null as varchar)
    {%- else -%} '{{ value | string | replace("'", "''") }}'
    {%- endif -%}
{%- endmacro %}
