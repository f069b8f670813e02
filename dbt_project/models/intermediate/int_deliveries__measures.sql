-- What a day's new deliveries measured: rows, share of empty cells by column, share of each code.
-- A day on which nothing new came measures nothing: yesterday's bytes again are no second witness.
with attempts as (
    select * from {{ ref('int_attempts__judged') }}
    where is_usable and is_checked
),

profiles as (
    select * from {{ ref('stg_profiles') }} where fact in ('empty', 'code')
),

deliveries as (
    select
        delivery_id,
        source,
        dataset,
        min(business_date) as business_date,
        max(organisation_code) as organisation_code,
        max(rows_received) as rows_received,
        max(rows_accepted) as rows_accepted
    from attempts
    group by delivery_id, source, dataset
),

days as (
    select
        source,
        dataset,
        business_date,
        max(organisation_code) as organisation_code,
        sum(rows_received) as rows_received,
        sum(rows_accepted) as rows_accepted,
        row_number() over (partition by source, dataset order by business_date desc) as day_no
    from deliveries
    where rows_received > 0
    group by source, dataset, business_date
    qualify day_no <= {{ var('anomaly_deliveries') }} + {{ var('anomaly_window') }}
),

big_enough as (
    select * from days where rows_accepted >= {{ var('anomaly_rows') }}
),

facts as (
    select
        deliveries.source,
        deliveries.dataset,
        deliveries.business_date,
        profiles.fact,
        profiles.name,
        coalesce(profiles.code, '') as code,
        sum(profiles.row_count) as row_count
    from profiles
    inner join deliveries on profiles.delivery_id = deliveries.delivery_id
    group by all
),

-- A code that a source has used has a share on every day, also 0.
known as (
    select distinct source, dataset, fact, name, code from facts
),

shares as (
    select
        big_enough.source,
        big_enough.dataset,
        big_enough.business_date,
        big_enough.organisation_code,
        big_enough.day_no,
        known.fact || '_share' as measure,
        known.name as column_name,
        known.code,
        coalesce(facts.row_count, 0) / big_enough.rows_accepted as observed,
        big_enough.rows_accepted as row_count
    from big_enough
    inner join known on big_enough.source = known.source and big_enough.dataset = known.dataset
    left join facts
        on
            big_enough.source = facts.source
            and big_enough.dataset = facts.dataset
            and big_enough.business_date = facts.business_date
            and known.fact = facts.fact
            and known.name = facts.name
            and known.code = facts.code
),

volumes as (
    select
        source,
        dataset,
        business_date,
        organisation_code,
        day_no,
        'rows' as measure,
        '' as column_name,
        '' as code,
        cast(rows_received as double) as observed,
        rows_received as row_count
    from days
),

measures as (
    select * from volumes
    union all by name
    select * from shares
)

select * from measures
