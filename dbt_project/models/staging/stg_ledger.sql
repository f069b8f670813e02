with source as (
    select * from {{ source('rooms', 'ledger') }}
),

renamed as (
    select
        delivery_id,
        batch,
        source,
        organisation_code,
        dataset,
        business_date,
        received_at,
        verdict,
        reason_code,
        reason_vi,
        reason_en,
        contract_version,
        format,
        encoding,
        rows_received,
        rows_accepted,
        rows_rejected,
        rows_duplicate,
        rows_warned,
        rows_held,
        secret_rows,
        findings,
        was_held,
        held_for,
        decision,
        decided_at
    from source
)

select * from renamed
