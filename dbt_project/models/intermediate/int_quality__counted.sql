{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_quality_told() }}"
) }}
-- depends_on: {{ ref('int_quality__retold') }}
-- The counts that scores are shares of: of every source, dataset and day that was owed or came.
with reported as (
    {{ quality_told(ref('mart_reporting')) }}
),

attempts as (
    select * from {{ ref('int_attempts__judged') }}
),

-- What was there at our first look may have lain there in time: nobody is blamed for it.
first_looks as (
    select source, dataset, min(received_at) as first_tried_at
    from attempts
    group by source, dataset
),

measured as (
    select * from {{ ref('int_deliveries__measured') }}
),

kinds as (
    select * from {{ ref('defect_kinds') }}
),

declared as (
    select * from {{ rows_declared() }}
),

given as (
    select distinct
        business_date,
        source,
        dataset,
        delivery_id,
        is_refused,
        rows_received,
        rows_duplicate
    from ({{ quality_told('attempts') }})
    where is_checked
),

-- A delivery refused as a whole cannot be used: all its rows, and at least one, are invalid, and
-- nothing else about it can be judged.
sums as (
    select
        given.business_date,
        given.source,
        given.dataset,
        sum(if(given.is_refused, greatest(given.rows_received, 1), given.rows_received)) as rows_judged,
        coalesce(sum(given.rows_received) filter (where not given.is_refused), 0) as rows_readable,
        coalesce(sum(given.rows_duplicate) filter (where not given.is_refused), 0) as rows_duplicate,
        sum(if(given.is_refused, greatest(given.rows_received, 1), coalesce(measured.rows_invalid, 0)))
            as rows_invalid,
        coalesce(sum(measured.rows_incomplete) filter (where not given.is_refused), 0) as rows_incomplete,
        coalesce(sum(measured.rows_repeated) filter (where not given.is_refused), 0) as rows_repeated,
        coalesce(sum(measured.rows_inconsistent) filter (where not given.is_refused), 0) as rows_inconsistent,
        coalesce(sum(measured.rows_untimely) filter (where not given.is_refused), 0) as rows_untimely
    from given
    left join measured on given.delivery_id = measured.delivery_id
    group by all
),

judged as (
    select
        reported.business_date,
        reported.source,
        reported.dataset,
        reported.organisation_code,
        reported.is_latest,
        reported.expected,
        reported.status,
        reported.received_at,
        reported.due_at,
        reported.reason_code,
        reported.rows_received,
        reported.rows_accepted,
        reported.rows_rejected,
        reported.rows_duplicate,
        reported.rows_warned,
        declared.rows_declared,
        coalesce(sums.rows_judged, 0) as rows_judged,
        coalesce(sums.rows_readable, 0) as rows_readable,
        coalesce(greatest(sums.rows_readable - sums.rows_duplicate, coalesce(declared.rows_declared, 0)), 0)
            as rows_stated,
        coalesce(
            sums.rows_incomplete
            + greatest(coalesce(declared.rows_declared, 0) - (sums.rows_readable - sums.rows_duplicate), 0), 0
        ) as rows_incomplete,
        coalesce(sums.rows_invalid, 0) as rows_invalid,
        coalesce(sums.rows_repeated + sums.rows_duplicate, 0) as rows_repeated,
        coalesce(sums.rows_inconsistent, 0) as rows_inconsistent,
        coalesce(sums.rows_untimely, 0) as rows_untimely,
        -- Nobody answers for what failed on our side.
        cast(
            reported.expected
            and not (reported.status in ('missing', 'refused') and coalesce(kinds.responsibility = 'us', false))
            as integer
        ) as obligations,
        -- What is held, too, is judged by when it came, not by when somebody decides.
        case
            when reported.status in ('missing', 'refused') then 0
            when reported.status = 'late' then {{ var('quality_late') }}
            when
                reported.status = 'held'
                and reported.held_since > reported.due_at
                and reported.held_since > first_looks.first_tried_at
                then {{ var('quality_late') }}
            else 1
        end as punctuality
    from reported
    left join sums
        on
            reported.business_date = sums.business_date
            and reported.source = sums.source
            and reported.dataset = sums.dataset
    left join declared
        on
            reported.business_date = declared.business_date
            and reported.source = declared.source
            and reported.dataset = declared.dataset
    left join kinds on reported.reason_code = kinds.defect
    left join first_looks on reported.source = first_looks.source and reported.dataset = first_looks.dataset
),

counted as (
    select
        * exclude (punctuality),
        cast(obligations * punctuality as double) as punctual
    from judged
)

select * from counted
