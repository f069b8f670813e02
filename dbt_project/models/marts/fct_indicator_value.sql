with values_given as (
    select * from {{ ref('int_indicator_values__current') }}
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

indicators as (
    select * from {{ ref('dim_indicator') }}
),

targets as (
    select
        *,
        {{ normalised("coalesce(qualifier, '')") }} as qualifier_key,
        count(*) over (partition by indicator_code) as parts
    from {{ ref('dim_indicator_target') }}
),

placed as (
    select
        values_given.*,
        coalesce(bodies.organisation_code, 'UNRESOLVED') as found_code,
        {{ period_end('values_given.period') }} as period_end_on,
        {{ normalised('values_given.breakdown') }} as breakdown_key
    from values_given
    left join scopes on values_given.organisation_code = scopes.organisation_code
    left join bodies
        on
            values_given.organisation_text = bodies.organisation_text
            and scopes.scope_code is not distinct from bodies.scope_code
),

-- A value without breakdown stands against the only target there is; where a target has parts
-- ("≤ 3 Đông Nam Á; ≤ 50 Thế giới") the breakdown must name the part.
targeted as (
    select
        placed.*,
        indicators.baseline,
        indicators.baseline_on,
        indicators.target_on,
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
                (placed.breakdown_key = '' and targets.parts = 1)
                or (placed.breakdown_key != '' and placed.breakdown_key = targets.qualifier_key)
            )
),

measured as (
    select
        *,
        case
            when target_operator = 'between' and value < target_low then value - target_low
            when target_operator = 'between' and value > target_high then target_high - value
            when target_operator = 'between' then 0
            when better = 'lower' then target - value
            else value - target
        end as gap,
        case
            when target_operator = 'between' and value between target_low and target_high then 1
            when target_operator = 'between' and value > target_high then target_high / nullif(value, 0)
            when better = 'lower' then target / nullif(value, 0)
            else value / nullif(target, 0)
        end as attainment,
        case
            when target_operator = '>' then value > target
            when target_operator = '<' then value < target
            when target_operator = 'between' then value between target_low and target_high
            when target_operator is null or target_operator = 'text' then null
            when better = 'lower' then value <= target
            else value >= target
        end as is_met,
        -- The straight line from baseline to target; without both ends there is none.
        baseline + (target - baseline) * least(
            1, greatest(0, (period_end_on - baseline_on) / nullif(cast(target_on - baseline_on as double), 0))
        ) as required
    from targeted
),

facts as (
    select
        indicator_code,
        found_code as organisation_code,
        organisation_text as reported_as,
        period,
        period_end_on,
        breakdown,
        value,
        state,
        target,
        gap,
        attainment,
        is_met,
        case when better = 'lower' then value <= required else value >= required end as on_trajectory,
        note,
        source,
        delivery_id,
        line
    from measured
)

select * from facts
order by indicator_code, organisation_code, reported_as, period, breakdown
