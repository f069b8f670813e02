{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook="{{ take_out_quality_told() }}",
    post_hook=["{{ refuse_twice(quality_told(this), 'business_date, source, dataset') }}", "{{ name_primary_key() }}"]
) }}
-- depends_on: {{ ref('int_quality__retold') }}
with counted as (
    {{ quality_told(ref('int_quality__counted')) }}
),

anomalies as (
    select * from {{ anomalies_by_day() }}
),

scored as (
    select
        *,
        {{ quality_shares() }}
    from counted
),

weighed as (
    select *, {{ quality_overall() }} as overall from scored
),

quality as (
    select
        weighed.business_date,
        weighed.source,
        weighed.dataset,
        weighed.organisation_code,
        weighed.is_latest,
        weighed.expected,
        weighed.status,
        weighed.completeness,
        weighed.timeliness,
        weighed.validity,
        weighed.uniqueness,
        weighed.consistency,
        weighed.overall,
        {{ quality_colour('weighed.overall') }} as colour,
        coalesce(anomalies.anomalies, 0) as anomalies,
        weighed.rows_declared,
        cast(weighed.obligations as bigint) as obligations,
        weighed.punctual,
    {% for name in quality_counts() -%}
        cast(weighed.{{ name }} as bigint) as {{ name }}{{ "," if not loop.last }}
    {% endfor %}
    from weighed
    left join anomalies
        on
            weighed.business_date = anomalies.business_date
            and weighed.source = anomalies.source
            and weighed.dataset = anomalies.dataset
)

select * from quality
order by business_date, source, dataset
