with tasks as (
    select * from {{ ref('int_tasks__dated') }}
),

described as (
    select
        task_key,
        source,
        task_code,
        title,
        kind,
        group_name,
        document_code,
        parent_task_code,
        lead_code,
        lead_named_code,
        lead_named_from,
        lead_text,
        cooperating_text,
        responsible_position,
        deadline_text,
        deadline_kind,
        due_on,
        due_precision,
        first_due_on,
        is_extended,
        assigned_on,
        product,
        priority,
        secrecy,
        updated_at,
        organisation_code as source_organisation_code,
        first_sighted_on,
        last_sighted_on,
        is_held,
        is_closed,
        delivery_id,
        part,
        line
    from tasks
)

select * from described
order by task_key
