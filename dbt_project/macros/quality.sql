{#-
  Quality, defined once. Counts add up over deliveries, days, sources and bodies; a score is always
  a share of the counts it stands beside, never an average of scores. Null: nothing to judge.
-#}
{% macro quality_counts() -%}
    {{ return([
        'rows_received', 'rows_accepted', 'rows_rejected', 'rows_duplicate', 'rows_warned',
        'rows_judged', 'rows_readable', 'rows_stated', 'rows_incomplete', 'rows_invalid',
        'rows_repeated', 'rows_inconsistent', 'rows_untimely',
    ]) }}
{%- endmacro %}

{#- Of a source's own statement of how many rows it sent. -#}
{% macro rows_declared() -%}
    (
        select business_date, source, dataset, cast(greatest(declared, 0) as bigint) as rows_declared
        from {{ ref('mart_reconciliation') }}
        where measure = 'rows' and computed is not null
    )
{%- endmacro %}

{#- How many anomalies a day has. -#}
{% macro anomalies_by_day() -%}
    (
        select business_date, source, dataset, count(*) as anomalies
        from {{ ref('mart_quality_anomaly') }}
        group by business_date, source, dataset
    )
{%- endmacro %}

{#- The five shares of 1, from the counts of a row. -#}
{% macro quality_shares() -%}
    {{ spared('rows_incomplete', 'rows_stated') }} as completeness,
    punctual / nullif(obligations, 0) * coalesce({{ spared('rows_untimely', 'rows_readable') }}, 1) as timeliness,
    {{ spared('rows_invalid', 'rows_judged') }} as validity,
    {{ spared('rows_repeated', 'rows_readable') }} as uniqueness,
    {{ spared('rows_inconsistent', 'rows_readable') }} as consistency
{%- endmacro %}

{#- Share of `rows` that are not among `broken`, never below 0. -#}
{% macro spared(broken, rows) -%}
    case when {{ rows }} > 0 then greatest(0, 1 - {{ share(broken, rows) }}) end
{%- endmacro %}

{#- Mean of the shares that can be judged, by their weights. -#}
{% macro quality_overall() -%}
    {%- set dimensions = ['completeness', 'timeliness', 'validity', 'uniqueness', 'consistency'] -%}
    (
    {%- for name in dimensions %}
        {{ "+ " if not loop.first }}coalesce({{ var('quality_weight_' ~ name) }} * {{ name }}, 0)
    {%- endfor %}
    ) / nullif(
    {%- for name in dimensions %}
        {{ "+ " if not loop.first }}if({{ name }} is null, 0, {{ var('quality_weight_' ~ name) }})
    {%- endfor %}, 0)
{%- endmacro %}

{#- Conventions, not law, as those of completion. -#}
{% macro quality_colour(score) -%}
    case
        when {{ score }} is null then 'grey'
        when {{ score }} >= {{ var('quality_green') }} then 'green'
        when {{ score }} >= {{ var('quality_amber') }} then 'amber'
        else 'red'
    end
{%- endmacro %}

{#-
  Scores of many rows of mart_quality at once, from their summed counts: of each source, each body,
  each dataset and the nation. `relation` is what is summed, `day` its column of the day.
-#}
{% macro quality_rolled_up(relation, day) -%}
with rows_of_days as (
    select *, organisation_code as body_code from {{ relation }}
),

summed as (
    select
        {{ day }},
        case
            when grouping(source) = 0 then 'source'
            when grouping(organisation_code) = 0 then 'organisation'
            when grouping(dataset) = 0 then 'dataset'
            else 'nation'
        end as level,
        coalesce(source, organisation_code, dataset, 'VN') as code,
        case
            when grouping(source) = 0 then max(body_code)
            when grouping(organisation_code) = 0 then organisation_code
            when grouping(dataset) = 1 then 'VN'
        end as organisation_code,
        cast(sum(obligations) as bigint) as obligations,
        cast(count(*) filter (where status = 'late') as bigint) as late,
        cast(count(*) filter (where status in ('missing', 'refused') and expected) as bigint) as absent,
        cast(sum(anomalies) as bigint) as anomalies,
        sum(punctual) as punctual,
    {% for name in quality_counts() -%}
        cast(sum({{ name }}) as bigint) as {{ name }}{{ "," if not loop.last }}
    {% endfor %}
    from rows_of_days
    group by grouping sets (
        ({{ day }}, source), ({{ day }}, organisation_code), ({{ day }}, dataset), ({{ day }})
    )
),

scored as (
    select
        *,
        {{ quality_shares() }}
    from summed
),

weighed as (
    select *, {{ quality_overall() }} as overall from scored
),

rolled_up as (
    select
        {{ day }},
        level,
        code,
        organisation_code,
        completeness,
        timeliness,
        validity,
        uniqueness,
        consistency,
        overall,
        {{ quality_colour('overall') }} as colour,
        anomalies,
        late,
        absent,
        obligations,
        punctual,
        {{ quality_counts() | join(', ') }}
    from weighed
)

select * from rolled_up
order by {{ day }}, level, code
{%- endmacro %}
