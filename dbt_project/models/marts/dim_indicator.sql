with indicators as (
    select * from {{ ref('int_indicators__led') }}
),

targets as (
    select
        *,
        count(target_operator) over (partition by indicator_code) as target_parts
    from {{ ref('int_indicator_targets__parsed') }}
    qualify part_no = 1
),

firsts as (
    select * from {{ ref('int_indicators__firsts') }}
),

described as (
    select
        indicators.indicator_code,
        indicators.name,
        indicators.unit,
        targets.better,
        targets.is_better_inferred and targets.better is not null as is_better_inferred,
        targets.target_operator,
        targets.target_low,
        targets.target_high,
        indicators.target_text,
        cast(targets.target_parts as integer) as target_parts,
        indicators.target_on,
        indicators.baseline,
        indicators.baseline_on,
        indicators.lead_code,
        indicators.lead_text,
        indicators.document_code,
        indicators.frequency,
        indicators.kind,
        indicators.formula,
        indicators.source,
        indicators.delivery_id,
        indicators.line,
        firsts.first_baseline,
        firsts.first_baseline_on,
        firsts.first_baseline_unit,
        firsts.first_baseline_known_on,
        firsts.first_target_text
    from indicators
    left join targets on indicators.indicator_code = targets.indicator_code
    left join firsts on indicators.source = firsts.source and indicators.indicator_code = firsts.indicator_code
)

select * from described
order by indicator_code
