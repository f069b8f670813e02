-- Every row that was received is accounted for; only what waits for a person holds rows back.
select delivery_id
from {{ ref('mart_ledger') }}
where
    rows_received != rows_accepted + rows_rejected + rows_duplicate + rows_held
    or (verdict != 'hold' and rows_held > 0)
