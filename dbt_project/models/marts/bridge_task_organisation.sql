with tasks as (
    select task_key, lead_text, cooperating_text, scope_code from {{ ref('int_tasks__led') }}
),

roles as (
    select * from {{ ref('int_organisation_texts__roles') }}
),

leads as (
    select
        tasks.task_key,
        roles.organisation_code,
        roles.role_of_lead as role,
        roles.named_codes,
        roles.named_keys,
        roles.names_used
    from tasks
    inner join roles
        on tasks.lead_text = roles.organisation_text and tasks.scope_code is not distinct from roles.scope_code
),

helpers as (
    select
        tasks.task_key,
        roles.organisation_code,
        roles.role_of_helper as role,
        roles.named_codes,
        roles.named_keys,
        roles.names_used
    from tasks
    inner join roles
        on tasks.cooperating_text = roles.organisation_text and tasks.scope_code is not distinct from roles.scope_code
    where roles.role_of_helper is not null
),

bridge as (
    select * from leads
    union all
    select * from helpers
)

select * from bridge
order by task_key, organisation_code, role
