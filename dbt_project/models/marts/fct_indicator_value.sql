with targeted as (
    select * from {{ ref('int_indicator_values__targeted') }}
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
        {{ target_attainment('value') }} as attainment,
        {{ target_is_met('value') }} as is_met,
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
