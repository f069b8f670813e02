-- The lead's word counts; that another body says otherwise is shown, with both reports.
with reports as (
    select * from {{ ref('int_progress__known') }}
    -- Tasks told in order are told by one voice.
    where
        is_in_force and said is not null
        and task_key in (
            select orders.task_key from {{ ref('int_reports__orders') }} as orders where not orders.is_in_order
        )
),

newest as (
    select *
    from reports
    qualify row_number() over (partition by task_key, reporter_code order by report_no desc) = 1
),

tasks as (
    select task_key, lead_code from {{ ref('fct_task_status') }}
),

disagreeing as (
    select
        {{ as_of_date() }} as as_of_date,
        tasks.task_key,
        tasks.lead_code,
        others.reporter_code as other_code,
        leads.said as lead_said,
        leads.percent_complete as lead_percent,
        leads.reported_on as lead_reported_on,
        others.said as other_said,
        others.percent_complete as other_percent,
        others.reported_on as other_reported_on,
        leads.delivery_id as lead_delivery_id,
        leads.part as lead_part,
        leads.line as lead_line,
        others.delivery_id as other_delivery_id,
        others.part as other_part,
        others.line as other_line
    from tasks
    inner join newest as leads on tasks.task_key = leads.task_key and tasks.lead_code = leads.reporter_code
    inner join newest as others on tasks.task_key = others.task_key and tasks.lead_code != others.reporter_code
    where leads.said != others.said
)

select * from disagreeing
order by task_key, other_code
