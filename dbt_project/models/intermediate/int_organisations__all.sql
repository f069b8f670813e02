-- Every organisation of the seeds and the communes that ended on 30 June 2025, each with the one
-- that took it over, or its main part.
with organisations as (
    select * from {{ ref('organisations') }}
),

former_communes as (
    select * from {{ ref('former_communes') }}
),

all_of_them as (
    select
        *,
        cast(null as varchar) as district_vi,
        false as is_split
    from organisations
    union all by name
    select
        organisation_code,
        name_vi,
        replace(replace(strip_accents(name_vi), 'Đ', 'D'), 'đ', 'd') as name_en,
        'commune' as kind,
        'commune' as level,
        parent_code,
        successor_code,
        date '1900-01-01' as valid_from,
        date '2025-06-30' as valid_to,
        district_vi,
        is_split
    from former_communes
)

select * from all_of_them
