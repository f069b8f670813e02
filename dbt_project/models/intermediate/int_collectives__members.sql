with rules as (
    select * from {{ ref('collective_members') }}
),

bodies as (
    select organisation_code, kind
    from {{ ref('int_organisations__as_of') }}
    where is_current
),

members as (
    select distinct rules.collective_code, bodies.organisation_code, bodies.kind
    from rules
    inner join bodies
        on
            rules.member_kind = bodies.kind
            and coalesce(rules.member_code, bodies.organisation_code) = bodies.organisation_code
)

select * from members
