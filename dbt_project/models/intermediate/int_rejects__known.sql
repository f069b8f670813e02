with rejects as (
    select * from {{ ref('stg_rejects') }}
    where business_date <= {{ as_of_date() }}
)

select * from rejects
