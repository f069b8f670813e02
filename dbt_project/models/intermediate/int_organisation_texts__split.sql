-- Atoms are what stands between commas and "và". A name may hold both ("Bộ Khoa học và Công
-- nghệ"), so runs of neighbouring atoms are looked up, the longest first.
with provinces as (
    select
        organisation_code,
        case kind when 'province' then current_code when 'commune' then parent_code end as scope_code
    from {{ ref('int_organisations__as_of') }}
    where answers_for_code
),

texts as (
    select organisation_code, lead_text as organisation_text from {{ ref('int_tasks__known') }}
    union
    select organisation_code, cooperating_text as organisation_text from {{ ref('int_tasks__known') }}
    union
    select organisation_code, lead_text as organisation_text from {{ ref('int_tasks__versions') }}
    union
    select organisation_code, lead_text as organisation_text from {{ ref('int_indicators__current') }}
    union
    select organisation_code, organisation_text from {{ ref('int_indicator_values__current') }}
    union
    select organisation_code, assigned_to_text as organisation_text from {{ ref('int_feedback__current') }}
),

scoped as (
    select distinct texts.organisation_text, provinces.scope_code
    from texts
    left join provinces on texts.organisation_code = provinces.organisation_code
    where texts.organisation_text is not null
),

listed as (
    select *, string_split_regex(organisation_text, '[;\r\n]+') as segments
    from scoped
),

numbered as (
    select
        organisation_text,
        scope_code,
        segments,
        unnest(range(1, len(segments) + 1)) as segment_no
    from listed
),

segments as (
    select
        organisation_text,
        scope_code,
        segment_no,
        trim(regexp_replace(segments[segment_no], '(?i)^\s*([-+•*]|và\s)\s*', '')) as segment
    from numbered
),

atoms as (
    select
        organisation_text,
        scope_code,
        segment_no,
        string_split_regex(segment, {{ list_separator() }}) as atoms,
        regexp_extract_all(segment, {{ list_separator() }}) as separators
    from segments
    where segment != ''
),

split as (
    select
        *,
        list_transform(atoms, lambda atom: {{ normalised("atom") }}) as atom_keys
    from atoms
)

select * from split
