with known as (
    select * from {{ ref('int_deliveries__known') }} where dataset = 'indicator_values' and is_in_force
),

staged as (
    select * from {{ ref('stg_indicator_values') }}
),

current_rows as (
    select
        staged.* exclude (mode, business_date, received_at),
        known.valid_on,
        known.valid_at
    from staged
    inner join known on staged.delivery_id = known.delivery_id
    qualify row_number() over (
            partition by staged.indicator_code, staged.organisation_text, staged.period, staged.breakdown
            order by {{ newest_first(no_update()) }}
        ) = 1
)

select * from current_rows
