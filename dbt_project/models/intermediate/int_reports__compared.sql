-- depends_on: {{ ref('int_reports__told') }}
-- Each report that this build tells, of those that count, beside the one before it on the same task.
-- Of a continued task the last one told stands before the first, with all it carries, and is left out
-- again at the end.
with rows_told as (
    {{ rows_told(ref('int_progress__known'), ref('int_reports__told'), 'known_on') }}
),

continued as (
    select task_key from {{ ref('int_reports__told') }} where is_continued
),

worded as (
    select
        task_key,
        report_no,
        source,
        reporter_code,
        reported_on,
        first_sighted_on,
        known_on,
        said,
        percent_complete,
        status_reported,
        completed_on,
        evidence,
        result,
        difficulty,
        proposal,
        delivery_id,
        part,
        line,
        {{ report_words('result') }} as result_words,
        false as is_carried,
        cast(0 as bigint) as texts_before,
        cast(0 as bigint) as opens_before,
        cast(0 as bigint) as times_before,
        reported_on as since,
        delivery_id as since_delivery_id,
        part as since_part,
        line as since_line
    from rows_told
    where counts
    {% if var('resumed_from') -%}
        union all by name
        select
            carried.* exclude (
                before_on, before_said, before_percent, before_delivery_id, before_part, before_line, is_same_text,
                is_same_difficulty, text_no, opens_so_far, times_said, text_since, text_delivery_id, text_part,
                text_line
            ),
            true as is_carried,
            text_no - 1 as texts_before,
            opens_so_far - if(coalesce(said = 'open', false), 1, 0) as opens_before,
            times_said - 1 as times_before,
            text_since as since,
            text_delivery_id as since_delivery_id,
            text_part as since_part,
            text_line as since_line
        from {{ carried('int_reports__latest') }} as carried
        semi join continued on carried.task_key = continued.task_key
    {%- endif %}
),

beside as (
    select
        *,
        lag(reported_on) over task as before_on,
        lag(said) over task as before_said,
        lag(percent_complete) over task as before_percent,
        lag(delivery_id) over task as before_delivery_id,
        lag(part) over task as before_part,
        lag(line) over task as before_line,
        lag(difficulty) over task as before_difficulty,
        coalesce(result_words = lag(result_words) over task and result_words != '', false) as is_same_text
    from worded
    window task as (partition by task_key order by report_no)
),

numbered as (
    select
        * exclude (before_difficulty),
        coalesce(difficulty = before_difficulty, difficulty is null and before_difficulty is null)
            as is_same_difficulty,
        (first_value(texts_before) over task) + (count(*) filter (where not is_same_text) over task) as text_no,
        (first_value(opens_before) over task) + (count(*) filter (where said = 'open') over task) as opens_so_far
    from beside
    window task as (partition by task_key order by report_no)
),

compared as (
    select
        * exclude (texts_before, opens_before, times_before, since, since_delivery_id, since_part, since_line),
        (first_value(times_before) over same_text) + (row_number() over same_text) as times_said,
        first_value(since) over same_text as text_since,
        first_value(since_delivery_id) over same_text as text_delivery_id,
        first_value(since_part) over same_text as text_part,
        first_value(since_line) over same_text as text_line
    from numbered
    window same_text as (partition by task_key, text_no order by report_no)
)

select * exclude (is_carried)
from compared
where not is_carried
