with organisations as (
    select
        seed.*,
        as_of.current_code,
        as_of.is_current,
        as_of.parent_code as current_parent_code,
        coalesce(seed.valid_to, date '9999-12-31') as last_day,
        regexp_replace(seed.name_vi, '^(Tỉnh|Thành phố) ', '') as bare_name
    from {{ ref('int_organisations__all') }} as seed
    inner join {{ ref('int_organisations__as_of') }} as as_of
        on seed.organisation_code = as_of.organisation_code and seed.valid_from = as_of.valid_from
),

provinces as (
    select * from organisations where kind = 'province'
),

communes as (
    select
        communes.*,
        provinces.name_vi as province_name,
        provinces.bare_name as province_bare_name
    from organisations as communes
    left join provinces on communes.parent_code = provinces.organisation_code and provinces.is_current
    where communes.kind = 'commune' and communes.district_vi is null
),

former_communes as (
    select * from organisations where district_vi is not null
),

listed as (
    select * from {{ ref('organisation_aliases') }}
),

spellings as (
    select
        organisation_code, valid_from, last_day, current_code, is_current, cast(null as varchar) as scope_code,
        unnest([organisation_code, name_vi, name_en]) as alias
    from organisations
    where kind not in ('commune', 'unresolved')
    union all
    select
        organisation_code, valid_from, last_day, current_code, is_current, null as scope_code,
        unnest([bare_name, 'UBND ' || name_vi, 'UBND ' || bare_name, 'UBND tỉnh ' || bare_name]) as alias
    from provinces
    union all
    select
        organisation_code, valid_from, last_day, current_code, is_current, null as scope_code,
        unnest([
            organisation_code, name_vi, 'UBND ' || name_vi, name_vi || ', ' || province_name,
            name_vi || ', ' || province_bare_name, 'UBND ' || name_vi || ', ' || province_name,
            'UBND ' || name_vi || ', ' || province_bare_name
        ]) as alias
    from communes
    union all
    -- Within a province the name of a commune needs no more than itself.
    select
        organisation_code, valid_from, last_day, current_code, is_current, parent_code as scope_code,
        unnest([name_vi, 'UBND ' || name_vi]) as alias
    from communes
    union all
    -- Names of former communes were used within a province, and many only within a district.
    select
        organisation_code, valid_from, last_day, current_code, is_current, null as scope_code,
        organisation_code as alias
    from former_communes
    union all
    select
        organisation_code, valid_from, last_day, current_code, is_current, current_parent_code as scope_code,
        unnest([name_vi, 'UBND ' || name_vi, name_vi || ', ' || district_vi]) as alias
    from former_communes
    union all
    select
        organisations.organisation_code, organisations.valid_from, organisations.last_day,
        organisations.current_code, organisations.is_current, null as scope_code, listed.alias
    from listed
    inner join organisations
        on
            listed.organisation_code = organisations.organisation_code
            and listed.valid_from <= organisations.last_day
            and coalesce(listed.valid_to, date '9999-12-31') >= organisations.valid_from
),

keyed as (
    select *, {{ name_key('alias') }} as name_key
    from spellings
    where alias is not null
),

-- Of several bodies of one name, at different times, the one of today is meant, else the last.
newest as (
    select *
    from keyed
    qualify rank() over (
            partition by name_key, scope_code order by is_current desc, last_day desc, valid_from desc
        ) = 1
),

-- Of several bodies of one name at the same time none is: that would be a guess.
aliases as (
    select
        name_key,
        scope_code,
        min(organisation_code) as named_code,
        -- A code may have been another body's before: the day says whose it was.
        min(valid_from) as named_from,
        min(current_code) as organisation_code
    from newest
    group by name_key, scope_code
    having count(distinct organisation_code) = 1
)

select * from aliases
