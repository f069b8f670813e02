-- Tasks with the body that answers for each: the first lead that is a body we know.
with tasks as (
    select * from {{ ref('int_tasks__known') }}
),

scopes as (
    select
        organisation_code,
        case kind when 'province' then current_code when 'commune' then parent_code end as scope_code
    from {{ ref('int_organisations__as_of') }}
    where answers_for_code
),

leads as (
    select organisation_text, scope_code, organisation_code as lead_code, lead_named_code, lead_named_from
    from {{ ref('int_organisation_texts__roles') }}
    where role_of_lead = 'lead'
),

led as (
    select
        tasks.*,
        scopes.scope_code,
        coalesce(leads.lead_code, 'UNRESOLVED') as lead_code,
        leads.lead_named_code,
        leads.lead_named_from
    from tasks
    left join scopes on tasks.organisation_code = scopes.organisation_code
    left join leads
        on tasks.lead_text = leads.organisation_text and scopes.scope_code is not distinct from leads.scope_code
)

select * from led
