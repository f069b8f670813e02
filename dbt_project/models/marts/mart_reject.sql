with rejects as (
    select * from {{ ref('int_rejects__known') }}
),

described as (
    select
        reject_id,
        business_date,
        source,
        organisation_code,
        dataset,
        delivery_id,
        part,
        record,
        line,
        column_name,
        value,
        check_id,
        severity,
        message_vi,
        message_en,
        responsibility
    from rejects
)

select * from described
order by business_date, source, dataset, delivery_id, record, check_id, reject_id
