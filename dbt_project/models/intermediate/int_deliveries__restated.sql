-- depends_on: {{ ref('int_attempts__judged') }}, {{ ref('int_sources__export_days') }}
-- When the last build said that a delivery stood, of deliveries of which that may be otherwise now:
-- seen again, or followed by a new export in full, or of a source and dataset told anew. Without a
-- last build there are none.
{% if var('resumed_from') -%}
    with seen_again as (
        select delivery_id from {{ ref('int_attempts__judged') }}
        where business_date > {{ built_as_of() }} and is_usable and is_checked
    ),

    newly_whole as (
        select source, dataset from {{ ref('int_sources__export_days') }}
        where business_date > {{ built_as_of() }}
    ),

    restated as (
        select delivery_id from seen_again
        union
        select stood.delivery_id
        from {{ carried('int_deliveries__sighted') }} as stood
        semi join newly_whole on stood.source = newly_whole.source and stood.dataset = newly_whole.dataset
        where stood.until_on = date '9999-12-31'
        union
        select stood.delivery_id
        from {{ carried('int_deliveries__sighted') }} as stood
        semi join inputs.told_anew as anew on stood.source = anew.source and stood.dataset = anew.dataset
    ),

    stood as (
        select * from {{ carried('int_deliveries__sighted') }}
        where delivery_id in (select restated.delivery_id from restated)
    )
{%- else -%}
    with stood as (
        select
            cast(null as varchar) as delivery_id,
            cast(null as varchar) as source,
            cast(null as varchar) as dataset,
            cast(null as varchar) as mode,
            cast(null as varchar) as organisation_code,
            cast(null as date) as from_on,
            cast(null as timestamptz) as seen_at,
            cast(null as date) as until_on,
            cast(null as date) as first_full_on
        where false
    )
{%- endif %}

select * from stood
