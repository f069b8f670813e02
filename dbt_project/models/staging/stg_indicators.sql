with source as (
    select * from {{ source('rooms', 'indicators') }}
),

renamed as (
    select
        delivery_id,
        source,
        organisation_code,
        business_date,
        received_at,
        mode,
        part,
        record,
        line,
        nullif(trim(indicator_code), '') as indicator_code,
        nullif(trim(name), '') as name,
        nullif(trim(unit), '') as unit,
        nullif(trim(better), '') as better,
        nullif(trim(target_operator), '') as target_operator,
        cast(target_low as double) as target_low,
        cast(target_high as double) as target_high,
        target_text,
        cast(target_on as date) as target_on,
        cast(baseline as double) as baseline,
        cast(baseline_on as date) as baseline_on,
        nullif(trim(lead), '') as lead_text,
        nullif(trim(document_code), '') as document_code,
        nullif(trim(frequency), '') as frequency,
        nullif(trim(kind), '') as kind,
        nullif(trim(formula), '') as formula
    from source
)

select * from renamed
