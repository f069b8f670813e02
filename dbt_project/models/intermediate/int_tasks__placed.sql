-- depends_on: {{ ref('int_tasks__touched') }}
-- Where a task stood in the lists on each day on which lists or reports said something new of it:
-- the version of that day with the lead it names. Only tasks that are told anew.
with present as (
    select * from {{ ref('int_tasks__present') }}
    where {{ is_among_touched() }}
),

out_of_order as (
    select versions.task_key, versions.known_on, versions.until_on
    from {{ ref('int_reports__versions') }} as versions
    inner join {{ ref('int_reports__orders') }} as orders on versions.task_key = orders.task_key
    where not orders.is_in_order and {{ is_among_touched('versions.') }}
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

-- Of the versions of one day the last one is what the morning knew.
versions as (
    select
        versions.task_key,
        versions.known_on,
        versions.lead_text,
        scopes.scope_code,
        versions.printed_due_on,
        versions.known_at,
        versions.delivery_id,
        versions.line,
        coalesce(leads.lead_code, 'UNRESOLVED') as lead_code
    from {{ ref('int_tasks__versions') }} as versions
    left join scopes on versions.organisation_code = scopes.organisation_code
    left join leads
        on versions.lead_text = leads.organisation_text and scopes.scope_code is not distinct from leads.scope_code
    where {{ is_among_touched() }}
    qualify row_number() over (
            partition by versions.task_key, versions.known_on order by versions.version_no desc
        ) = 1
),

points as (
    select task_key, known_on from versions
    union
    select task_key, from_on as known_on from present
    union
    select task_key, until_on as known_on from present where until_on <= {{ as_of_date() }}
    union
    select task_key, known_on from {{ ref('int_tasks__told_in_order') }} where {{ is_among_touched() }}
    union
    select task_key, known_on from out_of_order
    union
    select task_key, until_on as known_on from out_of_order where until_on <= {{ as_of_date() }}
),

placed as (
    select
        points.task_key,
        points.known_on,
        versions.lead_text,
        versions.scope_code,
        versions.printed_due_on,
        versions.lead_code,
        versions.delivery_id,
        versions.line,
        case when versions.known_on = points.known_on then versions.known_at end as told_at
    from points
    asof inner join versions
        on points.task_key = versions.task_key and points.known_on >= versions.known_on
)

select * from placed
