{{ config(materialized='view') }}
-- The version of each task that counts, with the days on which its delivery was seen.
with chosen as (
    select * from {{ ref('int_tasks__chosen') }}
),

known as (
    select * from {{ ref('int_deliveries__known') }} where dataset = 'tasks'
),

tasks as (
    select
        chosen.*,
        known.full_on,
        known.valid_on,
        known.valid_at,
        known.first_sighted_on,
        known.last_sighted_on
    from chosen
    inner join known on chosen.delivery_id = known.delivery_id
)

select * from tasks
