-- int_deliveries__known says what is in force on the as-of date; this says when each delivery was,
-- so that any day before can be asked what was known on it.
with attempts as not materialized (
    select
        * replace (is_usable and is_checked as is_usable),
        outcome = 'failed' or is_refused or (is_usable and not is_checked) as is_broken
    from {{ ref('int_attempts__judged') }}
),

days as (
    {{ export_days('attempts') }}
),

complete_days as (
    select source, dataset, business_date from days where is_complete
),

firsts as (
    select source, dataset, min(business_date) as first_full_on
    from complete_days
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
        min(received_at) as received_at
    from attempts
    where is_usable
    group by all
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
        saying.*,
        coalesce(next_days.business_date, date '9999-12-31') as until_on
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
