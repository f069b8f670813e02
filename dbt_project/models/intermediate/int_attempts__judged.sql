{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_days_told() }}") }}
-- Each attempt to collect with what became of it: usable, broken, or nothing there.
with told as (
    {{ days_told(ref('stg_receipts')) }}
),

receipts as (
    select * from told
    where business_date <= {{ as_of_date() }}
),

ledger as (
    select * from {{ ref('stg_ledger') }}
),

attempts as (
    select
        receipts.receipt_id,
        receipts.delivery_id,
        receipts.source,
        receipts.organisation_code,
        receipts.dataset,
        receipts.mode,
        receipts.business_date,
        receipts.received_at,
        receipts.due_at,
        receipts.outcome,
        receipts.is_expected,
        -- Until a person decides, a held delivery is as one whose check is not done: its day proves
        -- no absence, and the last good data stay.
        ledger.delivery_id is not null and ledger.verdict != 'hold' as is_checked,
        coalesce(ledger.verdict = 'hold', false) as is_held,
        ledger.verdict,
        receipts.outcome in ('landed', 'unchanged', 'duplicate') and coalesce(ledger.verdict != 'refuse', true)
            as is_usable,
        receipts.outcome = 'refused' or coalesce(ledger.verdict = 'refuse', false) as is_refused,
        if(ledger.verdict in ('refuse', 'hold'), ledger.reason_code, receipts.reason_code) as reason_code,
        if(ledger.verdict in ('refuse', 'hold'), ledger.reason_vi, receipts.reason_vi) as reason_vi,
        if(ledger.verdict in ('refuse', 'hold'), ledger.reason_en, receipts.reason_en) as reason_en,
        ledger.rows_received,
        ledger.rows_accepted,
        ledger.rows_rejected,
        ledger.rows_duplicate,
        ledger.rows_warned,
        ledger.rows_held,
        ledger.secret_rows
    from receipts
    left join ledger on receipts.delivery_id = ledger.delivery_id
)

select * from attempts
