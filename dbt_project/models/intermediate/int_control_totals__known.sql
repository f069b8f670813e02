with known as (
    select * from {{ ref('int_deliveries__known') }} where dataset = 'control_totals'
),

staged as (
    select * from {{ ref('stg_control_totals') }}
),

versions as (
    select
        staged.source,
        staged.dataset,
        staged.measure,
        staged.declared,
        staged.delivery_id,
        staged.line,
        staged.organisation_code,
        known.valid_on as business_date,
        row_number() over (
            partition by staged.source, staged.dataset, staged.measure, known.valid_on
            order by {{ newest_first(no_update()) }}
        ) as version_of_day,
        row_number() over (
            partition by staged.source, staged.dataset, staged.measure order by {{ newest_first(no_update()) }}
        ) = 1 as is_newest
    from staged
    inner join known on staged.delivery_id = known.delivery_id
),

totals as (
    select * exclude (version_of_day) from versions where version_of_day = 1
)

select * from totals
