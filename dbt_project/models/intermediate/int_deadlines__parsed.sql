-- DESIGN 5.2: a deadline is text first. What no rule reads is kept as it is and undated.
with texts as (
    select distinct deadline_text
    from {{ ref('stg_tasks') }}
    where deadline_text is not null
),

levelled as (
    select
        deadline_text,
        regexp_replace(
            trim(regexp_replace(
                replace(replace(replace(lower(nfc_normalize(deadline_text)), chr(160), ' '), '–', '-'), '—', '-'),
                '\s+', ' ', 'g'
            )),
            '^(chậm nhất |hoàn thành |xong |trước |trong |đến |hết |vào |ngày |năm |giai đoạn )+|[.;,]+$', '', 'g'
        ) as words
    from texts
),

shaped as (
    select
        deadline_text,
        words,
        regexp_extract(words, '^(\d{4})-(\d{1,2})-(\d{1,2})([ t]\d{2}:\d{2}.*)?$', ['y', 'm', 'd']) as iso,
        regexp_extract(words, '^(\d{4})(\d{2})(\d{2})$', ['y', 'm', 'd']) as compact,
        regexp_extract(words, '^(\d{1,2}) ?[/.-] ?(\d{1,2}) ?[/.-] ?(\d{4})$', ['d', 'm', 'y']) as printed,
        regexp_extract(words, '^(\d{1,2}) tháng (\d{1,2}) năm (\d{4})$', ['d', 'm', 'y']) as spoken,
        -- The last month of a span is its deadline.
        regexp_extract(
            words,
            '^(?:(?:tháng |t)?\d{1,2}(?: ?[/.] ?\d{4})? ?- ?)?'
            || '(?:tháng |t)?(\d{1,2})(?: ?[/.-] ?| năm )(\d{4})$',
            ['m', 'y']
        ) as monthly,
        regexp_extract(words, '^(?:quý|q) ?(iv|iii|ii|i|[1-4])(?: ?[/.,-] ?| năm | )(\d{4})$', ['q', 'y']) as quarterly,
        regexp_extract(words, '^6 tháng (đầu|cuối) năm (\d{4})$', ['half', 'y']) as half_yearly,
        regexp_extract(words, '^(?:cuối năm )?(?:\d{4} ?(?:-|đến|đến năm) ?)?(\d{4})$', 1) as last_year,
        words = '' as is_empty,
        regexp_matches(
            words, 'thường xuyên|(h[ằà]ng|mỗi) (6 tháng|năm|quý|tháng|tuần|ngày)|định kỳ|liên tục'
        ) as is_recurring,
        regexp_extract(words, '(?:h[ằà]ng|mỗi|định kỳ) (6 tháng|nửa năm|năm|quý|tháng|tuần|ngày)', 1) as rhythm,
        regexp_matches(words, 'những năm|các năm|tiếp theo|trở đi') as is_open_ended
    from levelled
),

read_dates as (
    select
        *,
        coalesce(
            {{ date_of('iso.y', 'iso.m', 'iso.d') }},
            {{ date_of('compact.y', 'compact.m', 'compact.d') }},
            {{ date_of('printed.y', 'printed.m', 'printed.d') }},
            {{ date_of('spoken.y', 'spoken.m', 'spoken.d') }}
        ) as day_on,
        last_day({{ date_of('monthly.y', 'monthly.m', "'1'") }}) as month_on,
        last_day({{ date_of(
            'quarterly.y',
            "case quarterly.q when 'i' then '3' when 'ii' then '6' when 'iii' then '9' when 'iv' then '12'"
            ~ " else cast(3 * try_cast(quarterly.q as integer) as varchar) end",
            "'1'"
        ) }}) as quarter_on,
        last_day({{ date_of(
            'half_yearly.y', "case half_yearly.half when 'đầu' then '6' else '12' end", "'1'"
        ) }}) as half_on,
        {{ date_of('last_year', "'12'", "'31'") }} as year_on
    from shaped
),

parsed as (
    select
        deadline_text,
        case
            when is_empty or is_open_ended or is_recurring then null
            else coalesce(day_on, month_on, quarter_on, half_on, year_on)
        end as due_on,
        case
            when is_empty then 'none'
            when is_open_ended or is_recurring then 'recurring'
            when day_on is not null then 'day'
            when month_on is not null or half_on is not null then 'month'
            when quarter_on is not null then 'quarter'
            when year_on is not null then 'year'
            else 'none'
        end as due_precision,
        case
            when is_empty then 'empty'
            when is_open_ended then 'open_ended'
            when is_recurring then 'recurring'
            when coalesce(day_on, month_on, quarter_on, half_on, year_on) is not null then 'dated'
            else 'unreadable'
        end as deadline_kind,
        case
            when is_empty then null
            when is_open_ended then 'year'
            when is_recurring
                then case rhythm
                        when 'ngày' then 'day'
                        when 'tuần' then 'week'
                        when 'tháng' then 'month'
                        when 'quý' then 'quarter'
                        when '6 tháng' then 'half_year'
                        when 'nửa năm' then 'half_year'
                        when 'năm' then 'year'
                    end
        end as recurs_every
    from read_dates
)

select * from parsed
