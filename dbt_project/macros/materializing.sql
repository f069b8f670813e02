{#-
  A table as dbt makes it, without the detours that keep a table readable while it is replaced: a
  build is a database of its own that nobody reads until it is whole (building.py). No table aside,
  no renaming, no backup to drop: a third fewer statements a model. Its primary key is asked for here
  and declared where it is published (exporting.py): a build has no use for the index.
-#}
{% materialization table, adapter='duckdb' -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {% call statement('main') -%}
        {{ create_table_as(False, target_relation, compiled_code) }}
    {%- endcall %}
    {{ hold_primary_key(target_relation) }}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do persist_docs(target_relation, model) %}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}

{#- The columns of a contract without the primary key, which is declared or named afterwards. -#}
{% macro duckdb__get_table_columns_and_constraints() -%}
    ({{ adapter.render_raw_columns_constraints(raw_columns=model['columns']) | join(', ') }})
{%- endmacro %}

{#- Refuses a table with two rows of one primary key, and names the key. -#}
{% macro hold_primary_key(relation) -%}
    {%- for constraint in model['constraints'] if config.get('contract').enforced and constraint['type'] == 'primary_key' %}
        {% call statement('key') -%}
            {{ refuse_twice('from ' ~ relation, constraint['columns'] | join(', ')) }}
        {%- endcall %}
        {% call statement('name') -%} {{ name_primary_key() }} {%- endcall %}
    {%- endfor %}
{%- endmacro %}

{#-
  Names the primary key, which is declared where the table is published. Of a table that is kept from
  build to build an index over all its history took fourteen of fifteen seconds of adding a day to
  it: there `refuse_twice` is asked of the rows that were added.
-#}
{% macro name_primary_key() -%}
    {%- for constraint in model['constraints'] if constraint['type'] == 'primary_key' %}
        insert into inputs.keys values ('{{ this.identifier }}', {{ constraint['columns'] }})
    {%- endfor %}
{%- endmacro %}

{% macro refuse_twice(rows_added, key) -%}
    select error(
        'two rows of {{ this.identifier }} with one ({{ key }}), or one without: ' || concat_ws(' | ', {{ key }})
    )
    from ({{ rows_added }})
    group by {{ key }}
    having
        count(*) > 1
        {%- for column in key.split(',') %} or {{ column }} is null {%- endfor %}
{%- endmacro %}

{#- Refuses added rows that point at a row which is not there. -#}
{% macro refuse_strangers(rows_added, key, relation) -%}
    select error('a row of {{ this.identifier }} with a {{ key }} that {{ relation.identifier }} has not: ' || {{ key }})
    from ({{ rows_added }})
    where {{ key }} not in (select {{ key }} from {{ relation }})
{%- endmacro %}

{#- Comments of all columns in one go; an enforced contract has said already that each is there. -#}
{% macro duckdb__alter_column_comment(relation, column_dict) -%}
    {%- if config.get('contract').enforced -%}
        {%- set existing_columns = column_dict | list -%}
    {%- else -%}
        {%- set existing_columns = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
    {%- endif -%}
    {%- for name in column_dict if name in existing_columns %}
        comment on column {{ relation }}.{{ adapter.quote(name) }} is {{ duckdb_escape_comment(column_dict[name]['description']) }};
    {% endfor %}
{%- endmacro %}
