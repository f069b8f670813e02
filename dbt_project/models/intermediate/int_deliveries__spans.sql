{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook=["{{ take_out_pairs_told() }}", "{{ sight_again(ref('int_attempts__judged')) }}"]
) }}
-- depends_on: {{ ref('int_deliveries__stood') }}
-- From when until when each usable delivery was seen. What was seen before is only seen longer.
with told as (
    {{ pairs_told(ref('int_attempts__judged')) }}
),

attempts as (
    {{ weighed_attempts('told') }}
),

spans as (
    {{ spans_of('attempts') }}
)

select * from spans
{% if is_incremental() -%}
    where delivery_id not in (select kept.delivery_id from {{ this }} as kept)
{%- endif %}
