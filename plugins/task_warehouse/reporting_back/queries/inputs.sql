-- One fingerprint a source and day over all that its report is made from.
with reporting as (
    select * exclude (is_latest) from mart_reporting
),

quality as (
    select * exclude (is_latest) from mart_quality
),

anomalies as (
    select * from mart_quality_anomaly
),

checked as (
    select sightings.source, sightings.business_date, ledger.* exclude (source, business_date)
    from sightings
    inner join ledger on sightings.delivery_id = ledger.delivery_id
),

said as (
    select delivery_id, bit_xor(hash(reject_id, message_vi, message_en, value)) as defects
    from (select * from rejects union all by name select * from warnings)
    semi join sightings using (delivery_id)
    group by delivery_id
),

parts as (
    select source, business_date, 1 as part, hash(reporting) as found from reporting
    union all
    select source, business_date, 2 as part, hash(quality) as found from quality
    union all
    select source, business_date, 3 as part, hash(anomalies) as found from anomalies
    union all
    select source, business_date, 4 as part, hash(checked) as found from checked
    union all
    select sightings.source, sightings.business_date, 5 as part, hash(said) as found
    from sightings
    inner join said on sightings.delivery_id = said.delivery_id
    union all
    select source, business_date, 6 as part, bit_xor(hash(reject_history_id)) as found
    from still_open
    group by all
)

select
    parts.source,
    parts.business_date,
    md5({format} || ':' || string_agg(part || '=' || found, ',' order by part, found)) as inputs
from parts
semi join candidates on parts.source = candidates.source and parts.business_date = candidates.business_date
group by all
order by all;
