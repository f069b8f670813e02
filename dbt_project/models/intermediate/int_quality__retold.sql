-- depends_on: {{ ref('mart_reporting') }}, {{ ref('mart_reconciliation') }}, {{ ref('mart_quality_anomaly') }}
-- What of quality a build tells: days that are told anew, the latest ones that were or are, and those of
-- which a declared total or an anomaly came or went. Without a last build all are told.
{% if var('resumed_from') -%}
    with counted as (
        select * from {{ carried('int_quality__counted') }}
    ),

    latest as (
        select business_date, source, dataset from {{ ref('mart_reporting') }} where is_latest
    ),

    were_latest as (
        select business_date, source, dataset from counted where is_latest
    ),

    declared as (
        select business_date, source, dataset, rows_declared from {{ rows_declared() }}
    ),

    were_declared as (
        select business_date, source, dataset, rows_declared from counted where rows_declared is not null
    ),

    anomalies as (
        select business_date, source, dataset, anomalies from {{ anomalies_by_day() }}
    ),

    were_anomalous as (
        select business_date, source, dataset, anomalies
        from {{ carried('mart_quality', 'marts') }}
        where anomalies > 0
    ),

    retold as (
        select business_date, source, dataset from ({{ days_told(ref('mart_reporting')) }})
        union
        select business_date, source, dataset from ({{ days_told('counted') }})
        union
        select business_date, source, dataset from ({{ either_alone('latest', 'were_latest') }})
        union
        select business_date, source, dataset from ({{ either_alone('declared', 'were_declared') }})
        union
        select business_date, source, dataset from ({{ either_alone('anomalies', 'were_anomalous') }})
    )
{%- else -%}
    with retold as (
        select cast(null as date) as business_date, cast(null as varchar) as source, cast(null as varchar) as dataset
        where false
    )
{%- endif %}

select * from retold
