with indicators as (
    select * from {{ ref('int_indicators__current') }}
),

targets as (
    select
        *,
        count(target_operator) over (partition by indicator_code) as target_parts
    from {{ ref('int_indicator_targets__parsed') }}
    qualify part_no = 1
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

described as (
    select
        indicators.indicator_code,
        indicators.name,
        indicators.unit,
        targets.better,
        targets.is_better_inferred and targets.better is not null as is_better_inferred,
        targets.target_operator,
        targets.target_low,
        targets.target_high,
        indicators.target_text,
        cast(targets.target_parts as integer) as target_parts,
        indicators.target_on,
        indicators.baseline,
        indicators.baseline_on,
        leads.lead_code,
        indicators.lead_text,
        indicators.document_code,
        indicators.frequency,
        indicators.kind,
        indicators.formula,
        indicators.source,
        indicators.delivery_id,
        indicators.line
    from indicators
    left join targets on indicators.indicator_code = targets.indicator_code
    left join scopes on indicators.organisation_code = scopes.organisation_code
    left join leads
        on
            indicators.lead_text = leads.organisation_text
            and scopes.scope_code is not distinct from leads.scope_code
)

select * from described
order by indicator_code
