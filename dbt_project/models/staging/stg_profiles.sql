with source as (
    select * from {{ source('rooms', 'profiles') }}
),

renamed as (
    select
        delivery_id,
        fact,
        name,
        code,
        rows as row_count
    from source
)

select * from renamed
