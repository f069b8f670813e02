-- depends_on: {{ ref('int_attempts__judged') }}
-- Where deliveries stood in the last build, of each source and dataset of which the order of
-- deliveries may have changed. Without a last build there are none.
{% if var('resumed_from') -%}
    with known as (
        {{ deliveries_known(carried('int_deliveries__spans'), carried('int_sources__export_days')) }}
    ),

    shifted as (
        {{ shifted_pairs() }}
    ),

    stood as (
        {{ standing_among('known', 'shifted') }}
    )
{%- else -%}
    with stood as (
        select
            cast(null as varchar) as delivery_id,
            cast(null as varchar) as dataset,
            cast(null as boolean) as is_in_force,
            cast(null as boolean) as had_full,
            cast(null as bigint) as place
        where false
    )
{%- endif %}

select * from stood
