with deliveries as (
    select delivery_id from {{ ref('int_deliveries__known') }}
    union
    select receipts.delivery_id
    from {{ ref('stg_receipts') }} as receipts
    where receipts.business_date <= {{ as_of_date() }} and receipts.delivery_id is not null
),

ledger as (
    select * from {{ ref('stg_ledger') }}
),

this_run as (
    select
        {{ text_var('run_id') }} as run_id,
        {{ as_of_date() }} as as_of_date,
        cast({{ text_var('run_started_at') }} as timestamptz) as started_at,
        cast({{ text_var('run_published_at') }} as timestamptz) as published_at,
        count(*) as deliveries,
        sum(ledger.rows_received) as rows_received,
        sum(ledger.rows_accepted) as rows_accepted,
        sum(ledger.rows_rejected) as rows_rejected,
        sum(ledger.rows_duplicate) as rows_duplicate
    from ledger
    inner join deliveries on ledger.delivery_id = deliveries.delivery_id
),

earlier as (
    select * from {{ ref('stg_runs') }}
    where run_id != {{ text_var('run_id') }}
),

runs as (
    select * from this_run
    union all by name
    select * from earlier
),

typed as (
    select
        run_id,
        as_of_date,
        started_at,
        published_at,
        cast(deliveries as bigint) as deliveries,
        cast(coalesce(rows_received, 0) as bigint) as rows_received,
        cast(coalesce(rows_accepted, 0) as bigint) as rows_accepted,
        cast(coalesce(rows_rejected, 0) as bigint) as rows_rejected,
        cast(coalesce(rows_duplicate, 0) as bigint) as rows_duplicate
    from runs
)

select * from typed
order by started_at, run_id
