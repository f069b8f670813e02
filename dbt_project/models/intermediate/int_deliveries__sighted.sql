{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ take_out_deliveries(ref('int_deliveries__restated')) }}"
) }}
-- depends_on: {{ ref('int_deliveries__restated') }}
-- int_deliveries__known says what is in force on the as-of date; this says when each delivery was,
-- so that any day before can be asked what was known on it.
with told as (
    {{ pairs_told(ref('int_attempts__judged')) }}
),

attempts as (
    {{ weighed_attempts('told') }}
),

complete_days as (
    {{ pairs_told(ref('int_sources__export_days')) }}
),

firsts as (
    select source, dataset, min(business_date) as first_full_on
    from {{ ref('int_sources__export_days') }}
    group by all
),

sightings as (
    select
        delivery_id,
        source,
        dataset,
        business_date,
        max(mode) as mode,
        max(organisation_code) as organisation_code,
        min(received_at) as received_at,
        cast(null as date) as ended_on
    from attempts
    where is_usable
    group by all
    {% if is_incremental() -%}
        -- What stood already goes on from its first day, or is over.
        union all by name
        select
            delivery_id,
            source,
            dataset,
            mode,
            organisation_code,
            from_on as business_date,
            seen_at as received_at,
            nullif(until_on, date '9999-12-31') as ended_on
        from {{ ref('int_deliveries__restated') }}
        where (source, dataset) not in (select anew.source, anew.dataset from inputs.told_anew as anew)
    {%- endif %}
),

-- Corrections (delta) say something once; a full export says it again on every day it is seen.
saying as (
    select *
    from sightings
    qualify mode = 'full' or row_number() over (partition by delivery_id order by business_date, received_at) = 1
),

-- What a day said holds until the next day on which the whole was said anew.
held as (
    select
        saying.* exclude (ended_on),
        coalesce(saying.ended_on, next_days.business_date, date '9999-12-31') as until_on
    from saying
    asof left join complete_days as next_days
        on
            saying.source = next_days.source
            and saying.dataset = next_days.dataset
            and saying.business_date < next_days.business_date
),

marked as (
    select
        *,
        coalesce(
            business_date > max(until_on) over (
                partition by delivery_id order by business_date rows between unbounded preceding and 1 preceding
            ), true
        ) as is_start
    from held
),

numbered as (
    select
        *,
        sum(cast(is_start as integer)) over (partition by delivery_id order by business_date) as stretch_no
    from marked
),

stretches as (
    select
        delivery_id,
        source,
        dataset,
        max(mode) as mode,
        max(organisation_code) as organisation_code,
        min(business_date) as from_on,
        arg_min(received_at, business_date) as seen_at,
        max(until_on) as until_on
    from numbered
    group by delivery_id, source, dataset, stretch_no
),

sighted as (
    select
        stretches.*,
        firsts.first_full_on
    from stretches
    left join firsts on stretches.source = firsts.source and stretches.dataset = firsts.dataset
)

select * from sighted
