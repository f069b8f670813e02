{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook="{{ take_out_rechecked() }}",
    post_hook=["{{ refuse_twice(deliveries_told(this), 'delivery_id') }}", "{{ name_primary_key() }}"]
) }}
with ledger as (
    {{ deliveries_told(ref('int_ledger__known')) }}
),

entries as (
    select
        delivery_id,
        source,
        organisation_code,
        dataset,
        business_date,
        received_at,
        verdict,
        reason_code,
        reason_vi,
        reason_en,
        findings,
        coalesce(was_held, false) as was_held,
        held_for,
        decision,
        decided_at,
        cast(rows_received as bigint) as rows_received,
        cast(rows_accepted as bigint) as rows_accepted,
        cast(rows_rejected as bigint) as rows_rejected,
        cast(rows_duplicate as bigint) as rows_duplicate,
        cast(coalesce(rows_held, 0) as bigint) as rows_held,
        cast(coalesce(rows_warned, 0) as bigint) as rows_warned,
        cast(coalesce(secret_rows, 0) as bigint) as secret_rows,
        contract_version
    from ledger
)

select * from entries
order by business_date, source, dataset, delivery_id
