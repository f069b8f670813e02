with parts as (
    select indicator_code, part_no, part_text, target_operator, target_low, target_high, qualifier, better
    from {{ ref('int_indicator_targets__parsed') }}
    where target_operator is not null
)

select * from parts
order by indicator_code, part_no
