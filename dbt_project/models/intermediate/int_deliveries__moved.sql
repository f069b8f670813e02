-- depends_on: {{ ref('int_deliveries__sighted') }}, {{ ref('int_deliveries__known') }}
-- depends_on: {{ ref('int_deliveries__restated') }}, {{ ref('int_deliveries__stood') }}
-- depends_on: {{ ref('int_attempts__judged') }}
-- Deliveries that stand otherwise than in the last build, on any day or among those of their source,
-- that came or went, or were read anew. Without a last build none is asked for.
{% if var('resumed_from') -%}
    with told as (
        {{ pairs_told(ref('int_attempts__judged')) }}
    ),

    restated as (
        select * from {{ ref('int_deliveries__restated') }}
    ),

    stated as (
        select * from {{ ref('int_deliveries__sighted') }}
        where
            delivery_id in (select told.delivery_id from told)
            or delivery_id in (select restated.delivery_id from restated)
    ),

    stretches as (
        {{ either_alone('stated', 'restated') }}
    ),

    shifted as (
        {{ shifted_pairs() }}
    ),

    standing as (
        {{ standing_among(ref('int_deliveries__known'), 'shifted') }}
    ),

    places as (
        {{ either_alone('standing', ref('int_deliveries__stood')) }}
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
