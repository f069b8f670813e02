{%- set past = "partition by source, dataset, measure, column_name, code order by business_date" -%}
{%- set window = "(" ~ past ~ " rows between " ~ var('anomaly_window') ~ " preceding and 1 preceding)" -%}
-- Median and median absolute deviation of the source's own past: a few odd days do not move them.
with measures as (
    select * from {{ ref('int_deliveries__measures') }}
),

compared as (
    select
        *,
        count(*) over {{ window }} as history,
        median(observed) over {{ window }} as usual,
        1.4826 * mad(observed) over {{ window }} as spread,
        lag(observed) over ({{ past }}) as previous
    from measures
),

-- How far a value may lie from the usual one. Volumes double or halve in honest life; shares of
-- few rows are rough, so their own sampling error counts too.
tolerated as (
    select
        *,
        case measure
            when 'rows' then greatest({{ var('anomaly_deviations') }} * spread, usual, {{ var('anomaly_rows') }})
            else greatest({{ var('anomaly_deviations') }} * greatest(spread, roughness), {{ var('anomaly_share') }})
        end as above,
        case measure
            when 'rows'
                then
                    greatest(
                        {{ var('anomaly_deviations') }} * spread, usual / 2, least({{ var('anomaly_rows') }}, usual)
                    )
            else greatest({{ var('anomaly_deviations') }} * greatest(spread, roughness), {{ var('anomaly_share') }})
        end as below
    from (
        select
            *,
            -- Of shares; a number of rows has no such error.
            case
                when measure != 'rows'
                    then sqrt((usual * row_count + 1) * ((1 - usual) * row_count + 1) / row_count) / (row_count + 2)
            end as roughness
        from compared
        where history >= {{ var('anomaly_history') }}
    )
),

-- A steady drift is no jump: the value must also lie off the one before.
found as (
    select
        *,
        usual - below as low,
        usual + above as high
    from tolerated
    where
        (observed > usual + above and observed - previous > above / 2)
        or (observed < usual - below and previous - observed > below / 2)
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
