{{ config(materialized='view') }}
-- Each delivery sighted by the as-of date, and whether it is in force.
with known as (
    {{ deliveries_known(ref('int_deliveries__spans'), ref('int_sources__export_days')) }}
)

select * from known
