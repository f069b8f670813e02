-- How far each indicator of each body is, how fast it must go, and where it is heading.
with series as (
    select * from {{ ref('int_indicator_series') }}
),

trends as (
    select * from {{ ref('int_indicator_trends') }}
),

units as (
    select subject as indicator_code, max(happened_on) as changed_on
    from {{ ref('int_findings__bodies') }}
    where finding = 'unit_changed'
    group by subject
),

facts as (
    select * from {{ ref('int_indicator_values__targeted') }}
),

-- The latest period for which all bodies are in, where there is one.
latest as (
    select *
    from series
    qualify row_number() over (
            partition by indicator_code, organisation_code
            order by coalesce(bodies_counted >= bodies_expected, true) desc, period_end_on desc
        ) = 1
),

-- A composed value stands against the target of the nation.
national as (
    select
        *,
        make_date(target_year, 12, 31) as part_target_on
    from {{ ref('int_indicator_targets__placed') }}
    where target_kind is null and coalesce(target_organisation_code = 'VN', true)
        and (parts = 1 or is_for_the_whole)
    qualify row_number() over (
            partition by indicator_code
            order by
                coalesce(make_date(target_year, 12, 31) >= {{ as_of_date() }}, true) desc,
                target_year nulls last,
                part_no
        ) = 1
),

indicators as (
    select * from {{ ref('dim_indicator') }}
),

listed as (
    select indicators.indicator_code, coalesce(latest.organisation_code, 'VN') as organisation_code
    from indicators
    left join latest on indicators.indicator_code = latest.indicator_code
    union
    select indicator_code, organisation_code from latest
),

joined as (
    select
        {{ as_of_date() }} as as_of_date,
        listed.indicator_code,
        listed.organisation_code,
        indicators.lead_code,
        indicators.unit,
        indicators.kind,
        indicators.frequency,
        coalesce(latest.breakdown, '') as breakdown,
        latest.period as latest_period,
        latest.period_end_on as latest_period_end_on,
        latest.value as latest_value,
        latest.state as latest_state,
        latest.basis as value_basis,
        latest.bodies_counted,
        latest.bodies_expected,
        coalesce(latest.bodies_counted < latest.bodies_expected, false) as is_partial,
        coalesce(facts.target_operator, national.target_operator) as target_operator,
        coalesce(facts.target_low, national.target_low) as target_low,
        coalesce(facts.target_high, national.target_high) as target_high,
        coalesce(facts.better, national.better, indicators.better) as better,
        coalesce(
            facts.target,
            case
                when national.target_operator in ('<=', '<') then national.target_high
                when national.target_operator in ('>=', '>', '=') then national.target_low
                when national.better = 'lower' then national.target_high
                else national.target_low
            end
        ) as target,
        coalesce(facts.target_on, national.part_target_on, indicators.target_on) as target_on,
        indicators.baseline,
        indicators.baseline_on,
        trends.points,
        trends.pace_per_month,
        trends.not_forecast_because,
        trends.forecast,
        trends.forecast_low,
        trends.forecast_high,
        -- A share of a whole stays within the whole.
        coalesce({{ normalised('indicators.unit') }} like '%\%%' escape '\', false)
        and not contains(coalesce(indicators.unit, ''), '/')
        and coalesce(trends.greatest_y <= 100, false) as is_share,
        coalesce(trends.least_y >= 0, false) as is_never_negative,
        coalesce(latest.first_sighted_on < units.changed_on, false) as is_in_old_unit,
        latest.delivery_id,
        latest.line
    from listed
    left join indicators on listed.indicator_code = indicators.indicator_code
    left join latest
        on listed.indicator_code = latest.indicator_code and listed.organisation_code = latest.organisation_code
    left join facts
        on
            latest.indicator_code = facts.indicator_code
            and latest.organisation_code = facts.found_code
            and latest.delivery_id = facts.delivery_id
            and latest.line = facts.line
            and latest.period = facts.period
            and latest.breakdown = facts.breakdown
    left join national
        on
            listed.indicator_code = national.indicator_code
            and (latest.delivery_id is null or facts.target_operator is null)
            and coalesce(latest.breakdown, '') = ''
    left join trends
        on listed.indicator_code = trends.indicator_code and listed.organisation_code = trends.organisation_code
    left join units on listed.indicator_code = units.indicator_code
),

bounded as (
    select
        * replace (
            {{ within_bounds('forecast') }} as forecast,
            {{ within_bounds('forecast_low') }} as forecast_low,
            {{ within_bounds('forecast_high') }} as forecast_high
        )
    from joined
),

measured as (
    select
        *,
        {{ target_attainment('latest_value') }} as attainment,
        {{ target_is_met('latest_value') }} as is_met,
        target_on < as_of_date as is_past,
        case
            when target_on > latest_period_end_on and not {{ target_is_met('latest_value') }}
                then (
                    case
                        when target_operator = 'between' and latest_value > target_high then target_high
                        else target
                    end - latest_value
                ) / (target_on - latest_period_end_on) * 30.4375
        end as required_pace_per_month,
        case
            when latest_period_end_on > baseline_on
                then
                    baseline + (target - baseline)
                    * least(1, (latest_period_end_on - baseline_on) / nullif((target_on - baseline_on) * 1.0, 0))
        end as on_line
    from bounded
),

judged as (
    select
        *,
        case
            when latest_value is null then 'cannot_be_judged'
            when target_operator is null or target_operator = 'text' then 'cannot_be_judged'
            when is_in_old_unit then 'cannot_be_judged'
            when is_partial then 'cannot_be_judged'
            when is_met and (is_past or (better != 'lower' and kind = 'cumulative')) then 'met'
            when is_past then 'missed'
            when not_forecast_because is null and forecast is not null
                then {{ forecast_says() }}
            when on_line is not null
                then if(
                        (better = 'lower' and latest_value <= on_line)
                        or (better != 'lower' and latest_value >= on_line), 'on_course', 'off_course'
                    )
            when is_met then 'met'
            else 'cannot_be_judged'
        end as judgement
    from measured
),

described as (
    select
        as_of_date,
        indicator_code,
        organisation_code,
        lead_code,
        unit,
        kind,
        breakdown,
        latest_period,
        latest_period_end_on,
        latest_value,
        latest_state,
        value_basis,
        bodies_counted,
        bodies_expected,
        is_partial,
        better,
        target_operator,
        target_low,
        target_high,
        target,
        target_on,
        baseline,
        baseline_on,
        attainment,
        is_met,
        required_pace_per_month,
        pace_per_month,
        points as values_in_trend,
        case when not_forecast_because is null and not is_in_old_unit then forecast end as forecast_on_target_date,
        case when not_forecast_because is null and not is_in_old_unit then forecast_low end as forecast_low,
        case when not_forecast_because is null and not is_in_old_unit then forecast_high end as forecast_high,
        judgement,
        judgement = 'cannot_be_judged' as cannot_be_judged,
        case
            when latest_value is null then 'no_value'
            when target_operator is null then 'no_target'
            when target_operator = 'text' then 'target_is_text'
            when is_in_old_unit then 'unit_changed'
            when is_partial then 'bodies_missing'
            when judgement = 'cannot_be_judged' then coalesce(not_forecast_because, 'too_few_values')
        end as why_not_judged,
        case
            when judgement in ('met', 'on_course') then 'green'
            when judgement in ('missed', 'off_course') then 'red'
            when judgement = 'uncertain' then 'amber'
            else 'grey'
        end as colour,
        delivery_id,
        line
    from judged
)

select * from described
order by indicator_code, organisation_code
