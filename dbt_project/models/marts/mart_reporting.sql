{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook="{{ take_out_days_told() }}",
    post_hook=[
        "{{ mark_latest() }}",
        "{{ refuse_twice(days_told(this), 'business_date, source, dataset') }}",
        "{{ name_primary_key() }}"
    ]
) }}
with told as not materialized (
    {{ days_told(ref('int_attempts__judged')) }}
),

firsts as (
    select source, dataset, min(received_at) as first_tried_at
    from {{ ref('int_attempts__judged') }}
    group by source, dataset
),

attempts as not materialized (
    select
        told.* replace (told.is_usable and not told.is_held as is_usable),
        firsts.first_tried_at
    from told
    inner join firsts on told.source = firsts.source and told.dataset = firsts.dataset
),

-- Of days before those that are told: the last good one.
goods_before as (
    {% if is_incremental() -%}
        select source, dataset, max(last_good_on) as last_good_on
        from {{ this }}
        group by source, dataset
    {%- else -%}
        select cast(null as varchar) as source, cast(null as varchar) as dataset, cast(null as date) as last_good_on
        where false
    {%- endif %}
),

days as (
    select
        business_date,
        source,
        dataset,
        max(organisation_code) as organisation_code,
        max(mode) as mode,
        max(due_at) as due_at,
        min(first_tried_at) as first_tried_at,
        bool_or(is_expected) as expected,
        min(received_at) filter (where is_usable) as received_at,
        bool_or(is_usable) as has_usable,
        bool_or(is_usable and outcome != 'unchanged') as has_new,
        bool_or(outcome = 'landed' and is_usable) as has_landed,
        bool_or(is_refused) as has_refused,
        bool_or(outcome = 'nothing_arose') as has_nothing_arose,
        bool_or(is_held) as has_held,
        min(received_at) filter (where is_held) as held_since,
        -- What came whole after it makes good what is held.
        coalesce(
            max(received_at) filter (where is_held) >= max(received_at) filter (where is_usable), bool_or(is_held)
        ) as is_waiting,
        bool_or(verdict = 'accept_with_warnings' and is_usable) as has_warnings,
        bool_or(is_usable and is_checked) as has_checked,
        bool_or(is_usable and is_checked and rows_accepted > 0) as has_good,
        count(distinct delivery_id) filter (where is_held) as held_deliveries,
        count(distinct delivery_id) filter (where is_usable) as deliveries,
        count(distinct delivery_id) filter (where is_refused) as refused_deliveries,
        count(distinct received_at) filter (where outcome = 'failed') as failed_attempts,
        arg_max(reason_code, (received_at, receipt_id)) filter (where not is_usable) as reason_code,
        arg_max(reason_vi, (received_at, receipt_id)) filter (where not is_usable) as reason_vi,
        arg_max(reason_en, (received_at, receipt_id)) filter (where not is_usable) as reason_en
    from attempts
    group by business_date, source, dataset
),

given as (
    select distinct
        business_date,
        source,
        dataset,
        delivery_id,
        rows_received,
        rows_accepted,
        rows_rejected,
        rows_duplicate,
        rows_warned,
        rows_held,
        secret_rows
    from attempts
    where is_checked or is_held
),

sums as (
    select
        business_date,
        source,
        dataset,
        sum(rows_received) as rows_received,
        sum(rows_accepted) as rows_accepted,
        sum(rows_rejected) as rows_rejected,
        sum(rows_duplicate) as rows_duplicate,
        sum(rows_warned) as rows_warned,
        sum(rows_held) as rows_held,
        sum(secret_rows) as secret_rows
    from given
    group by all
),

judged as (
    select
        days.business_date,
        days.source,
        days.dataset,
        days.organisation_code,
        days.expected,
        case
            when days.is_waiting then 'held'
            -- Yesterday's corrections again correct nothing; yesterday's whole state may still hold.
            when days.has_usable and days.mode = 'delta' and not days.has_new then 'duplicate'
            when days.has_usable and sums.rows_received = 0 then 'nothing_arose'
            -- What was there at our first look may have lain there in time: nobody is blamed for it.
            when days.has_usable and days.received_at > days.due_at and days.received_at > days.first_tried_at
                then 'late'
            when days.has_usable then 'on_time'
            when days.has_nothing_arose then 'nothing_arose'
            when days.has_refused then 'refused'
            else 'missing'
        end as status,
        days.received_at,
        days.due_at,
        cast(days.deliveries as integer) as deliveries,
        cast(days.refused_deliveries as integer) as refused_deliveries,
        cast(days.failed_attempts as integer) as failed_attempts,
        cast(days.held_deliveries as integer) as held_deliveries,
        case
            when days.is_waiting then 'hold'
            when days.has_checked and days.has_warnings then 'accept_with_warnings'
            when days.has_checked then 'accept'
            when days.has_refused then 'refuse'
        end as verdict,
        days.held_since,
        greatest(
            goods_before.last_good_on,
            max(case when days.has_good then days.business_date end) over (
                partition by days.source, days.dataset
                order by days.business_date
                rows between unbounded preceding and current row
            )
        ) as last_good_on,
        days.has_usable and not days.has_new as is_unchanged,
        cast(coalesce(sums.rows_received, 0) as bigint) as rows_received,
        cast(coalesce(sums.rows_accepted, 0) as bigint) as rows_accepted,
        cast(coalesce(sums.rows_rejected, 0) as bigint) as rows_rejected,
        cast(coalesce(sums.rows_duplicate, 0) as bigint) as rows_duplicate,
        cast(coalesce(sums.rows_warned, 0) as bigint) as rows_warned,
        cast(coalesce(sums.rows_held, 0) as bigint) as rows_held,
        cast(coalesce(sums.secret_rows, 0) as bigint) as secret_rows,
        days.reason_code,
        days.reason_vi,
        days.reason_en
    from days
    left join sums
        on
            days.business_date = sums.business_date
            and days.source = sums.source
            and days.dataset = sums.dataset
    left join goods_before on days.source = goods_before.source and days.dataset = goods_before.dataset
),

-- Where nothing was owed and nothing came there is nothing to report.
reported as (
    select
        *,
        -- Of what is reported: a day on which nothing was owed and nothing came does not count.
        business_date = max(business_date) over (partition by source, dataset) as is_latest
    from judged
    where expected or status != 'missing' or failed_attempts > 0
)

select * from reported
order by business_date, source, dataset
