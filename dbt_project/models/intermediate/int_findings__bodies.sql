-- Findings about a body's habit and about its indicators, not about one task.
with organisations as (
    select organisation_code, current_code from {{ ref('int_organisations__as_of') }} where answers_for_code
),

cut_offs as (
    select
        source,
        any_value(organisation_code) as organisation_code,
        due_at,
        lag(due_at) over (partition by source order by due_at) as before_at
    from {{ ref('int_attempts__judged') }}
    where dataset = 'progress' and is_usable and due_at is not null
    group by source, due_at
),

-- A daily export has no rush hour before a cut-off that people would know of.
periods as (
    select *
    from cut_offs
    where coalesce(due_at - before_at >= interval '{{ var("last_hour_cadence_days") }} days', true)
),

updated as (
    select
        periods.source,
        periods.organisation_code,
        periods.due_at,
        count(*) as reports,
        count(*) filter (
            where reports.updated_at > periods.due_at - interval '{{ var("last_hour_minutes") }} minutes'
        ) as in_last_hour,
        count(distinct reports.updated_at) as moments,
        arg_max(reports.delivery_id, (reports.updated_at, reports.delivery_id, reports.line)) as delivery_id,
        arg_max(reports.part, (reports.updated_at, reports.delivery_id, reports.line)) as part,
        arg_max(reports.line, (reports.updated_at, reports.delivery_id, reports.line)) as line
    from periods
    inner join {{ ref('int_progress__known') }} as reports
        on
            periods.source = reports.source
            and reports.updated_at <= periods.due_at
            and reports.updated_at > coalesce(periods.before_at, periods.due_at - interval '31 days')
    group by periods.source, periods.organisation_code, periods.due_at
),

rushed as (
    select
        'last_hour_updates' as finding,
        updated.source as subject,
        coalesce(organisations.current_code, updated.organisation_code) as organisation_code,
        cast(timezone('Asia/Ho_Chi_Minh', updated.due_at) as date) as happened_on,
        cast(timezone('Asia/Ho_Chi_Minh', updated.due_at) as date) as known_on,
        cast(updated.reports as varchar) as old_value,
        cast(updated.in_last_hour as varchar) as new_value,
        updated.delivery_id,
        updated.part,
        updated.line,
        cast(null as varchar) as earlier_delivery_id,
        cast(null as varchar) as earlier_part,
        cast(null as bigint) as earlier_line
    from updated
    left join organisations on updated.organisation_code = organisations.organisation_code
    where
        updated.reports >= {{ var('last_hour_reports') }}
        and updated.in_last_hour >= {{ var('last_hour_share') }} * updated.reports
        -- One moment for all rows is the stamp of an export, not of people.
        and updated.moments > 1
),

versions as (
    select
        staged.*,
        known.first_sighted_on,
        lag(staged.baseline) over indicator as old_baseline,
        lag(staged.baseline_on) over indicator as old_baseline_on,
        lag(staged.unit) over indicator as old_unit,
        lag(staged.delivery_id) over indicator as earlier_delivery_id,
        lag(staged.part) over indicator as earlier_part,
        lag(staged.line) over indicator as earlier_line
    from {{ ref('stg_indicators') }} as staged
    inner join {{ ref('int_deliveries__known') }} as known
        on staged.delivery_id = known.delivery_id and known.dataset = 'indicators'
    window indicator as (
        partition by staged.source, staged.indicator_code
        order by known.first_sighted_on, known.first_received_at, staged.record
    )
),

leads as (
    select indicator_code, lead_code from {{ ref('int_indicators__led') }}
),

reset as (
    select
        'baseline_reset' as finding,
        versions.indicator_code as subject,
        coalesce(leads.lead_code, 'UNRESOLVED') as organisation_code,
        versions.first_sighted_on as happened_on,
        versions.first_sighted_on as known_on,
        concat_ws(' @ ', versions.old_baseline, versions.old_baseline_on) as old_value,
        concat_ws(' @ ', versions.baseline, versions.baseline_on) as new_value,
        versions.delivery_id,
        versions.part,
        versions.line,
        versions.earlier_delivery_id,
        versions.earlier_part,
        versions.earlier_line
    from versions
    left join leads on versions.indicator_code = leads.indicator_code
    -- A baseline given for the first time resets nothing.
    where
        versions.old_baseline is not null
        and (
            versions.baseline is distinct from versions.old_baseline
            or (versions.old_baseline_on is not null and versions.baseline_on is distinct from versions.old_baseline_on)
        )
),

relabelled as (
    select
        'unit_changed' as finding,
        versions.indicator_code as subject,
        coalesce(leads.lead_code, 'UNRESOLVED') as organisation_code,
        versions.first_sighted_on as happened_on,
        versions.first_sighted_on as known_on,
        versions.old_unit as old_value,
        versions.unit as new_value,
        versions.delivery_id,
        versions.part,
        versions.line,
        versions.earlier_delivery_id,
        versions.earlier_part,
        versions.earlier_line
    from versions
    left join leads on versions.indicator_code = leads.indicator_code
    where {{ normalised('versions.unit') }} != {{ normalised('versions.old_unit') }}
),

findings as (
    select * from rushed
    union all
    select * from reset
    union all
    select * from relabelled
)

select * from findings
