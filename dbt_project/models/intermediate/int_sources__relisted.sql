-- depends_on: {{ ref('int_deliveries__sighted') }}, {{ ref('int_deliveries__moved') }}
-- depends_on: {{ ref('int_deliveries__known') }}
-- Sources of which a list of tasks stands otherwise than in the last build, or was read anew. Lists in
-- full of a source that were never whole are weighed by their latest day: it moves every day.
-- Without a last build all lists are told.
{% if var('resumed_from') -%}
    with lists as (
        select source, delivery_id from {{ ref('int_deliveries__sighted') }} where dataset = 'tasks'
        union
        select source, delivery_id from before.int_deliveries__sighted where dataset = 'tasks'
    ),

    relisted as (
        select lists.source
        from lists
        semi join {{ ref('int_deliveries__moved') }} as moved on lists.delivery_id = moved.delivery_id
        union
        select source
        from {{ ref('int_deliveries__known') }}
        where dataset = 'tasks' and mode = 'full' and full_on is null
    )
{%- else -%}
    with relisted as (
        select cast(null as varchar) as source
        where false
    )
{%- endif %}

select * from relisted
