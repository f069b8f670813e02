-- Words against deeds, one row a finding, with the reports that show it.
with of_tasks as (
    select * from {{ ref('int_findings__reports') }}
    union all by name
    select * from {{ ref('int_findings__evidence') }}
    union all by name
    select * from {{ ref('int_findings__deadlines') }}
    union all by name
    select * from {{ ref('int_findings__absence') }}
),

tasks as (
    select task_key, source, lead_code from {{ ref('int_tasks__led') }}
),

findings as (
    select
        of_tasks.finding,
        tasks.lead_code as organisation_code,
        of_tasks.task_key,
        cast(null as varchar) as indicator_code,
        tasks.source,
        of_tasks.task_key as subject,
        of_tasks.* exclude (finding, task_key)
    from of_tasks
    inner join tasks on of_tasks.task_key = tasks.task_key
    union all by name
    select
        finding,
        organisation_code,
        case when finding != 'last_hour_updates' then subject end as indicator_code,
        case when finding = 'last_hour_updates' then subject end as source,
        subject,
        happened_on,
        known_on,
        old_value,
        new_value,
        delivery_id,
        part,
        line,
        earlier_delivery_id,
        earlier_part,
        earlier_line
    from {{ ref('int_findings__bodies') }}
),

kinds as (
    select finding, stands, lowers_rate from {{ ref('finding_kinds') }}
),

described as (
    select
        {{ as_of_date() }} as as_of_date,
        md5(concat_ws(
            '|', findings.finding, findings.subject, findings.happened_on, findings.delivery_id, findings.line,
            findings.new_value
        )) as finding_id,
        findings.finding,
        findings.organisation_code,
        findings.task_key,
        findings.indicator_code,
        findings.source,
        findings.happened_on,
        findings.known_on,
        findings.old_value,
        findings.new_value,
        kinds.stands = 'as_long_as_true'
        or findings.happened_on > {{ as_of_date() }} - {{ var('finding_days') }} as is_current,
        kinds.lowers_rate,
        findings.delivery_id,
        findings.part,
        findings.line,
        findings.earlier_delivery_id,
        findings.earlier_part,
        findings.earlier_line
    from findings
    inner join kinds on findings.finding = kinds.finding
)

select * from described
order by finding, task_key, indicator_code, source, happened_on, finding_id
