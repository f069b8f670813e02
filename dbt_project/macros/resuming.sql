{#-
  How a build goes on from the one before (resuming.py, var `resumed_from`). A task is told anew from
  its beginning, or it is continued: then only what came after the last build is told, beside what
  the last row of each kept table carries. Both ways give the same rows.
-#}

{#- The as-of date of the build before. -#}
{% macro built_as_of() -%} date '{{ var("resumed_from") }}' {%- endmacro %}

{#-
  A kept table as the last build left it. Whoever reads it comes before the model that tells it
  anew: that one depends on its readers.
-#}
{% macro carried(model) -%} intermediate.{{ model }} {%- endmacro %}

{#- Takes out of a kept table the rows of tasks that are told from their beginning; `told` lists them. -#}
{% macro take_out_retold(told) -%}
    {% if is_incremental() %}
        delete from {{ this }} where task_key in (select task_key from {{ ref(told) }} where not is_continued)
    {% endif %}
{%- endmacro %}

{#- The same of a table with few rows a task: those of continued tasks go too, or those `which` says. -#}
{% macro take_out_told(told, which='true') -%}
    {% if is_incremental() %}
        delete from {{ this }} where task_key in (select task_key from {{ ref(told) }} where {{ which }})
    {% endif %}
{%- endmacro %}

{#- A staged room: rows of deliveries that changed or went are taken out; `inputs` holds the changed ones alone. -#}
{% macro take_out_changed() -%}
    {% if is_incremental() %}
        delete from {{ this }} where delivery_id in (select delivery_id from inputs.changed)
    {% endif %}
{%- endmacro %}

{#-
  The rows that a build tells: all, or those of tasks listed in `told`. Of a continued task only
  those after the last build by `since`, a date by which the rows lie in order, so that little is
  read. `source` and `task_code` name the columns of the task where the rows have no `task_key`.
-#}
{% macro rows_told(rows, told, since, source=none, task_code=none) -%}
    {%- if not var('resumed_from') -%}
        select * from {{ rows }}
    {%- else -%}
        {%- for continued in [true, false] %}
        select each_row.*
        from {{ rows }} as each_row
        semi join (
            select task_key, source as told_source, task_code as told_code
            from {{ told }} where {{ 'is_continued' if continued else 'not is_continued' }}
        ) as listed
            on {% if source -%}
                each_row.{{ source }} = listed.told_source and each_row.{{ task_code }} = listed.told_code
            {%- else -%} each_row.task_key = listed.task_key {%- endif %}
        {% if continued -%}
            where each_row.{{ since }} > {{ built_as_of() }}
        union all
        {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- Whether a row is of a touched task; `of` names the relation that has the key, where several have. -#}
{% macro is_among_touched(of='') -%}
    {%- if var('resumed_from') -%} {{ of }}task_key in (select told.task_key from {{ ref('int_tasks__touched') }} as told)
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}

{#- Where each delivery stands among those of its source and dataset: what decides which version counts. -#}
{% macro standing_among(known) -%}
    select
        delivery_id,
        dataset,
        is_in_force,
        full_on is not null as had_full,
        row_number() over (partition by source, dataset order by valid_on, valid_at, delivery_id) as place
    from {{ known }}
{%- endmacro %}

{#- The rows that one of two relations of the same columns has and the other has not. -#}
{% macro either_alone(one, other) -%}
    (select * from {{ one }} except select * from {{ other }})
    union
    (select * from {{ other }} except select * from {{ one }})
{%- endmacro %}

{#- Takes out the events of tasks whose events are told from the beginning. -#}
{% macro take_out_events(of_reports) -%}
    {% if is_incremental() %}
        delete from {{ this }}
        where
            task_key in (select task_key from {{ ref('int_events__retold') }} where is_by_reports)
            or (
                event not in ('{{ of_reports | join("', '") }}')
                and task_key in (select task_key from {{ ref('int_events__retold') }})
            )
    {% endif %}
{%- endmacro %}

{#- Rows about events that a build tells: all since the last build, and all of tasks told from the beginning. -#}
{% macro events_told(rows) -%}
    {%- if not var('resumed_from') -%}
        select * from {{ rows }}
    {%- else -%}
        select since.*
        from {{ rows }} as since
        anti join {{ ref('int_events__retold') }} as retold on since.task_key = retold.task_key
        where since.known_on > {{ built_as_of() }}
        union all
        select each_row.*
        from {{ rows }} as each_row
        semi join {{ ref('int_events__retold') }} as retold on each_row.task_key = retold.task_key
    {%- endif -%}
{%- endmacro %}

{#- What of a task its lists tell: where one of these changes there is a version more. -#}
{% macro told_of_task() -%}
    {{ return([
        'title', 'kind', 'group_name', 'document_code', 'parent_task_code', 'lead_text', 'cooperating_text',
        'responsible_position', 'assigned_on', 'deadline_text', 'product', 'priority',
    ]) }}
{%- endmacro %}

{#- All of it as one number; `staged` names a relation with the columns of stg_tasks. -#}
{% macro content_of_task(staged) -%} hash({{ staged }}.{{ told_of_task() | join(', ' ~ staged ~ '.') }}) {%- endmacro %}

{#- Columns of int_tasks__present: the last line about a task where it is gone. -#}
{% macro last_word_of_gone() -%}
    case when until_on <= {{ as_of_date() }} then last_delivery_id end as last_delivery_id,
    case when until_on <= {{ as_of_date() }} then last_line end as last_line
{%- endmacro %}
