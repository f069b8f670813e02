with tasks as (
    select * from {{ ref('int_tasks__led') }}
),

parts as (
    select * from {{ ref('int_organisation_texts__resolved') }}
),

leads as (
    select
        tasks.task_key,
        parts.organisation_code,
        case when parts.organisation_code = tasks.lead_code then 'lead' else 'co_lead' end as role,
        parts.named_code,
        parts.name_used,
        parts.part_no
    from tasks
    inner join parts
        on tasks.lead_text = parts.organisation_text and tasks.scope_code is not distinct from parts.scope_code
),

cooperating as (
    select
        tasks.task_key,
        parts.organisation_code,
        'cooperating' as role,
        parts.named_code,
        parts.name_used,
        parts.part_no
    from tasks
    inner join parts
        on
            tasks.cooperating_text = parts.organisation_text
            and tasks.scope_code is not distinct from parts.scope_code
),

members as (
    select
        leads.task_key,
        members.organisation_code,
        'member' as role,
        leads.organisation_code as named_code,
        leads.name_used,
        leads.part_no
    from leads
    inner join {{ ref('int_collectives__members') }} as members on leads.organisation_code = members.collective_code
    -- Three thousand communes a task say nothing that the collective does not say.
    where members.kind != 'commune'
),

named as (
    select * from leads
    union all
    select * from cooperating
    union all
    select members.*
    from members
    anti join leads
        on members.task_key = leads.task_key and members.organisation_code = leads.organisation_code
),

bridge as (
    select
        task_key,
        organisation_code,
        role,
        string_agg(distinct named_code, '; ' order by named_code) as named_codes,
        string_agg(name_used, '; ' order by part_no) as names_used
    from named
    group by task_key, organisation_code, role
)

select * from bridge
order by task_key, organisation_code, role
