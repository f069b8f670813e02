{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_touched() }}") }}
-- depends_on: {{ ref('int_tasks__touched') }}
-- What was known of a task on each day on which that changed, in the organisations of the as-of
-- date. A state holds until the next one of the task; the last is today's.
with reports as (
    select * from {{ ref('int_reports__versions') }}
    where {{ is_among_touched() }}
),

present as (
    select * from {{ ref('int_tasks__present') }}
    where {{ is_among_touched() }}
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
    select task_key, known_on from reports
    union
    select task_key, until_on as known_on from reports where until_on <= {{ as_of_date() }}
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
),

looked_at as (
    select
        placed.task_key,
        placed.known_on as state_on,
        placed.lead_code,
        reports.* exclude (task_key),
        reports.until_on > placed.known_on as is_in_force,
        coalesce(reports.first_full_on <= placed.known_on, false) as had_full
    from placed
    inner join reports on placed.task_key = reports.task_key and placed.known_on >= reports.known_on
),

-- Of the versions of a report the one that stood on that day (newest_first, asked of any day).
standing as (
    select *
    from looked_at
    qualify row_number() over (
            partition by task_key, state_on, source, reported_on
            order by
                is_in_force desc,
                case when had_full then from_on end desc nulls last,
                case when had_full then known_at end desc nulls last,
                coalesce(updated_at, cast(from_on as timestamp) at time zone 'UTC') desc,
                from_on desc, known_at desc, delivery_id desc, record desc
        ) = 1
),

weighed as (
    select
        *,
        {{ counts_of('reporter_code = lead_code', 'task_key, state_on') }} as counts,
        row_number() over (
            partition by task_key, state_on
            order by
                reported_on, reporter_code = lead_code nulls first, updated_at nulls first, from_on, known_at, source
        ) as report_no
    from standing
),

{{ completions('weighed', ['task_key', 'state_on']) }},

extensions as (
    select
        task_key,
        state_on,
        max(extension_to) as extended_to,
        arg_max(delivery_id, (extension_to, report_no)) as delivery_id,
        arg_max(line, (extension_to, report_no)) as line
    from weighed
    where is_in_force and approval_state = 'approved' and extension_to is not null
    group by task_key, state_on
),

latest as (
    select
        task_key,
        state_on,
        max(known_at) filter (where known_on = state_on) as reported_at,
        arg_max(delivery_id, report_no) filter (where counts) as delivery_id,
        arg_max(line, report_no) filter (where counts) as line,
        arg_max(reported_on, report_no) filter (where counts) as reported_on
    from weighed
    group by task_key, state_on
),

states as (
    select
        placed.task_key,
        placed.known_on,
        coalesce(present.until_on > placed.known_on, false) as is_present,
        placed.lead_code,
        placed.lead_text,
        placed.scope_code,
        case
            when {{ is_extended('extensions.extended_to', 'placed.printed_due_on') }} then extensions.extended_to
            else placed.printed_due_on
        end as due_on,
        completions.completed_on,
        -- The moment of the word that moved it; where only time moved it, the start of that day here.
        coalesce(
            greatest(placed.told_at, latest.reported_at), {{ morning_of('placed.known_on') }}
        ) as known_at,
        case
            when {{ is_extended('extensions.extended_to', 'placed.printed_due_on') }} then extensions.delivery_id
            else placed.delivery_id
        end as due_delivery_id,
        case
            when {{ is_extended('extensions.extended_to', 'placed.printed_due_on') }} then extensions.line
            else placed.line
        end as due_line,
        completions.completed_delivery_id,
        completions.completed_line,
        latest.delivery_id as last_delivery_id,
        latest.line as last_line,
        latest.reported_on as last_reported_on
    from placed
    asof left join present
        on placed.task_key = present.task_key and placed.known_on >= present.from_on
    left join completions on placed.task_key = completions.task_key and placed.known_on = completions.state_on
    left join extensions on placed.task_key = extensions.task_key and placed.known_on = extensions.state_on
    left join latest on placed.task_key = latest.task_key and placed.known_on = latest.state_on
),

changed as (
    select *
    from states
    qualify row(is_present, lead_text, scope_code, due_on, completed_on) is distinct from lag(
            row(is_present, lead_text, scope_code, due_on, completed_on)
        ) over (partition by task_key order by known_on)
),

numbered as (
    select
        *,
        lead(known_on) over (partition by task_key order by known_on) as until_on,
        cast(row_number() over (partition by task_key order by known_on) as integer) as state_no
    from changed
)

select * from numbered
