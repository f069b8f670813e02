-- depends_on: {{ ref('int_deliveries__sighted') }}, {{ ref('int_deliveries__moved') }}
-- depends_on: {{ ref('int_tasks__relisted') }}, {{ ref('stg_progress') }}
-- depends_on: {{ ref('int_deliveries__restated') }}
-- Tasks for which anything may have changed since the last build: lists say otherwise of it, came or
-- went; a report came, went or was read anew; a delivery stands otherwise among its source's; a
-- report speaks of a day that has come. Where all of it is reports of deliveries that came after the last
-- build, and take nothing back, the task's reports are continued. Without a last build nothing is
-- kept, and the list is not asked.
{% if var('resumed_from') -%}
    with moved as (
        select delivery_id from {{ ref('int_deliveries__moved') }} where dataset = 'progress'
    ),

    -- Corrections of a source without full exports, of days since the last build.
    latest as (
        select distinct staged.delivery_id
        from {{ ref('stg_progress') }} as staged
        where staged.business_date > {{ built_as_of() }}
    ),

    appended as (
        select latest.delivery_id
        from latest
        inner join {{ ref('int_deliveries__sighted') }} as sighted on latest.delivery_id = sighted.delivery_id
        anti join {{ ref('int_deliveries__restated') }} as stood on latest.delivery_id = stood.delivery_id
        group by latest.delivery_id
        having
            bool_and(
                sighted.dataset = 'progress'
                and sighted.first_full_on is null
                and sighted.until_on = date '9999-12-31'
                and sighted.from_on > {{ built_as_of() }}
            )
    ),

    disturbed as (
        select moved.delivery_id
        from moved
        anti join appended on moved.delivery_id = appended.delivery_id
    ),

    touched as (
        select source, task_code, true as is_by_list, false as is_disturbed from {{ ref('int_tasks__relisted') }}
        union
        select source, task_code, true as is_by_list, true as is_disturbed from inputs.touched
        union
        select task_source as source, task_code, false as is_by_list, false as is_disturbed
        from {{ ref('stg_progress') }}
        where business_date > {{ built_as_of() }} and delivery_id in (select appended.delivery_id from appended)
        union
        select task_source as source, task_code, false as is_by_list, true as is_disturbed
        from {{ ref('stg_progress') }}
        where delivery_id in (select disturbed.delivery_id from disturbed)
        union
        select task_source as source, task_code, false as is_by_list, true as is_disturbed
        from {{ ref('stg_progress') }}
        where reported_on > {{ built_as_of() }} and reported_on <= {{ as_of_date() }}
            and (business_date <= {{ built_as_of() }} or delivery_id not in (select appended.delivery_id from appended))
    )

    select
        source || '/' || task_code as task_key,
        source,
        task_code,
        bool_or(is_by_list) as is_by_list,
        not bool_or(is_disturbed) as is_continued
    from touched
    group by source, task_code
{%- else -%}
    with nothing as (
        select
            cast(null as varchar) as task_key,
            cast(null as varchar) as source,
            cast(null as varchar) as task_code,
            cast(null as boolean) as is_by_list,
            cast(null as boolean) as is_continued
    )

    select * from nothing
    where task_key is not null
{%- endif %}
