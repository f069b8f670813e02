{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_days_told() }}") }}
-- depends_on: {{ ref('int_deliveries__stood') }}
-- The days on which an export in full came whole, of each source and dataset. A day on which a part
-- of it broke proves no absence, nor does an export without a row: nothing is closed by it. A later
-- attempt of the same day that worked makes it good.
with told as (
    {{ days_told(ref('int_attempts__judged')) }}
),

attempts as (
    {{ weighed_attempts('told') }}
),

days as (
    select
        source,
        dataset,
        business_date,
        bool_or(is_usable and mode = 'full' and rows_accepted > 0)
        and coalesce(max(received_at) filter (where is_broken) < max(received_at) filter (where is_usable), true)
            as is_complete
    from attempts
    group by source, dataset, business_date
)

select source, dataset, business_date from days
where is_complete
