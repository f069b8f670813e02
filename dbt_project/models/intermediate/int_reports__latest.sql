{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_told('int_reports__told') }}"
) }}
-- depends_on: {{ ref('int_reports__told') }}
-- The latest report of each task that counts.
with last_places as (
    select task_key, max(place) as place
    from {{ ref('int_reports__compared') }}
    group by task_key
),

latest as (
    {{ reports_beside('(compared.task_key, compared.place) in (from last_places)') }}
)

select * exclude (place) from latest
