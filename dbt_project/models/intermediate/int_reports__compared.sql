-- depends_on: {{ ref('int_reports__told') }}
-- Each report that this build tells, of those that count, beside the one before it on the same task.
-- Of a continued task the last one told stands before the first, with all it carries. Texts are
-- compared by their hashes and, as whatever need not be sorted, stay in int_progress__known.
with rows_told as (
    {{ rows_told(ref('int_progress__known'), ref('int_reports__told'), 'known_on') }}
),

told as (
    select
        task_key, report_no, reported_on, said, percent_complete, difficulty,
        {{ report_words('result') }} as result_words,
        false as is_carried,
        cast(0 as bigint) as texts_before,
        cast(0 as bigint) as opens_before,
        cast(0 as bigint) as times_before
    from rows_told
    where counts
    union all by name
    select
        task_key, report_no, reported_on, said, percent_complete, difficulty, result_words,
        true as is_carried,
        text_no - 1 as texts_before,
        opens_so_far - if(coalesce(said = 'open', false), 1, 0) as opens_before,
        times_said - 1 as times_before
    from {{ ref('int_reports__carried') }}
),

worded as (
    select
        * exclude (result_words, difficulty),
        case when result_words != '' then hash(result_words) end as words_hash,
        case when difficulty is not null then hash(difficulty) end as difficulty_hash
    from told
),

beside as (
    select
        * exclude (words_hash, difficulty_hash),
        row_number() over task as place,
        lag(report_no) over task as before_no,
        lag(reported_on) over task as before_on,
        lag(said) over task as before_said,
        lag(percent_complete) over task as before_percent,
        coalesce(words_hash = lag(words_hash) over task, false) as is_same_text,
        coalesce(difficulty_hash, 0) = coalesce(lag(difficulty_hash) over task, 0) as is_same_difficulty
    from worded
    window task as (partition by task_key order by report_no)
),

numbered as (
    select
        *,
        (first_value(texts_before) over task) + (count(*) filter (where not is_same_text) over task) as text_no,
        (first_value(opens_before) over task) + (count(*) filter (where said = 'open') over task) as opens_so_far,
        first_value(times_before) over task as times_carried,
        max(case when not is_same_text then place end) over task as text_place,
        max(case when not is_same_text then report_no end) over task as text_since_no
    from beside
    window task as (partition by task_key order by place)
)

select
    * exclude (texts_before, opens_before, times_before, times_carried, is_same_text, text_place),
    -- Only the first of a task's rows carries anything.
    place - text_place + 1 + if(text_place = 1, times_carried, 0) as times_said
from numbered
