with attempts as not materialized (
    select
        * replace (is_usable and is_checked as is_usable),
        outcome = 'failed' or is_refused or (is_usable and not is_checked) as is_broken
    from {{ ref('int_attempts__judged') }}
),

days as (
    {{ export_days('attempts') }}
),

bases as (
    select source, dataset, max(business_date) as full_on
    from days
    where is_complete
    group by all
),

sightings as (
    select
        delivery_id,
        source,
        dataset,
        business_date,
        max(mode) as mode,
        max(organisation_code) as organisation_code,
        min(received_at) as received_at
    from attempts
    where is_usable
    group by all
),

deliveries as (
    select
        delivery_id,
        source,
        dataset,
        max(mode) as mode,
        max(organisation_code) as organisation_code,
        min(business_date) as first_sighted_on,
        max(business_date) as last_sighted_on,
        arg_min(received_at, business_date) as first_received_at,
        arg_max(received_at, business_date) as last_received_at
    from sightings
    group by all
),

known as (
    select
        deliveries.delivery_id,
        deliveries.source,
        deliveries.dataset,
        deliveries.mode,
        deliveries.organisation_code,
        bases.full_on,
        deliveries.first_sighted_on,
        deliveries.last_sighted_on,
        deliveries.first_received_at,
        case when deliveries.mode = 'full' then deliveries.last_sighted_on else deliveries.first_sighted_on end
            as valid_on,
        case when deliveries.mode = 'full' then deliveries.last_received_at else deliveries.first_received_at end
            as valid_at,
        coalesce(
            case when deliveries.mode = 'full' then deliveries.last_sighted_on else deliveries.first_sighted_on end
            >= bases.full_on,
            true
        ) as is_in_force
    from deliveries
    left join bases on deliveries.source = bases.source and deliveries.dataset = bases.dataset
)

select * from known
