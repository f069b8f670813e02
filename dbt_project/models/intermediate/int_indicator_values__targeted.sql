-- Each value with the body it speaks of, then and now, and the part of the target it stands against.
with values_given as (
    select * from {{ ref('int_indicator_values__current') }}
),

organisations as (
    select organisation_code, kind, current_code, parent_code
    from {{ ref('int_organisations__as_of') }}
    where answers_for_code
),

bodies as (
    select organisation_text, scope_code, organisation_code, lead_named_code, lead_named_from
    from {{ ref('int_organisation_texts__roles') }}
    where role_of_lead = 'lead'
),

indicators as (
    select indicator_code, unit, baseline, baseline_on, target_on
    from {{ ref('int_indicators__led') }}
),

targets as (
    select * from {{ ref('int_indicator_targets__placed') }}
),

placed as (
    select
        values_given.*,
        coalesce(bodies.organisation_code, 'UNRESOLVED') as found_code,
        bodies.lead_named_code as named_code,
        bodies.lead_named_from as named_from,
        found.kind as found_kind,
        {{ period_end('values_given.period') }} as period_end_on,
        {{ normalised('values_given.breakdown') }} as breakdown_key
    from values_given
    left join organisations as sender on values_given.organisation_code = sender.organisation_code
    left join bodies
        on
            values_given.organisation_text = bodies.organisation_text
            and case sender.kind when 'province' then sender.current_code when 'commune' then sender.parent_code end
            is not distinct from bodies.scope_code
    left join organisations as found on bodies.organisation_code = found.organisation_code
),

-- A value without breakdown stands against the only part there is, or the one for its body and
-- year; where parts mean different things ("≤ 3 Đông Nam Á; ≤ 50 Thế giới") the breakdown must
-- name the part.
targeted as (
    select
        placed.*,
        indicators.unit,
        indicators.baseline,
        indicators.baseline_on,
        coalesce(make_date(targets.target_year, 12, 31), indicators.target_on) as target_on,
        targets.target_operator,
        targets.target_low,
        targets.target_high,
        targets.better,
        case
            when targets.target_operator in ('<=', '<') then targets.target_high
            when targets.target_operator in ('>=', '>', '=') then targets.target_low
            when targets.better = 'lower' then targets.target_high
            else targets.target_low
        end as target
    from placed
    left join indicators on placed.indicator_code = indicators.indicator_code
    left join targets
        on
            placed.indicator_code = targets.indicator_code
            and (
                (placed.breakdown_key != '' and placed.breakdown_key = targets.qualifier_key)
                or (
                    placed.breakdown_key = ''
                    and (
                        targets.parts = 1
                        or (
                            (targets.target_kind is null or targets.target_kind = placed.found_kind)
                            and coalesce(targets.target_organisation_code = placed.found_code, true)
                            and (
                                targets.is_for_the_whole
                                or targets.target_kind is not null
                                or targets.target_organisation_code is not null
                            )
                        )
                    )
                )
            )
    qualify row_number() over (
            partition by placed.indicator_code, placed.organisation_text, placed.period, placed.breakdown
            order by
                targets.target_organisation_code is null,
                targets.target_kind is null,
                coalesce(targets.target_year >= year(placed.period_end_on), true) desc,
                abs(targets.target_year - year(placed.period_end_on)),
                targets.part_no
        ) = 1
),

described as (
    select
        *,
        -- What adds up: things counted. Shares, ranks and scores do not.
        not regexp_matches(
            {{ normalised("coalesce(unit, '')") }}, '%|tỷ lệ|phần trăm|thứ|hạng|điểm|chỉ số|mức|hdi|index'
        ) as is_additive
    from targeted
)

select * from described
