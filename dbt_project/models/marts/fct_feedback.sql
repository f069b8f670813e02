with items as (
    select * from {{ ref('int_feedback__handled') }}
),

organisations as (
    select
        organisation_code,
        current_code,
        kind,
        case kind when 'province' then current_code when 'commune' then parent_code end as scope_code
    from {{ ref('int_organisations__as_of') }}
    where answers_for_code
),

bodies as (
    select organisation_text, scope_code, organisation_code, lead_named_code, lead_named_from
    from {{ ref('int_organisation_texts__roles') }}
    where role_of_lead = 'lead'
),

placed as (
    select
        items.*,
        case
            when items.assigned_to_text is null then coalesce(senders.current_code, 'UNRESOLVED')
            else coalesce(bodies.organisation_code, 'UNRESOLVED')
        end as found_code,
        case when items.assigned_to_text is null then items.organisation_code else bodies.lead_named_code end
            as named_code,
        case when items.assigned_to_text is not null then bodies.lead_named_from end as named_from,
        senders.current_code as from_code,
        senders.kind in ('province', 'commune') as is_sent_by_locality
    from items
    left join organisations as senders on items.organisation_code = senders.organisation_code
    left join bodies
        on
            items.assigned_to_text = bodies.organisation_text
            and senders.scope_code is not distinct from bodies.scope_code
),

facts as (
    select
        {{ as_of_date() }} as as_of_date,
        placed.source || '/' || placed.feedback_code as feedback_key,
        placed.source,
        placed.feedback_code,
        placed.kind,
        placed.found_code as organisation_code,
        placed.named_code,
        placed.named_from,
        placed.from_code,
        coalesce(placed.is_sent_by_locality and answering.kind in ('ministry', 'agency'), false) as is_from_locality,
        placed.assigned_to_text,
        placed.sender_kind,
        placed.field,
        placed.received_on,
        placed.due_on,
        placed.due_basis,
        placed.answered_on,
        placed.state,
        replace(
            {{ status_class('placed.answered_on', 'placed.due_on', as_of_date()) }}, 'completed', 'answered'
        ) as status_class,
        coalesce(placed.answered_on, {{ as_of_date() }}) - placed.received_on as days_open,
        cast(placed.working_days_taken as bigint) as working_days_open,
        placed.is_forwarded,
        placed.forwarded_on,
        placed.is_forwarded_in_time,
        placed.is_returned,
        coalesce(placed.is_published, false) as is_published,
        placed.delivery_id,
        placed.line
    from placed
    left join organisations as answering on placed.found_code = answering.organisation_code
)

select * from facts
order by feedback_key
