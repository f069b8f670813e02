{%- set leading_year = '^(?:đến |tới )?(?:năm )?(20\d\d) *[:=] *' -%}
-- A printed target is kept as it is; beside it every part of it that holds a number, and the words
-- of that part. Where the source gives operator and bounds itself, those stand.
with indicators as (
    select * from {{ ref('int_indicators__current') }}
),

listed as (
    select
        indicators.* exclude (part),
        case
            when indicators.target_operator is null and coalesce(trim(indicators.target_text), '') != ''
                then string_split_regex(trim(indicators.target_text), '\s*[;\n\r]+\s*')
            else [trim(indicators.target_text)]
        end as printed_parts
    from indicators
),

numbered as (
    select *, unnest(range(1, len(printed_parts) + 1)) as part_no
    from listed
),

parts as (
    select
        indicator_code,
        part_no,
        unit,
        better,
        target_operator,
        target_low,
        target_high,
        printed_parts[part_no] as part_text,
        -- "năm 2025: 80" names its year first, "80 (2025)" and "80 đến năm 2025" last.
        regexp_extract(lower(nfc_normalize(printed_parts[part_no])), '{{ leading_year }}', 1) as leading_year,
        regexp_extract(
            translate(
                replace(replace(regexp_replace(
                    lower(nfc_normalize(printed_parts[part_no])), '{{ leading_year }}', ''
                ), '≥', '>='), '≤', '<='), '–', '-'
            ),
            '^(?:đạt |khoảng )*'
            || '(>=|<=|>|<|=|tối thiểu|ít nhất|không thấp hơn|từ|trên|hơn|tối đa|không quá|không vượt quá|dưới)?'
            || '\s*\+?\s*(-?\d+(?:[.,]\d+)*)\s*(%?)'
            || '(?:\s*(?:-|đến)\s*(\d+(?:[.,]\d+)*)\s*(%?))?\s*(.*)$',
            ['sign', 'low', 'low_percent', 'high', 'high_percent', 'rest']
        ) as read_part
    from numbered
),

valued as (
    select
        *,
        {{ printed_number('read_part.low') }} as low_read,
        {{ printed_number('read_part.high') }} as high_read
    from parts
),

operators as (
    select
        *,
        case
            when target_operator is not null then target_operator
            when part_text is null or part_text = '' then null
            when low_read is null then 'text'
            when high_read is not null then 'between'
            when read_part.sign in ('>=', 'tối thiểu', 'ít nhất', 'không thấp hơn', 'từ') then '>='
            when read_part.sign in ('>', 'trên', 'hơn') then '>'
            when read_part.sign in ('<=', 'tối đa', 'không quá', 'không vượt quá') then '<='
            when read_part.sign in ('<', 'dưới') then '<'
            else '='
        end as operator
    from valued
),

parsed as (
    select
        indicator_code,
        cast(part_no as integer) as part_no,
        part_text,
        operator as target_operator,
        case
            when target_operator is not null then target_low
            when operator in ('>=', '>', '=', 'between') then low_read
        end as target_low,
        case
            when target_operator is not null then target_high
            when operator in ('<=', '<', '=') then low_read
            when operator = 'between' then high_read
        end as target_high,
        case
            when target_operator is not null or operator = 'text' then null
            else coalesce(
                    nullif(leading_year, ''),
                    nullif(trim(regexp_replace(part_text, '^.*?\d[\d.,]* *%?( *(-|–|đến) *\d[\d.,]* *%?)?', '')), '')
                )
        end as qualifier,
        coalesce(
            better,
            case
                when operator in ('<=', '<') then 'lower'
                when operator in ('>=', '>') then 'higher'
                when operator = '=' and lower(unit) in ('thứ bậc', 'thứ hạng', 'hạng') then 'lower'
                when operator = '=' then 'higher'
            end
        ) as better,
        better is null as is_better_inferred
    from operators
)

select * from parsed
