-- depends_on: {{ ref('int_deliveries__sighted') }}, {{ ref('int_deliveries__moved') }}
-- depends_on: {{ ref('int_tasks__present_anew') }}, {{ ref('stg_tasks') }}
-- depends_on: {{ ref('int_sources__relisted') }}
-- Tasks of which lists say something else than in the last build, or that came, went or came back.
-- A list in full that follows the one before and says the same of a task changes nothing for it.
{% if var('resumed_from') -%}
    with moved as (
        select delivery_id from {{ ref('int_deliveries__moved') }} where dataset = 'tasks'
    ),

    sighted as (
        select * from {{ ref('int_deliveries__sighted') }} where dataset = 'tasks'
    ),

    in_full as (
        select source
        from sighted
        group by source
        having bool_and(mode = 'full')
    ),

    following as (
        select sighted.delivery_id
        from sighted
        semi join in_full on sighted.source = in_full.source
        anti join before.int_deliveries__sighted as stood on sighted.delivery_id = stood.delivery_id
        group by sighted.delivery_id
        having bool_and(sighted.from_on > {{ built_as_of() }} and sighted.until_on = date '9999-12-31')
    ),

    -- Lists that only ended when the next one came.
    beside as (
        select
            sighted.delivery_id,
            coalesce(
                stood.source = sighted.source
                and stood.mode = sighted.mode
                and stood.organisation_code is not distinct from sighted.organisation_code
                and stood.seen_at is not distinct from sighted.seen_at
                and stood.first_full_on is not distinct from sighted.first_full_on
                and (
                    stood.until_on = sighted.until_on
                    or (stood.until_on = date '9999-12-31' and sighted.until_on > {{ built_as_of() }})
                ), false
            ) as only_ended
        from sighted
        left join before.int_deliveries__sighted as stood
            on sighted.delivery_id = stood.delivery_id and sighted.from_on = stood.from_on
    ),

    followed as (
        select delivery_id
        from beside
        group by delivery_id
        having bool_and(only_ended)
    ),

    others as (
        select moved.delivery_id
        from moved
        anti join following on moved.delivery_id = following.delivery_id
        anti join followed on moved.delivery_id = followed.delivery_id
        union
        select followed.delivery_id
        from followed
        semi join inputs.changed on followed.delivery_id = changed.delivery_id
    ),

    disturbed as (
        select sighted.source from sighted
        semi join others on sighted.delivery_id = others.delivery_id
        union
        select stood.source from before.int_deliveries__sighted as stood
        semi join others on stood.delivery_id = others.delivery_id
        where stood.dataset = 'tasks'
    ),

    same as (
        select staged.source, staged.task_code
        from {{ ref('stg_tasks') }} as staged
        semi join following on staged.delivery_id = following.delivery_id
        inner join {{ carried('int_tasks__versions') }} as version
            on
                staged.source = version.source
                and staged.task_code = version.task_code
                and version.replaced_on is null
        where staged.source not in (select disturbed.source from disturbed)
        group by staged.source, staged.task_code
        having
            bool_and(
                {{ content_of_task('staged') }} = version.content
                and staged.organisation_code is not distinct from version.organisation_code
            )
    ),

    -- Its last line in the lists moves with every list; it says something once a task is gone.
    present as (
        select * exclude (last_delivery_id, last_line), {{ last_word_of_gone() }}
        from {{ ref('int_tasks__present_anew') }}
    ),

    was_present as (
        select * exclude (last_delivery_id, last_line), {{ last_word_of_gone() }}
        from {{ carried('int_tasks__present') }}
        where source in (select lists.source from {{ ref('int_sources__relisted') }} as lists)
    ),

    came_or_went as (
        {{ either_alone('present', 'was_present') }}
    ),

    relisted as (
        select staged.source, staged.task_code
        from {{ ref('stg_tasks') }} as staged
        semi join moved on staged.delivery_id = moved.delivery_id
        anti join same on staged.source = same.source and staged.task_code = same.task_code
        union
        select
            split_part(task_key, '/', 1) as source,
            substr(task_key, strpos(task_key, '/') + 1) as task_code
        from came_or_went
    )
{%- else -%}
    with relisted as (
        select cast(null as varchar) as source, cast(null as varchar) as task_code
        where false
    )
{%- endif %}

select * from relisted
