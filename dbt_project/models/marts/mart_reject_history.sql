with refused as (
    select distinct source, dataset from {{ ref('int_rejects__known') }}
),

-- Of a source whose rows were never refused nothing has to be put in order.
attempts as (
    {{ weighed_attempts('(from ' ~ ref('int_attempts__judged') ~ ' semi join refused using (source, dataset))') }}
),

sightings as (
    select
        delivery_id,
        source,
        dataset,
        max(mode) as mode,
        bool_and(is_usable and rows_accepted > 0) as is_good,
        min(business_date) as first_on,
        max(business_date) as last_on,
        arg_min(received_at, business_date) as first_at,
        arg_max(received_at, business_date) as last_at
    from attempts
    where is_checked and outcome in ('landed', 'unchanged', 'duplicate')
    group by delivery_id, source, dataset
),

-- Deliveries of a source and dataset in the order in which they hold: a full export speaks for the
-- last day it was seen, a correction for the first.
deliveries as (
    select
        *,
        dense_rank() over (
            partition by source, dataset
            order by if(mode = 'full', last_on, first_on), if(mode = 'full', last_at, first_at)
        ) as moment
    from sightings
),

full_days as (
    select * from {{ ref('int_sources__export_days') }}
),

-- A row is known by its key, a damaged one by its text, a whole delivery by its dataset.
rejects as (
    select
        rejects.*,
        deliveries.mode,
        deliveries.first_on,
        deliveries.last_on,
        deliveries.moment,
        case
            when rejects.record is null then 'delivery'
            when rejects.record_key is not null then 'key:' || rejects.record_key
            when rejects.raw is not null then 'raw:' || left(sha256(rejects.raw), 20)
            else concat_ws('|', 'line:', rejects.delivery_id, rejects.part, rejects.record)
        end as defect_key
    from {{ ref('int_rejects__known') }} as rejects
    inner join deliveries on rejects.delivery_id = deliveries.delivery_id
),

repairs as (
    select
        repaired.source,
        repaired.dataset,
        'key:' || repaired.record_key as defect_key,
        deliveries.moment,
        min(deliveries.first_on) as first_on,
        min(deliveries.last_on) as last_on,
        min(deliveries.delivery_id) as delivery_id,
        min_by(repaired.line, deliveries.delivery_id) as line
    from {{ ref('int_rejects__repaired') }} as repaired
    inner join deliveries on repaired.delivery_id = deliveries.delivery_id
    group by all
    union all by name
    select
        source,
        dataset,
        'delivery' as defect_key,
        moment,
        min(first_on) as first_on,
        min(last_on) as last_on,
        min(delivery_id) as delivery_id,
        cast(null as bigint) as line
    from deliveries
    where is_good
    group by all
),

-- Each sighting with the correction that came next, and the next day on which all came and it did not.
followed as (
    select
        rejects.*,
        repairs.moment as repaired_at_moment,
        repairs.delivery_id as corrected_by,
        repairs.line as corrected_line,
        if(repairs.first_on > rejects.last_on or rejects.mode != 'full', repairs.first_on, repairs.last_on)
            as corrected_on,
        case when rejects.mode = 'full' then full_days.business_date end as absent_on
    from rejects
    asof left join repairs
        on
            rejects.source = repairs.source
            and rejects.dataset = repairs.dataset
            and rejects.defect_key = repairs.defect_key
            and rejects.moment < repairs.moment
    asof left join full_days
        on
            rejects.source = full_days.source
            and rejects.dataset = full_days.dataset
            and rejects.last_on < full_days.business_date
),

-- A defect that comes back after its correction is a new one.
episodes as (
    select
        source,
        dataset,
        defect_key,
        check_id,
        repaired_at_moment,
        min(first_on) as first_seen_on,
        max(last_on) as last_seen_on,
        arg_min(delivery_id, (moment, record)) as first_delivery_id,
        arg_min(line, (moment, record)) as first_line,
        arg_max(delivery_id, (moment, -coalesce(record, 0))) as last_delivery_id,
        arg_max(line, (moment, -coalesce(record, 0))) as last_line,
        arg_max(reject_id, (moment, -coalesce(record, 0))) as last_reject_id,
        arg_max(column_name, (moment, -coalesce(record, 0))) as column_name,
        arg_max(message_vi, (moment, -coalesce(record, 0))) as message_vi,
        arg_max(message_en, (moment, -coalesce(record, 0))) as message_en,
        arg_max(responsibility, moment) as responsibility,
        arg_max(organisation_code, moment) as organisation_code,
        arg_max(absent_on, moment) as absent_on,
        max(record_key) as record_key,
        min(corrected_on) as corrected_on,
        min(corrected_by) as corrected_by,
        min(corrected_line) as corrected_line,
        count(distinct delivery_id) as deliveries,
        bool_or(defect_key = 'delivery' or record_key is not null) as is_matchable
    from followed
    group by source, dataset, defect_key, check_id, repaired_at_moment
),

history as (
    select
        left(sha256(concat_ws('|', source, dataset, defect_key, check_id, first_delivery_id)), 20) as reject_history_id,
        source,
        organisation_code,
        dataset,
        record_key,
        check_id,
        column_name,
        case
            when corrected_on is not null then 'corrected'
            when absent_on is not null then 'vanished'
            else 'open'
        end as state,
        row_number() over (
            partition by source, dataset, defect_key, check_id order by repaired_at_moment nulls last
        ) as occurrence,
        first_seen_on,
        first_delivery_id,
        first_line,
        last_seen_on,
        last_delivery_id,
        last_line,
        last_reject_id,
        deliveries,
        corrected_on,
        corrected_by,
        corrected_line,
        case when corrected_on is null then absent_on end as vanished_on,
        cast(corrected_on - first_seen_on as bigint) as days_to_correction,
        case
            when coalesce(corrected_on, absent_on) is null then cast({{ as_of_date() }} - first_seen_on as bigint)
        end as days_open,
        is_matchable,
        responsibility,
        message_vi,
        message_en
    from episodes
)

select * from history
order by source, dataset, first_seen_on, record_key, check_id, reject_history_id
