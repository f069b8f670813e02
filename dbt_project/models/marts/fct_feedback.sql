with items as (
    select * from {{ ref('int_feedback__current') }}
),

scopes as (
    select
        organisation_code,
        current_code,
        case kind when 'province' then current_code when 'commune' then parent_code end as scope_code
    from {{ ref('int_organisations__as_of') }}
    where answers_for_code
),

bodies as (
    select organisation_text, scope_code, organisation_code
    from {{ ref('int_organisation_texts__roles') }}
    where role_of_lead = 'lead'
),

-- An answer of a later day than the as-of date has not been given yet.
placed as (
    select
        items.* exclude (answered_on),
        case when items.answered_on <= {{ as_of_date() }} then items.answered_on end as answered_on,
        case
            when items.assigned_to_text is null then coalesce(scopes.current_code, 'UNRESOLVED')
            else coalesce(bodies.organisation_code, 'UNRESOLVED')
        end as found_code
    from items
    left join scopes on items.organisation_code = scopes.organisation_code
    left join bodies
        on
            items.assigned_to_text = bodies.organisation_text
            and scopes.scope_code is not distinct from bodies.scope_code
    where items.received_on <= {{ as_of_date() }}
),

facts as (
    select
        {{ as_of_date() }} as as_of_date,
        source || '/' || feedback_code as feedback_key,
        source,
        feedback_code,
        kind,
        found_code as organisation_code,
        assigned_to_text,
        sender_kind,
        field,
        received_on,
        due_on,
        answered_on,
        state,
        replace({{ status_class('answered_on', 'due_on', as_of_date()) }}, 'completed', 'answered') as status_class,
        coalesce(answered_on, {{ as_of_date() }}) - received_on as days_open,
        coalesce(is_published, false) as is_published,
        delivery_id,
        line
    from placed
)

select * from facts
order by feedback_key
