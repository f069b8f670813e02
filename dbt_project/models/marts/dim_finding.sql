with kinds as (
    select
        finding,
        subject,
        lowers_rate,
        stands,
        title_vi,
        title_en,
        meaning_vi,
        meaning_en,
        case finding
            when 'percent_fell' then {{ var('percent_fall_points') }}
            when 'text_repeated' then {{ var('text_repeat_times') }}
            when 'silent' then {{ var('silent_days') }}
            when 'last_hour_updates' then {{ var('last_hour_share') }}
        end as threshold
    from {{ ref('finding_kinds') }}
)

select
    finding,
    subject,
    lowers_rate,
    stands,
    title_vi,
    title_en,
    meaning_vi,
    meaning_en,
    cast(threshold as double) as threshold
from kinds
order by finding
