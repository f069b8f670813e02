-- How far the data of each source and dataset reach, and whether newer ones wait for a person.
with attempts as (
    select * from {{ ref('int_attempts__judged') }}
),

goods as (
    select
        source,
        dataset,
        max(business_date) filter (where is_usable and is_checked and rows_accepted > 0) as last_good_on,
        max((business_date, received_at)) filter (where is_usable and is_checked and rows_accepted > 0) as last_good,
        max((business_date, received_at)) filter (where is_held) as last_held
    from attempts
    group by source, dataset
),

standing as (
    select
        source,
        dataset,
        last_good_on,
        last_held is not null and coalesce(last_held >= last_good, true) as is_held
    from goods
)

select * from standing
