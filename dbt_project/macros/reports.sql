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
    select
        known.task_key,
        known.report_no,
        known.source,
        known.reporter_code,
        known.reported_on,
        known.first_sighted_on,
        known.known_on,
        known.said,
        known.percent_complete,
        known.status_reported,
        known.completed_on,
        known.evidence,
        known.result,
        known.difficulty,
        known.proposal,
        known.delivery_id,
        known.part,
        known.line,
        {{ report_words('known.result') }} as result_words,
        picked.before_no,
        picked.before_on,
        picked.before_said,
        picked.before_percent,
        picked.text_no,
        picked.opens_so_far,
        picked.times_said,
        coalesce(since.reported_on, carried.text_since) as text_since,
        coalesce(since.delivery_id, carried.text_delivery_id) as text_delivery_id,
        if(since.delivery_id is null, carried.text_part, since.part) as text_part,
        if(since.delivery_id is null, carried.text_line, since.line) as text_line
    from (select * from {{ ref('int_reports__compared') }} as compared where not compared.is_carried and {{ which }})
        as picked
    inner join ({{ known }}) as known
        on picked.task_key = known.task_key and picked.report_no = known.report_no and known.counts
    -- The first of those that said the same is of this build, or was carried over.
    left join ({{ known }}) as since
        on picked.task_key = since.task_key and picked.text_since_no = since.report_no and since.counts
    left join {{ ref('int_reports__carried') }} as carried on picked.task_key = carried.task_key
{%- endmacro %}
