{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_changed('profiles') }}"
) }}
-- What the profile of a delivery says about its quality: records that break a rule, by dimension.
with profiles as (
    select * from {{ ref('stg_profiles') }}
    {% if var('resumed_from') -%}
        where delivery_id in (select changed.delivery_id from inputs.changed where changed.dataset = 'profiles')
    {%- endif %}
),

measured as (
    select
        delivery_id,
        sum(row_count) filter (where name = 'completeness') as rows_incomplete,
        sum(row_count) filter (where name = 'validity') as rows_invalid,
        sum(row_count) filter (where name = 'uniqueness') as rows_repeated,
        sum(row_count) filter (where name = 'consistency') as rows_inconsistent,
        sum(row_count) filter (where name = 'timeliness') as rows_untimely
    from profiles
    where fact = 'defect'
    group by delivery_id
)

select * from measured
