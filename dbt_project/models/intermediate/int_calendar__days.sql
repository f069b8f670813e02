-- Working days are numbered, so that a limit of n working days after a day ends on the working day
-- whose number is that day's plus n: no rule of weekends or holidays is needed where it is counted.
with holidays as (
    select * from {{ ref('public_holidays') }}
),

swaps as (
    select * from {{ ref('working_day_swaps') }}
),

days as (
    select
        cast(unnest(generate_series(
            cast(date_trunc('year', min(holidays.day)) as timestamp),
            cast(last_day(date_trunc('year', max(holidays.day)) + interval 11 month) as timestamp),
            interval 1 day
        )) as date) as day
    from holidays
),

judged as (
    select
        days.day,
        coalesce(swaps.is_working, isodow(days.day) < 6 and holidays.day is null) as is_working,
        holidays.name_vi as holiday_vi,
        holidays.name_en as holiday_en,
        swaps.decided_by
    from days
    left join holidays on days.day = holidays.day
    left join swaps on days.day = swaps.day
),

numbered as (
    select
        day,
        is_working,
        cast(count(*) filter (where is_working) over (order by day) as integer) as working_day_number,
        holiday_vi,
        holiday_en,
        decided_by
    from judged
)

select * from numbered
