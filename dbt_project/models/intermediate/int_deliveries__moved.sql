-- depends_on: {{ ref('int_deliveries__sighted') }}, {{ ref('int_deliveries__known') }}
-- Deliveries that stand otherwise than in the last build, on any day or among those of their source,
-- that came or went, or were read anew. Without a last build none is asked for.
{% if var('resumed_from') -%}
    with stretches as (
        {{ either_alone(ref('int_deliveries__sighted'), 'before.int_deliveries__sighted') }}
    ),

    standing as (
        {{ standing_among(ref('int_deliveries__known')) }}
    ),

    stood as (
        {{ standing_among('before.int_deliveries__known') }}
    ),

    places as (
        {{ either_alone('standing', 'stood') }}
    ),

    moved as (
        select delivery_id, dataset from stretches
        union
        select delivery_id, dataset from places
        union
        select delivery_id, dataset from inputs.changed
    )
{%- else -%}
    with moved as (
        select cast(null as varchar) as delivery_id, cast(null as varchar) as dataset
        where false
    )
{%- endif %}

select * from moved
