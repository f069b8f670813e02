with source as (
    select * from {{ source('rooms', 'rejects') }}
),

renamed as (
    select
        reject_id,
        delivery_id,
        source,
        organisation_code,
        dataset,
        business_date,
        part,
        record,
        line,
        column_name,
        value,
        check_id,
        severity,
        message_vi,
        message_en,
        responsibility,
        raw,
        record_key
    from source
)

select * from renamed
