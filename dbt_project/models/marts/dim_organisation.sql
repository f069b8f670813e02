with organisations as (
    select * from {{ ref('int_organisations__all') }}
),

as_of as (
    select * from {{ ref('int_organisations__as_of') }}
),

described as (
    select
        organisations.organisation_code,
        organisations.valid_from,
        organisations.valid_to,
        organisations.name_vi as name,
        organisations.name_en,
        organisations.kind,
        organisations.level,
        organisations.parent_code,
        organisations.successor_code,
        organisations.is_split,
        as_of.current_code,
        as_of.is_current
    from organisations
    inner join as_of
        on organisations.organisation_code = as_of.organisation_code and organisations.valid_from = as_of.valid_from
)

select * from described
order by organisation_code, valid_from
