{#-
  Which of the versions of a key counts, newest first (columns of int_deliveries__known as `known`
  and of a staged dataset as `staged`). Where a full export exists the day of the export decides,
  then the moment it came; among corrections alone `updated_at` decides.
-#}
{% macro newest_first(updated_at='staged.updated_at') -%}
    known.is_in_force desc,
    case when known.full_on is not null then known.valid_on end desc nulls last,
    case when known.full_on is not null then known.valid_at end desc nulls last,
    coalesce({{ updated_at }}, cast(known.valid_on as timestamp) at time zone 'UTC') desc,
    known.valid_on desc,
    known.valid_at desc,
    staged.delivery_id desc,
    staged.record desc
{%- endmacro %}

{#- For datasets without `updated_at`. -#}
{% macro no_update() -%} cast(null as timestamptz) {%- endmacro %}

{#- Of a dataset without history of its own: of each key the version that counts today. -#}
{% macro current_rows(dataset, key) -%}
with known as (
    select * from {{ ref('int_deliveries__known') }} where dataset = '{{ dataset }}' and is_in_force
),

staged as (
    select * from {{ ref('stg_' ~ dataset) }}
),

current_rows as (
    select
        staged.* exclude (mode, business_date, received_at),
        known.valid_on,
        known.valid_at
    from staged
    inner join known on staged.delivery_id = known.delivery_id
    qualify row_number() over (
            partition by staged.{{ key | join(', staged.') }} order by {{ newest_first(no_update()) }}
        ) = 1
)

select * from current_rows
{%- endmacro %}
