-- Which source and day may have a report, and which deliveries were seen on it.
create or replace temp table candidates as
select distinct source, business_date
from mart_reporting
where
    business_date > getvariable('as_of') - {window}
    or cast(received_at as date) > getvariable('as_of') - {window};

create or replace temp table sightings as
select distinct receipts.source, receipts.dataset, receipts.business_date, receipts.delivery_id
from receipts
semi join candidates
    on receipts.source = candidates.source and receipts.business_date = candidates.business_date
where receipts.delivery_id is not null and receipts.outcome in ('landed', 'unchanged', 'duplicate');

create or replace temp table still_open as
select candidates.business_date, history.*
from candidates
inner join mart_reject_history as history
    on
        candidates.source = history.source
        and history.last_seen_on < candidates.business_date
        and coalesce(least(history.corrected_on, history.vanished_on), date '9999-12-31') > candidates.business_date;
