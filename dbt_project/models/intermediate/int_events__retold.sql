-- depends_on: {{ ref('int_tasks__touched') }}, {{ ref('int_reports__told') }}
-- Tasks whose events are told from the beginning, those of their reports only where these are. To all
-- others only what came since the last build is added; to a task that nothing was said of, only that a
-- day passed: it may be overdue.
{% if var('resumed_from') -%}
    with retold as (
        select task_key, false as is_by_reports from {{ ref('int_tasks__touched') }} where is_by_list
        union all
        select task_key, true as is_by_reports from {{ ref('int_reports__told') }} where not is_continued
    )
{%- else -%}
    with retold as (
        select cast(null as varchar) as task_key, false as is_by_reports
        where false
    )
{%- endif %}

select
    task_key,
    bool_or(is_by_reports) as is_by_reports
from retold
group by task_key
