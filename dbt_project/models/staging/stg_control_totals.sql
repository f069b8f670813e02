with source as (
    select * from {{ source('rooms', 'control_totals') }}
),

renamed as (
    select
        delivery_id,
        source,
        organisation_code,
        business_date,
        received_at,
        mode,
        part,
        record,
        line,
        nullif(trim(dataset), '') as dataset,
        nullif(trim(measure), '') as measure,
        cast(value as double) as declared
    from source
)

select * from renamed
