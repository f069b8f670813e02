-- depends_on: {{ ref('int_deliveries__sighted') }}, {{ ref('int_deliveries__known') }}
-- depends_on: {{ ref('int_tasks__present') }}, {{ ref('stg_tasks') }}, {{ ref('stg_progress') }}
-- Tasks for which anything may have changed since the last build: a row came, went or was read
-- anew; a delivery stands otherwise among its source's; the task came, went or came back; a report
-- speaks of a day that has come. Where all of it is reports of deliveries that came after the last
-- build, and take nothing back, the task's reports are continued. Without a last build nothing is
-- kept, and the list is not asked.
{% if var('resumed_from') -%}
    with stretches as (
        {{ either_alone(ref('int_deliveries__sighted'), 'before.int_deliveries__sighted') }}
    ),

    standing as (
        {{ standing_among(ref('int_deliveries__known')) }}
    ),

    stood as (
        {{ standing_among('before.int_deliveries__known') }}
    ),

    places as (
        {{ either_alone('standing', 'stood') }}
    ),

    moved as (
        select delivery_id, dataset from stretches
        union
        select delivery_id, dataset from places
        union
        select delivery_id, dataset from inputs.changed
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
        anti join before.int_deliveries__known as known_before on latest.delivery_id = known_before.delivery_id
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
        where moved.dataset = 'progress'
    ),

    present as (
        {{ either_alone(ref('int_tasks__present'), 'before.int_tasks__present') }}
    ),

    touched as (
        select source, task_code, true as is_by_list, false as is_disturbed
        from {{ ref('stg_tasks') }}
        where delivery_id in (select moved.delivery_id from moved where moved.dataset = 'tasks')
        union
        select
            split_part(task_key, '/', 1) as source,
            substr(task_key, strpos(task_key, '/') + 1) as task_code,
            true as is_by_list,
            false as is_disturbed
        from present
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
