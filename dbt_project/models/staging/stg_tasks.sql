{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_changed('tasks') }}") }}
-- Kept from build to build: the room holds the rows of deliveries that changed since the last one.
with source as (
    select * from {{ source('rooms', 'tasks') }}
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
        nullif(trim(task_code), '') as task_code,
        nullif(trim(title), '') as title,
        coalesce(nullif(kind, ''), 'task') as kind,
        nullif(trim(group_name), '') as group_name,
        nullif(trim(document_code), '') as document_code,
        nullif(trim(parent_task_code), '') as parent_task_code,
        nullif(trim(lead), '') as lead_text,
        nullif(trim(cooperating), '') as cooperating_text,
        nullif(trim(responsible_position), '') as responsible_position,
        cast(assigned_on as date) as assigned_on,
        deadline as deadline_text,
        nullif(trim(product), '') as product,
        nullif(trim(priority), '') as priority,
        nullif(trim(secrecy), '') as secrecy,
        cast(updated_at as timestamptz) as updated_at
    from source
)

select * from renamed
