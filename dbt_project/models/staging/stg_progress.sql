{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_changed('progress') }}") }}
-- Kept from build to build: the room holds the rows of deliveries that changed since the last one.
with source as (
    select * from {{ source('rooms', 'progress') }}
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
        coalesce(nullif(task_source, ''), source) as task_source,
        nullif(trim(task_code), '') as task_code,
        cast(reported_on as date) as reported_on,
        cast(percent_complete as double) as percent_complete,
        nullif(trim(status_reported), '') as status_reported,
        cast(completed_on as date) as completed_on,
        nullif(trim(evidence), '') as evidence,
        nullif(trim(result), '') as result,
        nullif(trim(difficulty), '') as difficulty,
        nullif(trim(proposal), '') as proposal,
        cast(extension_to as date) as extension_to,
        nullif(trim(approval_state), '') as approval_state,
        cast(updated_at as timestamptz) as updated_at
    from source
)

select * from renamed
