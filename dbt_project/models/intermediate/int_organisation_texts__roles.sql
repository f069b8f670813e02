-- Worked out once a text and not once a task: thousands of tasks share a lead such as "Các bộ,
-- ngành, địa phương", and each of its members is a row.
with parts as (
    select * from {{ ref('int_organisation_texts__resolved') }}
),

leads as (
    select
        organisation_text,
        scope_code,
        coalesce(arg_min(organisation_code, part_no) filter (where is_resolved), 'UNRESOLVED') as lead_code,
        arg_min(named_code, part_no) filter (where is_resolved) as lead_named_code,
        arg_min(named_from, part_no) filter (where is_resolved) as lead_named_from
    from parts
    group by organisation_text, scope_code
),

named as (
    select
        organisation_text,
        scope_code,
        organisation_code,
        string_agg(distinct named_code, '; ' order by named_code) as named_codes,
        string_agg(distinct named_code || '@' || named_from, '; ' order by named_code || '@' || named_from)
            as named_keys,
        arg_min(named_code || '@' || named_from, part_no) as first_named_key,
        string_agg(name_used, '; ' order by part_no) as names_used
    from parts
    group by organisation_text, scope_code, organisation_code
),

members as (
    select
        named.organisation_text,
        named.scope_code,
        members.organisation_code,
        string_agg(distinct named.organisation_code, '; ' order by named.organisation_code) as named_codes,
        string_agg(named.names_used, '; ' order by named.organisation_code) as names_used
    from named
    inner join {{ ref('int_collectives__members') }} as members on named.organisation_code = members.collective_code
    left join named as itself
        on
            named.organisation_text = itself.organisation_text
            and named.scope_code is not distinct from itself.scope_code
            and members.organisation_code = itself.organisation_code
    -- Three thousand communes a task say nothing that the collective does not say.
    where members.kind != 'commune' and itself.organisation_code is null
    group by named.organisation_text, named.scope_code, members.organisation_code
),

roles as (
    select
        named.*,
        case when named.organisation_code = leads.lead_code then 'lead' else 'co_lead' end as role_of_lead,
        'cooperating' as role_of_helper,
        leads.lead_named_code,
        leads.lead_named_from
    from named
    inner join leads
        on
            named.organisation_text = leads.organisation_text
            and named.scope_code is not distinct from leads.scope_code
    union all by name
    select
        *,
        'member' as role_of_lead
    from members
)

select * from roles
