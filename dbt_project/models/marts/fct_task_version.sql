with versions as (
    select * from {{ ref('int_tasks__versions') }}
),

described as (
    select
        task_key,
        version_no,
        known_on,
        known_at,
        replaced_on,
        title,
        kind,
        document_code,
        parent_task_code,
        lead_text,
        cooperating_text,
        assigned_on,
        deadline_text,
        printed_due_on,
        product,
        priority,
        previous_title,
        previous_lead_text,
        previous_document_code,
        previous_deadline_text,
        previous_printed_due_on,
        nullif(concat_ws(
            ', '
            {%- for column in [
                'title', 'kind', 'group_name', 'document_code', 'parent_task_code', 'lead_text', 'cooperating_text',
                'responsible_position', 'assigned_on', 'deadline_text', 'product', 'priority'
            ] -%}
                , case
                    when version_no > 1 and {{ column }} is distinct from previous_{{ column }} then '{{ column }}'
                end
            {%- endfor %}
        ), '') as changed_columns,
        delivery_id,
        part,
        line
    from versions
)

select * from described
order by task_key, version_no
