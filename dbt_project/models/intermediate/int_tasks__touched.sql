-- depends_on: {{ ref('int_deliveries__sighted') }}, {{ ref('int_deliveries__known') }}
-- depends_on: {{ ref('int_tasks__present') }}, {{ ref('stg_tasks') }}, {{ ref('stg_progress') }}
-- Tasks for which anything may have changed since the last build: a row came, went or was read
-- anew; a delivery stands otherwise among its source's; the task came, went or came back; a report
-- speaks of a day that has come. Without a last build nothing is kept, and the list is not asked.
{% if var('resumed') -%}
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
        select delivery_id from stretches
        union
        select delivery_id from places
        union
        select delivery_id from inputs.changed
    ),

    present as (
        {{ either_alone(ref('int_tasks__present'), 'before.int_tasks__present') }}
    ),

    touched as (
        select source, task_code
        from {{ ref('stg_tasks') }}
        where delivery_id in (select moved.delivery_id from moved)
        union
        select task_source as source, task_code
        from {{ ref('stg_progress') }}
        where
            delivery_id in (select moved.delivery_id from moved)
            or (reported_on <= {{ as_of_date() }} and reported_on > (select built.as_of from before.built as built))
        union
        select source, task_code from inputs.touched
        union
        select split_part(task_key, '/', 1) as source, substr(task_key, strpos(task_key, '/') + 1) as task_code
        from present
    )

    select
        source || '/' || task_code as task_key,
        source,
        task_code
    from touched
{%- else -%}
    with nothing as (
        select
            cast(null as varchar) as task_key,
            cast(null as varchar) as source,
            cast(null as varchar) as task_code
    )

    select * from nothing
    where task_key is not null
{%- endif %}
