{#-
  A model that keeps what the last build left for tasks nothing changed for: rows of touched tasks
  are taken out, then told anew. `task_key` names the column of the key.
-#}
{% macro take_out_touched() -%}
    {% if is_incremental() %}
        delete from {{ this }} where task_key in (select task_key from {{ ref('int_tasks__touched') }})
    {% endif %}
{%- endmacro %}

{#- A staged room: rows of deliveries that changed or went are taken out; `inputs` holds the changed ones alone. -#}
{% macro take_out_changed() -%}
    {% if is_incremental() %}
        delete from {{ this }} where delivery_id in (select delivery_id from inputs.changed)
    {% endif %}
{%- endmacro %}

{#- Whether a row belongs to a task that is told anew; every one where nothing was kept. -#}
{% macro is_told_anew(source, task_code) -%}
    {%- if is_incremental() -%}
        exists (
            select 1
            -- Names of their own: a bare `task_code` in here would be this list's, not the row's.
            from (
                select told.source as touched_source, told.task_code as touched_code
                from {{ ref('int_tasks__touched') }} as told
            ) as touched
            where touched.touched_source = {{ source }} and touched.touched_code = {{ task_code }}
        )
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}

{#- The same, by the key of the task; `of` names the relation that has it, where several have. -#}
{% macro is_among_touched(of='') -%}
    {%- if is_incremental() -%} {{ of }}task_key in (select told.task_key from {{ ref('int_tasks__touched') }} as told)
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}

{#- Where each delivery stands among those of its source and dataset: what decides which version counts. -#}
{% macro standing_among(known) -%}
    select
        delivery_id,
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
