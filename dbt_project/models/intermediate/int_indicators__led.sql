-- Indicators with the body that answers for each: the first lead that is a body we know.
with indicators as (
    select * from {{ ref('int_indicators__current') }}
),

scopes as (
    select
        organisation_code,
        case kind when 'province' then current_code when 'commune' then parent_code end as scope_code
    from {{ ref('int_organisations__as_of') }}
    where answers_for_code
),

leads as (
    select organisation_text, scope_code, organisation_code as lead_code
    from {{ ref('int_organisation_texts__roles') }}
    where role_of_lead = 'lead'
),

led as (
    select
        indicators.*,
        leads.lead_code
    from indicators
    left join scopes on indicators.organisation_code = scopes.organisation_code
    left join leads
        on
            indicators.lead_text = leads.organisation_text
            and scopes.scope_code is not distinct from leads.scope_code
)

select * from led
