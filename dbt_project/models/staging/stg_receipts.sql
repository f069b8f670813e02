with source as (
    select * from {{ source('rooms', 'receipts') }}
),

renamed as (
    select
        receipt_id,
        delivery_id,
        batch,
        source,
        organisation_code,
        dataset,
        mode,
        business_date,
        received_at,
        due_at,
        outcome,
        origin,
        original_name,
        sha256,
        format,
        reason_code,
        reason_vi,
        reason_en,
        size_bytes,
        attempts,
        elapsed_ms,
        coalesce(expected, false) as is_expected
    from source
)

select * from renamed
