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
{% macro carried(model, schema='intermediate') -%} {{ schema }}.{{ model }} {%- endmacro %}

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
{% macro take_out_changed(dataset) -%}
    {% if is_incremental() %}
        delete from {{ this }}
        where delivery_id in (select delivery_id from inputs.changed where dataset = '{{ dataset }}')
    {% endif %}
{%- endmacro %}

{#-
  Of rows with a source, a dataset and a business date those that a build tells: all, or those of
  days since the last build and of days from which on something changed (arrivals.py).
-#}
{% macro days_told(rows) -%}
    {%- if not var('resumed_from') -%}
        select * from {{ rows }}
    {%- else -%}
        select each_row.*
        from {{ rows }} as each_row
        where each_row.business_date > {{ built_as_of() }}
        union all
        select each_row.*
        from {{ rows }} as each_row
        inner join inputs.told_anew as anew on each_row.source = anew.source and each_row.dataset = anew.dataset
        where each_row.business_date between anew.since_on and {{ built_as_of() }}
    {%- endif -%}
{%- endmacro %}

{#- Takes out of a kept table what `days_told` tells of days up to the last build. -#}
{% macro take_out_days_told() -%}
    {% if is_incremental() %}
        delete from {{ this }} as kept using inputs.told_anew as anew
        where kept.source = anew.source and kept.dataset = anew.dataset and kept.business_date >= anew.since_on
    {% endif %}
{%- endmacro %}

{#- Of rows of deliveries those of days since the last build, and those that were checked or decided anew. -#}
{% macro deliveries_told(rows) -%}
    select * from {{ rows }}
    {% if var('resumed_from') -%}
        where
            business_date > {{ built_as_of() }}
            or delivery_id in (select rechecked.delivery_id from inputs.rechecked)
    {%- endif %}
{%- endmacro %}

{% macro take_out_rechecked() -%}
    {% if is_incremental() %}
        delete from {{ this }} where delivery_id in (select delivery_id from inputs.rechecked)
    {% endif %}
{%- endmacro %}

{#- Of each source and dataset the newest day that is reported is the latest: newer ones have come, or it went. -#}
{% macro mark_latest() -%}
    {% if is_incremental() %}
        update {{ this }} as reported set is_latest = reported.business_date = newest.business_date
        from (
            select source, dataset, max(business_date) as business_date from {{ this }} group by source, dataset
        ) as newest
        where
            reported.source = newest.source
            and reported.dataset = newest.dataset
            and reported.is_latest != (reported.business_date = newest.business_date)
    {% endif %}
{%- endmacro %}

{#- Rows by business date, source and dataset: all, or those that int_quality__retold lists. -#}
{% macro quality_told(rows) -%}
    select judged.*
    from {{ rows }} as judged
    {% if var('resumed_from') -%}
        semi join {{ ref('int_quality__retold') }} as retold
            on
                judged.business_date = retold.business_date
                and judged.source = retold.source
                and judged.dataset = retold.dataset
    {%- endif %}
{%- endmacro %}

{#- The days of which sums over sources are told: all, or those with anything in int_quality__retold. -#}
{% macro summed_days() -%}
    {% if var('resumed_from') -%}
        where business_date in (select retold.business_date from {{ ref('int_quality__retold') }} as retold)
    {%- endif %}
{%- endmacro %}

{% macro take_out_summed() -%}
    {% if is_incremental() %} delete from {{ this }} {{ summed_days() }} {% endif %}
{%- endmacro %}

{% macro take_out_quality_told() -%}
    {% if is_incremental() %}
        delete from {{ this }} as kept using {{ ref('int_quality__retold') }} as retold
        where
            kept.business_date = retold.business_date
            and kept.source = retold.source
            and kept.dataset = retold.dataset
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

{#-
  Of rows with a source, a dataset and a business date those since the last build, and all of each
  source and dataset of which anything is told anew.
-#}
{% macro pairs_told(rows) -%}
    select each_row.*
    from {{ rows }} as each_row
    {% if var('resumed_from') -%}
        where
            each_row.business_date > {{ built_as_of() }}
            or (each_row.source, each_row.dataset) in (select anew.source, anew.dataset from inputs.told_anew as anew)
    {%- endif %}
{%- endmacro %}

{#- Takes out of a kept table the sources and datasets of which anything is told anew. -#}
{% macro take_out_pairs_told() -%}
    {% if is_incremental() %}
        delete from {{ this }} as kept using inputs.told_anew as anew
        where kept.source = anew.source and kept.dataset = anew.dataset
    {% endif %}
{%- endmacro %}

{% macro take_out_deliveries(listed) -%}
    {% if is_incremental() %}
        delete from {{ this }} where delivery_id in (select delivery_id from {{ listed }})
    {% endif %}
{%- endmacro %}

{#-
  Sources and datasets of which the order of deliveries may be another than in the last build:
  corrections that only came after all others change it for none of them.
-#}
{% macro shifted_pairs() -%}
    select source, dataset from inputs.told_anew
    union
    select source, dataset from {{ ref('int_attempts__judged') }}
    where business_date > {{ built_as_of() }} and is_usable and is_checked and mode = 'full'
{%- endmacro %}

{#- Where deliveries stand among those of their source and dataset, of the pairs that are named. -#}
{% macro standing_among(known, pairs) -%}
    select
        known.delivery_id,
        known.dataset,
        known.is_in_force,
        known.full_on is not null as had_full,
        row_number() over (
            partition by known.source, known.dataset order by known.valid_on, known.valid_at, known.delivery_id
        ) as place
    from {{ known }} as known
    semi join {{ pairs }} as pairs on known.source = pairs.source and known.dataset = pairs.dataset
{%- endmacro %}

{#- The rows that one of two relations of the same columns has and the other has not. -#}
{% macro either_alone(one, other) -%}
    (select * from {{ one }} except select * from {{ other }})
    union
    (select * from {{ other }} except select * from {{ one }})
{%- endmacro %}

{#- Rows with a source: all, or those of sources of which a list of tasks changed. -#}
{% macro lists_told(rows) -%}
    select * from {{ rows }}
    {% if var('resumed_from') -%}
        where source in (select lists.source from {{ ref('int_sources__relisted') }} as lists)
    {%- endif %}
{%- endmacro %}

{% macro take_out_lists_told() -%}
    {% if is_incremental() %}
        delete from {{ this }} where source in (select source from {{ ref('int_sources__relisted') }})
    {% endif %}
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
