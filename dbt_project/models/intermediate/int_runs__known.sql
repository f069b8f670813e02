with deliveries as (
    select distinct
        delivery_id,
        rows_received,
        rows_accepted,
        rows_rejected,
        rows_duplicate,
        rows_held
    from {{ ref('int_attempts__judged') }}
    where is_checked or is_held
),

this_run as (
    select
        {{ text_var('run_id') }} as run_id,
        {{ as_of_date() }} as as_of_date,
        cast({{ text_var('run_started_at') }} as timestamptz) as started_at,
        cast({{ text_var('run_published_at') }} as timestamptz) as published_at,
        count(*) as deliveries,
        sum(rows_received) as rows_received,
        sum(rows_accepted) as rows_accepted,
        sum(rows_rejected) as rows_rejected,
        sum(rows_duplicate) as rows_duplicate,
        sum(rows_held) as rows_held
    from deliveries
),

earlier as (
    select * from {{ ref('stg_runs') }}
    where run_id != {{ text_var('run_id') }}
),

runs as (
    select * from this_run
    union all by name
    select * from earlier
)

select * from runs
