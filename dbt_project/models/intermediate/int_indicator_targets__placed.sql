-- For whom and until when each part of a target holds: a part may name a year ("80 (2025)"), a kind
-- of body ("60 cấp tỉnh") or one body; else it holds for all, until the indicator's own date.
with parts as (
    select * from {{ ref('int_indicator_targets__parsed') }}
    where target_operator is not null
),

read_qualifiers as (
    select
        *,
        {{ normalised("coalesce(qualifier, '')") }} as qualifier_key,
        try_cast(regexp_extract(qualifier, '\b(20\d\d)\b', 1) as integer) as target_year,
        trim(regexp_replace(
            {{ normalised("coalesce(qualifier, '')") }},
            '[()]|\b20\d\d\b|(^|[ (])(đến |tới |vào |trong )?năm( |$)|(^| )((đối với|của|cho|cấp|các|khối) )+',
            ' ', 'g'
        )) as whom
    from parts
),

-- A collective is a kind of body, not one.
named as (
    select aliases.name_key, aliases.organisation_code
    from {{ ref('int_organisations__aliases') }} as aliases
    inner join {{ ref('int_organisations__as_of') }} as bodies
        on aliases.organisation_code = bodies.organisation_code and bodies.answers_for_code
    where aliases.scope_code is null and bodies.kind != 'collective'
),

placed as (
    select
        read_qualifiers.* exclude (whom),
        case
            when regexp_matches(read_qualifiers.whom, '^(bộ|bộ, ?ngành|bộ ngành|bộ, ngành trung ương)$') then 'ministry'
            when regexp_matches(read_qualifiers.whom, '^(tỉnh|địa phương|tỉnh, thành phố)$') then 'province'
            when regexp_matches(read_qualifiers.whom, '^(xã|xã, phường)$') then 'commune'
        end as target_kind,
        named.organisation_code as target_organisation_code,
        count(*) over (partition by read_qualifiers.indicator_code) as parts,
        read_qualifiers.target_year is not null or read_qualifiers.whom = '' as is_for_the_whole
    from read_qualifiers
    left join named on {{ name_key("read_qualifiers.whom") }} = named.name_key and read_qualifiers.whom != ''
)

select * from placed
