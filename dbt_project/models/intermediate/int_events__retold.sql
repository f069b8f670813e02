-- depends_on: {{ ref('int_tasks__touched') }}, {{ ref('int_reports__told') }}
-- Tasks whose events are told from the beginning. To all others only what came since the last build
-- was added; to a task that nothing was said of, only that a day passed: it may be overdue.
{% if var('resumed_from') -%}
    with retold as (
        select task_key from {{ ref('int_tasks__touched') }} where is_by_list
        union
        select task_key from {{ ref('int_reports__told') }} where not is_continued
    )
{%- else -%}
    with retold as (
        select cast(null as varchar) as task_key where false
    )
{%- endif %}

select
    task_key,
    false as is_continued
from retold
