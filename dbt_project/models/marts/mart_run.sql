with runs as (
    select
        run_id,
        as_of_date,
        started_at,
        published_at,
        cast(deliveries as bigint) as deliveries,
        cast(coalesce(rows_received, 0) as bigint) as rows_received,
        cast(coalesce(rows_accepted, 0) as bigint) as rows_accepted,
        cast(coalesce(rows_rejected, 0) as bigint) as rows_rejected,
        cast(coalesce(rows_duplicate, 0) as bigint) as rows_duplicate,
        cast(coalesce(rows_held, 0) as bigint) as rows_held
    from {{ ref('int_runs__known') }}
)

select * from runs
order by started_at, run_id
