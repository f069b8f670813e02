{%- set past = "partition by source, dataset, measure, column_name, code order by business_date" -%}
{%- set window = "(" ~ past ~ " rows between " ~ var('anomaly_window') ~ " preceding and 1 preceding)" -%}
-- Median and median absolute deviation of the source's own past: a few odd days do not move them.
with measures as (
    select * from {{ ref('int_deliveries__measures') }}
),

-- Volumes vary by factors, shares by differences.
scaled as (
    select *, if(measure = 'rows', ln(1 + observed), observed) as level from measures
),

compared as (
    select
        *,
        count(*) over {{ window }} as history,
        median(level) over {{ window }} as usual_level,
        1.4826 * mad(level) over {{ window }} as spread,
        lag(level) over ({{ past }}) as previous
    from scaled
),

-- Shares of few rows are rough: their own sampling error counts too.
rough as (
    select
        *,
        case
            when measure != 'rows'
                then
                    sqrt((usual_level * row_count + 1) * ((1 - usual_level) * row_count + 1) / row_count)
                    / (row_count + 2)
            else 0
        end as roughness
    from compared
    -- Days further back are past to compare with; their own past is not all here.
    where history >= {{ var('anomaly_history') }} and day_no <= {{ var('anomaly_deliveries') }}
),

tolerated as (
    select
        *,
        greatest(
            {{ var('anomaly_deviations') }} * greatest(spread, roughness),
            if(measure = 'rows', ln({{ var('anomaly_factor') }}), {{ var('anomaly_share') }})
        ) as tolerance,
        if(measure = 'rows', exp(usual_level) - 1, usual_level) as usual
    from rough
),

-- A steady drift is no jump: the value must also lie off the one before. Cells that are filled where they
-- used to be empty are work that got done (evidence of the first completions), not damage.
found as (
    select
        *,
        if(measure = 'rows', exp(usual_level - tolerance) - 1, usual_level - tolerance) as low,
        if(measure = 'rows', exp(usual_level + tolerance) - 1, usual_level + tolerance) as high
    from tolerated
    where
        abs(level - usual_level) > tolerance
        and abs(level - previous) > tolerance / 2
        and (measure != 'empty_share' or level > usual_level)
        and (measure != 'rows' or abs(observed - usual) >= {{ var('anomaly_rows') }})
),

said as (
    select
        *,
        if(measure = 'rows', format('{:.0f}', observed), format('{:.1f} %', 100 * observed)) as observed_text,
        if(measure = 'rows', format('{:.0f}', usual), format('{:.1f} %', 100 * usual)) as usual_text
    from found
),

anomalies as (
    select
        business_date,
        source,
        dataset,
        organisation_code,
        measure,
        column_name,
        code,
        if(observed > usual, 'above', 'below') as direction,
        observed,
        usual,
        greatest(low, 0) as low,
        if(measure = 'rows', high, least(high, 1)) as high,
        cast(history as bigint) as history,
        case measure
            when 'rows' then 'Số dòng nhận được là ' || observed_text
            when 'empty_share' then 'Tỷ lệ ô trống ở cột ' || column_name || ' là ' || replace(observed_text, '.', ',')
            else 'Tỷ lệ mã ' || code || ' ở cột ' || column_name || ' là ' || replace(observed_text, '.', ',')
        end || ', thường là ' || replace(usual_text, '.', ',') || ' (' || history || ' lần gửi trước).' as message_vi,
        case measure
            when 'rows' then 'Rows received: ' || observed_text
            when 'empty_share' then 'Share of empty cells in ' || column_name || ': ' || observed_text
            else 'Share of code ' || code || ' in ' || column_name || ': ' || observed_text
        end || ', usually ' || usual_text || ' (' || history || ' deliveries before).' as message_en
    from said
)

select * from anomalies
order by business_date, source, dataset, measure, column_name, code
