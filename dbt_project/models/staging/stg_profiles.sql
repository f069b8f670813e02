{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_changed('profiles') }}"
) }}
-- Kept from build to build: the room holds the rows of deliveries that changed since the last one.
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
