{#-
  Whether a report says that its task is done. A day of completion counts once it has come; a number
  says more than a label: 80 % called completed is not.
-#}
{% macro said_of(report) -%}
    case
        when {{ report }}.completed_on <= {{ report }}.reported_on then 'completed'
        when {{ report }}.percent_complete >= 100 then 'completed'
        when {{ report }}.percent_complete is not null then 'open'
        when {{ report }}.status_reported like 'completed%' then 'completed'
        when {{ report }}.status_reported is not null then 'open'
    end
{%- endmacro %}

{#-
  Where bodies disagree the lead's word counts; where the lead says nothing, anybody's. `is_by_lead`
  is a condition on a report, `grain` tells the groups of reports apart.
-#}
{% macro counts_of(is_by_lead, grain) -%}
    is_in_force and (
        coalesce({{ is_by_lead }}, false)
        or not coalesce(bool_or({{ is_by_lead }} and is_in_force) over (partition by {{ grain }}), false)
    )
{%- endmacro %}

{#-
  Of int_reports__compared the rows that `which` picks (columns of it as `compared`), with all that
  the reports say, and the first of those that said the same.
-#}
{% macro reports_beside(which) -%}
    {%- set known = rows_told(ref('int_progress__known'), ref('int_reports__told'), 'known_on') -%}
    with picked as (
        select * from {{ ref('int_reports__compared') }} as compared
        where not compared.is_carried and {{ which }}
    ),

    -- Of all reports few are asked for: they are sought among the others, not the others among them.
    told as (
        select known.*
        from ({{ known }}) as known
        semi join picked on known.task_key = picked.task_key and known.report_no = picked.report_no
        where known.counts
    ),

    -- The first of those that said the same is of this build, or was carried over.
    firsts as (
        select known.task_key, known.report_no, known.reported_on, known.delivery_id, known.part, known.line
        from ({{ known }}) as known
        semi join picked on known.task_key = picked.task_key and known.report_no = picked.text_since_no
        where known.counts
    )

    select
        told.task_key,
        told.report_no,
        told.source,
        told.reporter_code,
        told.reported_on,
        told.first_sighted_on,
        told.known_on,
        told.said,
        told.percent_complete,
        told.status_reported,
        told.completed_on,
        told.evidence,
        told.result,
        told.difficulty,
        told.proposal,
        told.delivery_id,
        told.part,
        told.line,
        {{ report_words('told.result') }} as result_words,
        picked.before_no,
        picked.before_on,
        picked.before_said,
        picked.before_percent,
        picked.text_no,
        picked.opens_so_far,
        picked.times_said,
        coalesce(firsts.reported_on, carried.text_since) as text_since,
        coalesce(firsts.delivery_id, carried.text_delivery_id) as text_delivery_id,
        if(firsts.delivery_id is null, carried.text_part, firsts.part) as text_part,
        if(firsts.delivery_id is null, carried.text_line, firsts.line) as text_line
    from picked
    inner join told on picked.task_key = told.task_key and picked.report_no = told.report_no
    left join firsts on picked.task_key = firsts.task_key and picked.text_since_no = firsts.report_no
    left join {{ ref('int_reports__carried') }} as carried on picked.task_key = carried.task_key
{%- endmacro %}
