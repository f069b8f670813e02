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
        count(*) filter (where is_published) as published
    from shares
    group by as_of_date, organisation_code, kind
)

select * from counted
order by organisation_code, kind
