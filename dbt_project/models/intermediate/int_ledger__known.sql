{{ config(materialized='view') }}
with ledger as (
    select * from {{ ref('stg_ledger') }}
    where business_date <= {{ as_of_date() }}
)

select * from ledger
