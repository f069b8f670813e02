with states as (
    select task_key, known_on, until_on, is_present, lead_code, lead_text, due_on, completed_on
    from {{ ref('int_tasks__states') }}
)

select * from states
order by task_key, known_on
