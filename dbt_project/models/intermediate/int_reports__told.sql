-- depends_on: {{ ref('int_tasks__touched') }}, {{ ref('int_reports__versions') }}, {{ ref('int_tasks__led') }}
-- Tasks whose reports a build tells: from the beginning, or continued where the task was told in
-- order, still is, and has the same lead. Without a last build all are told, and the list is empty.
{% if var('resumed_from') -%}
    with touched as (
        select touched.*, led.lead_code
        from {{ ref('int_tasks__touched') }} as touched
        left join {{ ref('int_tasks__led') }} as led on touched.task_key = led.task_key
    ),

    continued as (
        select task_key from touched where is_continued
    ),

    fresh as (
        select versions.*
        from {{ ref('int_reports__versions') }} as versions
        semi join continued on versions.task_key = continued.task_key
        where versions.known_on > {{ built_as_of() }}
    ),

    added as (
        {{ told_in_order('fresh') }}
    ),

    told as (
        select
            touched.task_key,
            touched.source,
            touched.task_code,
            touched.is_continued
            and added.is_in_order
            -- A task that nothing was reported of before goes on from nothing.
            and (
                carried.task_key is null
                or (
                    carried.is_in_order
                    and carried.lead_code is not distinct from touched.lead_code
                    and carried.last_reported_on < added.first_reported_on
                    and carried.reporter_code is not distinct from added.reporter_code
                )
            ) as is_continued,
            carried.report_count as reports_before,
            carried.last_known_on as carried_on,
            status.percent_complete as carried_percent,
            status.status_reported as carried_label,
            status.last_said as carried_said,
            status.last_line as carried_line
        from touched
        left join added on touched.task_key = added.task_key
        left join {{ carried('int_reports__orders') }} as carried on touched.task_key = carried.task_key
        left join {{ carried('int_tasks__status') }} as status on touched.task_key = status.task_key
        where
            not touched.is_continued
            or added.task_key is not null
            or (carried.task_key is not null and carried.lead_code is distinct from touched.lead_code)
    )

    select
        task_key,
        source,
        task_code,
        coalesce(is_continued, false) as is_continued,
        case when is_continued then reports_before end as reports_before,
        case when is_continued then carried_on end as carried_on,
        case when is_continued then carried_percent end as carried_percent,
        case when is_continued then carried_label end as carried_label,
        case when is_continued then carried_said end as carried_said,
        case when is_continued then carried_line end as carried_line
    from told
{%- else -%}
    with nothing as (
        select
            cast(null as varchar) as task_key,
            cast(null as varchar) as source,
            cast(null as varchar) as task_code,
            cast(null as boolean) as is_continued,
            cast(null as bigint) as reports_before,
            cast(null as date) as carried_on,
            cast(null as double) as carried_percent,
            cast(null as varchar) as carried_label,
            cast(null as varchar) as carried_said,
            cast(null as bigint) as carried_line
    )

    select * from nothing
    where task_key is not null
{%- endif %}
