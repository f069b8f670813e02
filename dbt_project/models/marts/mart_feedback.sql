-- Items of a body and of the nation by kind.
with items as (
    select * from {{ ref('fct_feedback') }}
),

shares as (
    select * replace ('VN' as organisation_code) from items
    union all
    select * from items
    where organisation_code != 'VN'
),

counted as (
    select
        as_of_date,
        organisation_code,
        kind,
        count(*) as received,
        count(*) filter (where status_class like 'answered%') as answered,
        count(*) filter (where status_class = 'answered_on_time') as answered_on_time,
        count(*) filter (where status_class like 'open%') as open,
        count(*) filter (where status_class = 'open_overdue') as open_overdue,
        count(*) filter (where is_published) as published,
        count(*) filter (where status_class = 'answered_late') as answered_late,
        count(*) filter (where is_forwarded) as forwarded,
        count(*) filter (where is_forwarded_in_time) as forwarded_in_time,
        count(*) filter (where is_returned) as returned,
        count(*) filter (where is_from_locality) as from_localities,
        count(*) filter (where is_from_locality and status_class like 'answered%') as from_localities_answered
    from shares
    group by as_of_date, organisation_code, kind
),

rated as (
    select
        *,
        {{ answered_on_time_rate() }} as answered_on_time_rate
    from counted
)

select * from rated
order by organisation_code, kind
