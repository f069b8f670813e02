-- Of the tasks a body leads and that anybody has reported on or fallen silent about, how many bear
-- no finding. Each figure counts tasks, not findings; the rows behind it are in mart_finding.
with tasks as (
    select task_key, report_count > 0 as is_reported from {{ ref('fct_task_status') }}
),

findings as (
    select * from {{ ref('mart_finding') }}
    where is_current
),

-- A vanished task is not among those of the morning any more and is judged all the same.
judged as (
    select task_key from tasks where is_reported
    union
    select task_key from findings where lowers_rate and task_key is not null
),

bridge as (
    select distinct task_key, organisation_code
    from {{ ref('bridge_task_organisation') }}
    where role in ('lead', 'co_lead')
),

shares as (
    select 'VN' as organisation_code, task_key from judged
    union all
    select bridge.organisation_code, bridge.task_key
    from bridge
    inner join judged on bridge.task_key = judged.task_key
    where bridge.organisation_code != 'VN'
),

found as (
    select
        task_key,
        bool_or(lowers_rate) as lowers_rate,
    {% for finding in task_findings() -%}
        bool_or(finding = '{{ finding }}') as {{ finding }}{{ "," if not loop.last }}
    {% endfor %}
    from findings
    where task_key is not null
    group by task_key
),

counted as (
    select
        shares.organisation_code,
        count(*) as tasks_judged,
        count(*) filter (where found.lowers_rate) as tasks_with_findings,
    {% for finding in task_findings() -%}
        count(*) filter (where found.{{ finding }}) as {{ finding }}{{ "," if not loop.last }}
    {% endfor %}
    from shares
    left join found on shares.task_key = found.task_key
    group by shares.organisation_code
),

of_bodies as (
    select
        organisation_code,
        count(*) filter (where finding = 'last_hour_updates') as last_hour_updates,
        count(*) filter (where finding = 'baseline_reset') as baselines_reset,
        count(*) filter (where finding = 'unit_changed') as units_changed
    from (
        select * replace ('VN' as organisation_code) from findings where task_key is null
        union all
        select * from findings where task_key is null and organisation_code != 'VN'
    )
    group by organisation_code
),

rated as (
    select
        {{ as_of_date() }} as as_of_date,
        coalesce(counted.organisation_code, of_bodies.organisation_code) as organisation_code,
        coalesce(counted.tasks_judged, 0) as tasks_judged,
        coalesce(counted.tasks_with_findings, 0) as tasks_with_findings,
        coalesce(counted.completed_without_evidence, 0) as completed_without_evidence,
        coalesce(counted.evidence_reused, 0) as evidence_reused,
        coalesce(counted.percent_fell, 0) as percent_fell,
        coalesce(counted.text_repeated, 0) as text_repeated,
        coalesce(counted.label_disagrees, 0) as label_disagrees,
        coalesce(counted.deadline_moved_after_due, 0) as deadline_moved_after_due,
        coalesce(counted.reopened, 0) as reopened,
        coalesce(counted.silent, 0) as silent_tasks,
        coalesce(counted.vanished, 0) as vanished,
        coalesce(of_bodies.last_hour_updates, 0) as last_hour_updates,
        coalesce(of_bodies.baselines_reset, 0) as baselines_reset,
        coalesce(of_bodies.units_changed, 0) as units_changed
    from counted
    full join of_bodies on counted.organisation_code = of_bodies.organisation_code
)

select
    *,
    {{ substance_rate() }} as substance_rate
from rated
order by organisation_code
