with source as (
    select * from {{ source('rooms', 'documents') }}
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
        nullif(trim(document_code), '') as document_code,
        cast(issued_on as date) as issued_on,
        nullif(trim(issuer), '') as issuer,
        nullif(trim(title), '') as title,
        nullif(trim(parent_document_code), '') as parent_document_code,
        nullif(trim(programme), '') as programme,
        nullif(trim(secrecy), '') as secrecy
    from source
)

select * from renamed
