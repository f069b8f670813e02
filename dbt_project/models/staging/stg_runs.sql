with source as (
    select * from {{ source('rooms', 'runs') }}
),

renamed as (
    select
        run_id,
        as_of_date,
        started_at,
        published_at,
        deliveries,
        rows_received,
        rows_accepted,
        rows_rejected,
        rows_duplicate,
        rows_held
    from source
)

select * from renamed
