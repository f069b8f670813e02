{#- Attempts with what of them is sure: a delivery that was not checked yet breaks its day. -#}
{% macro weighed_attempts(attempts) -%}
    select
        * replace (is_usable and is_checked as is_usable),
        outcome = 'failed' or is_refused or (is_usable and not is_checked) as is_broken
    from {{ attempts }}
{%- endmacro %}

{#- First and last sighting of each usable delivery, from weighed attempts. -#}
{% macro spans_of(attempts) -%}
    select
        delivery_id,
        source,
        dataset,
        max(mode) as mode,
        max(organisation_code) as organisation_code,
        min(business_date) as first_sighted_on,
        max(business_date) as last_sighted_on,
        arg_min(received_at, business_date) as first_received_at,
        arg_max(received_at, business_date) as last_received_at
    from (
        select
            delivery_id,
            source,
            dataset,
            business_date,
            max(mode) as mode,
            max(organisation_code) as organisation_code,
            min(received_at) as received_at
        from {{ attempts }}
        where is_usable
        group by delivery_id, source, dataset, business_date
    )
    group by delivery_id, source, dataset
{%- endmacro %}

{#- Deliveries with whether they are in force: what the last whole export of the source did not say is not. -#}
{% macro deliveries_known(spans, export_days) -%}
    select
        spans.delivery_id,
        spans.source,
        spans.dataset,
        spans.mode,
        spans.organisation_code,
        bases.full_on,
        spans.first_sighted_on,
        spans.last_sighted_on,
        spans.first_received_at,
        if(spans.mode = 'full', spans.last_sighted_on, spans.first_sighted_on) as valid_on,
        if(spans.mode = 'full', spans.last_received_at, spans.first_received_at) as valid_at,
        coalesce(if(spans.mode = 'full', spans.last_sighted_on, spans.first_sighted_on) >= bases.full_on, true)
            as is_in_force
    from {{ spans }} as spans
    left join (
        select source, dataset, max(business_date) as full_on
        from {{ export_days }}
        group by source, dataset
    ) as bases on spans.source = bases.source and spans.dataset = bases.dataset
{%- endmacro %}

{#- What is seen again since the last build is seen until then. Of what is told anew nothing is there any more. -#}
{% macro sight_again(attempts) -%}
    {% if is_incremental() %}
        update {{ this }} as kept set
            mode = greatest(kept.mode, again.mode),
            organisation_code = greatest(kept.organisation_code, again.organisation_code),
            last_sighted_on = again.last_sighted_on,
            last_received_at = again.last_received_at
        from (
            {{ spans_of('(' ~ weighed_attempts('(' ~ pairs_told(attempts) ~ ')') ~ ')') }}
        ) as again
        where kept.delivery_id = again.delivery_id
    {% endif %}
{%- endmacro %}
