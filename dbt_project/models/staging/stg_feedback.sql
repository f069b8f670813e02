with source as (
    select * from {{ source('rooms', 'feedback') }}
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
        nullif(trim(feedback_code), '') as feedback_code,
        nullif(trim(kind), '') as kind,
        cast(received_on as date) as received_on,
        nullif(trim(sender_kind), '') as sender_kind,
        nullif(trim(field), '') as field,
        nullif(trim(assigned_to), '') as assigned_to_text,
        cast(due_on as date) as due_on,
        nullif(trim(state), '') as state,
        cast(answered_on as date) as answered_on,
        cast(published as boolean) as is_published
    from source
)

select * from renamed
