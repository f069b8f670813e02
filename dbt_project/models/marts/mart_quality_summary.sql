{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook="{{ take_out_summed() }}",
    post_hook=["{{ refuse_twice('select * from ' ~ this ~ ' ' ~ summed_days(), 'business_date, level, code') }}", "{{ name_primary_key() }}"]
) }}
-- depends_on: {{ ref('int_quality__retold') }}
{{ quality_rolled_up("(select * from " ~ ref('mart_quality') ~ " " ~ summed_days() ~ ")", 'business_date') }}
