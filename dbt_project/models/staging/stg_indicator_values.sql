with source as (
    select * from {{ source('rooms', 'indicator_values') }}
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
        nullif(trim(indicator_code), '') as indicator_code,
        nullif(trim(organisation), '') as organisation_text,
        nullif(trim(period), '') as period,
        cast(value as double) as value,
        coalesce(trim(breakdown), '') as breakdown,
        nullif(trim(state), '') as state,
        nullif(trim(note), '') as note
    from source
)

select * from renamed
