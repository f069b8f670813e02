with source as (
    select * from {{ source('rooms', 'receipts') }}
),

renamed as (
    select
        receipt_id,
        delivery_id,
        source,
        organisation_code,
        dataset,
        mode,
        business_date,
        received_at,
        due_at,
        outcome,
        reason_code,
        reason_vi,
        reason_en,
        coalesce(expected, false) as is_expected
    from source
)

select * from renamed
