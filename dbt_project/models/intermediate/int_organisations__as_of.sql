with recursive organisations as (
    select * from {{ ref('int_organisations__all') }}
),

followed as (
    select
        organisation_code,
        valid_from,
        valid_to,
        kind,
        parent_code,
        organisation_code as current_code,
        valid_to as current_to,
        successor_code,
        0 as steps
    from organisations
    union all
    select
        followed.organisation_code,
        followed.valid_from,
        followed.valid_to,
        followed.kind,
        followed.parent_code,
        successors.organisation_code as current_code,
        successors.valid_to as current_to,
        successors.successor_code,
        followed.steps + 1 as steps
    from followed
    inner join organisations as successors
        on
            followed.successor_code = successors.organisation_code
            and followed.current_to + 1 >= successors.valid_from
            and followed.current_to < coalesce(successors.valid_to, date '9999-12-31')
    -- The bound ends a circle of successors; the longest real chain has two links.
    where followed.current_to < {{ as_of_date() }} and followed.steps < 10
),

ends as (
    select
        organisation_code,
        valid_from,
        valid_to,
        kind,
        parent_code,
        current_code,
        valid_from <= {{ as_of_date() }} and coalesce(valid_to >= {{ as_of_date() }}, true) as is_current
    from followed
    qualify row_number() over (partition by organisation_code, valid_from order by steps desc) = 1
),

provinces as (
    select organisation_code, arg_max(current_code, (is_current, valid_from)) as current_code
    from ends
    where kind = 'province'
    group by organisation_code
),

-- The province above is the one of today: a commune of a merged province belongs to its heir.
placed as (
    select
        ends.* exclude (parent_code),
        coalesce(provinces.current_code, ends.parent_code) as parent_code
    from ends
    left join provinces on ends.parent_code = provinces.organisation_code and ends.kind = 'commune'
),

answering as (
    select
        *,
        -- A code given without a date means the body that has it now, else the last that had it.
        row_number() over (
            partition by organisation_code order by is_current desc, valid_from desc
        ) = 1 as answers_for_code
    from placed
)

select * from answering
