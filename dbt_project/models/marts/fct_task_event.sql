{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook="{{ take_out_events(['reported', 'corrected', 'withdrawn']) }}",
    post_hook=[
        "{{ refuse_twice(events_told(this), 'event_id') }}",
        "{{ refuse_strangers(events_told(this), 'task_key', ref('dim_task')) }}",
        "{{ name_primary_key() }}"
    ]
) }}
-- depends_on: {{ ref('dim_task') }}
-- depends_on: {{ ref('int_events__retold') }}
with states as (
    select *, '' as part from ({{ events_told(ref('int_states__changes')) }})
),

reports as (
    select * from {{ ref('int_reports__changes') }}
),

versions as (
    {{ events_told(ref('int_tasks__versions')) }}
),

stretches as (
    select
        *,
        from_on as known_on,
        row_number() over (partition by task_key order by from_on) as stretch_no
    from {{ ref('int_tasks__present') }}
),

present as (
    select * from stretches
    {% if var('resumed_from') -%}
        semi join {{ ref('int_events__retold') }} as retold on stretches.task_key = retold.task_key
    {%- endif %}
),

assigned as (
    select
        present.task_key,
        case when present.stretch_no = 1 then coalesce(versions.assigned_on, present.from_on) else present.from_on end
            as happened_on,
        present.from_on as known_on,
        present.seen_at as known_at,
        case when present.stretch_no = 1 then 'assigned' else 'returned' end as event,
        cast(null as varchar) as old_value,
        versions.lead_text as new_value,
        present.first_delivery_id as delivery_id,
        '' as part,
        present.first_line as line
    from present
    inner join versions on present.task_key = versions.task_key and versions.version_no = 1
),

vanished as (
    select
        task_key, until_on as happened_on, until_on as known_on, {{ morning_of('until_on') }} as known_at,
        'vanished' as event, cast(null as varchar) as old_value, cast(null as varchar) as new_value,
        last_delivery_id as delivery_id, '' as part, last_line as line
    from present
    where until_on <= {{ as_of_date() }}
),

reworded as (
    {% for column in ['title', 'lead_text', 'document_code', 'parent_task_code'] -%}
        select
            task_key,
            known_on as happened_on,
            known_on,
            known_at,
            '{{ column | replace("_text", "") | replace("_task_code", "") | replace("_code", "") }}_changed' as event,
            previous_{{ column }} as old_value,
            {{ column }} as new_value,
            delivery_id,
            part,
            line
        from versions
        where version_no > 1 and {{ column }} is distinct from previous_{{ column }}
        {% if not loop.last %}union all
        {% endif -%}
    {% endfor %}
),

-- A turn that a change of state already tells, by the same line, is one event.
turns_told as (
    {{ events_told(ref('int_reports__turns')) }}
),

turns as (
    select reported.*
    from turns_told as reported
    left join states
        on
            reported.task_key = states.task_key
            and reported.event = states.event
            and reported.delivery_id = states.delivery_id
            and reported.line is not distinct from states.line
    where states.task_key is null
),

happened as (
    select * from assigned
    union all by name
    select * from vanished
    union all by name
    select * from reworded
    union all by name
    select * from states
    union all by name
    select * from reports
    union all by name
    select * from turns
),

events as (
    select
        happened.task_key,
        happened.happened_on,
        happened.known_on,
        happened.known_at,
        happened.event,
        happened.old_value,
        happened.new_value,
        happened.delivery_id,
        happened.part,
        happened.line,
        left(md5(concat_ws(
            '|', happened.task_key, happened.event, happened.happened_on, happened.known_on, happened.delivery_id,
            happened.part, happened.line, happened.old_value, happened.new_value
        )), 20) as event_id
    from happened
)

select
    event_id,
    * exclude (event_id)
from events
