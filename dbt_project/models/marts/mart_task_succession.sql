-- Tasks that were split, merged or replaced, each with what took its place and the words that say so.
with succession as (
    select * from {{ ref('int_tasks__succession') }}
),

tasks as (
    select task_key, lead_code, title, is_closed from {{ ref('dim_task') }}
),

status as (
    select task_key, status_class from {{ ref('fct_task_status') }}
),

described as (
    select
        {{ as_of_date() }} as as_of_date,
        succession.task_key || '|' || succession.heir_key as succession_key,
        succession.task_key,
        succession.heir_key,
        succession.kind,
        succession.basis,
        succession.words,
        succession.told_on,
        olds.lead_code,
        heirs.lead_code as heir_lead_code,
        olds.title,
        heirs.title as heir_title,
        status.status_class as heir_status_class,
        succession.delivery_id,
        succession.part,
        succession.line
    from succession
    inner join tasks as olds on succession.task_key = olds.task_key
    inner join tasks as heirs on succession.heir_key = heirs.task_key
    left join status on succession.heir_key = status.task_key
)

select * from described
order by succession_key
