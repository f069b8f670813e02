-- What was first said of an indicator's baseline and target: a later one never takes its place.
with known as (
    select * from {{ ref('int_deliveries__known') }} where dataset = 'indicators'
),

staged as (
    select * from {{ ref('stg_indicators') }}
),

versions as (
    select
        staged.*,
        known.first_sighted_on,
        row(known.first_sighted_on, known.first_received_at, staged.record) as place
    from staged
    inner join known on staged.delivery_id = known.delivery_id
),

firsts as (
    select
        source,
        indicator_code,
        arg_min(target_text, place) as first_target_text,
        -- As one: the day and the unit of the first baseline, also where it had none.
        arg_min(
            {
                'baseline': baseline, 'baseline_on': baseline_on, 'unit': unit, 'known_on': first_sighted_on
            },
            place
        ) filter (where baseline is not null) as first
    from versions
    group by source, indicator_code
)

select
    source,
    indicator_code,
    first.baseline as first_baseline,
    first.baseline_on as first_baseline_on,
    first.unit as first_baseline_unit,
    first.known_on as first_baseline_known_on,
    first_target_text
from firsts
