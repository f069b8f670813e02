-- depends_on: {{ ref('int_reports__told') }}
-- Of each continued task the report that was told last, with what led up to it.
{% if var('resumed_from') -%}
    select
        latest.task_key,
        latest.report_no,
        latest.reported_on,
        latest.said,
        latest.percent_complete,
        latest.result_words,
        latest.difficulty,
        latest.delivery_id,
        latest.part,
        latest.line,
        latest.text_no,
        latest.opens_so_far,
        latest.times_said,
        latest.text_since,
        latest.text_delivery_id,
        latest.text_part,
        latest.text_line
    from {{ carried('int_reports__latest') }} as latest
    inner join {{ ref('int_reports__told') }} as told on latest.task_key = told.task_key and told.is_continued
{%- else -%}
    with nothing as (
        select
            cast(null as varchar) as task_key,
            cast(null as bigint) as report_no,
            cast(null as date) as reported_on,
            cast(null as varchar) as said,
            cast(null as double) as percent_complete,
            cast(null as varchar) as result_words,
            cast(null as varchar) as difficulty,
            cast(null as varchar) as delivery_id,
            cast(null as varchar) as part,
            cast(null as bigint) as line,
            cast(null as bigint) as text_no,
            cast(null as bigint) as opens_so_far,
            cast(null as bigint) as times_said,
            cast(null as date) as text_since,
            cast(null as varchar) as text_delivery_id,
            cast(null as varchar) as text_part,
            cast(null as bigint) as text_line
    )

    select * from nothing
    where task_key is not null
{%- endif %}
