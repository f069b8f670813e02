-- A straight line through the latest values of a series, and how far it may be trusted on the day of
-- the target: least squares and the prediction interval of 80 %. Values from before a change of the
-- unit take no part.
with series as (
    select * from {{ ref('int_indicator_series') }}
),

units as (
    select subject as indicator_code, max(happened_on) as changed_on
    from {{ ref('int_findings__bodies') }}
    where finding = 'unit_changed'
    group by subject
),

targets as (
    select indicator_code, found_code, max(target_on) as target_on
    from {{ ref('int_indicator_values__targeted') }}
    where target_on is not null
    group by all
),

indicators as (
    select indicator_code, target_on from {{ ref('int_indicators__led') }}
),

latest as (
    select
        series.*,
        coalesce(series.first_sighted_on < units.changed_on, false) as is_in_old_unit,
        row_number() over (
            partition by series.indicator_code, series.organisation_code order by series.period_end_on desc
        ) as nth
    from series
    left join units on series.indicator_code = units.indicator_code
),

points as (
    select
        indicator_code,
        organisation_code,
        period_end_on - date '2000-01-01' as x,
        value as y
    from latest
    where nth <= {{ var('forecast_points') }} and not is_in_old_unit
),

fitted as (
    select
        indicator_code,
        organisation_code,
        count(*) as points,
        max(x) - min(x) as span_days,
        max(x) as last_x,
        avg(x) as mean_x,
        -- One value has no slope; the function's answer to it is not a number.
        case when count(*) > 1 then regr_slope(y, x) end as slope,
        case when count(*) > 1 then regr_intercept(y, x) end as intercept,
        regr_sxx(y, x) as sxx,
        greatest(regr_syy(y, x) - regr_sxy(y, x) * regr_sxy(y, x) / nullif(regr_sxx(y, x), 0), 0) as residual,
        min(y) as least_y,
        max(y) as greatest_y
    from points
    group by indicator_code, organisation_code
),

aimed as (
    select
        fitted.*,
        coalesce(targets.target_on, indicators.target_on) - date '2000-01-01' as target_x
    from fitted
    left join targets
        on fitted.indicator_code = targets.indicator_code and fitted.organisation_code = targets.found_code
    left join indicators on fitted.indicator_code = indicators.indicator_code
),

spread as (
    select
        *,
        -- Student's t for 80 %, by degrees of freedom; beyond ten it hardly moves.
        coalesce(
            [3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372][points - 2], 1.33
        ) * sqrt(residual / nullif(points - 2, 0))
        * sqrt(1 + 1 / points + (target_x - mean_x) * (target_x - mean_x) / nullif(sxx, 0)) as half_width
    from aimed
),

trends as (
    select
        indicator_code,
        organisation_code,
        points,
        slope * 30.4375 as pace_per_month,
        intercept + slope * target_x as forecast,
        intercept + slope * target_x - half_width as forecast_low,
        intercept + slope * target_x + half_width as forecast_high,
        least_y,
        greatest_y,
        case
            when points < {{ var('forecast_min_points') }} then 'too_few_values'
            when target_x is null then 'no_target_date'
            when target_x - last_x > {{ var('forecast_reach') }} * span_days then 'too_far'
        end as not_forecast_because
    from spread
)

select * from trends
