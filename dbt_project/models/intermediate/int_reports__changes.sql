-- depends_on: {{ ref('int_reports__told') }}, {{ ref('int_reports__orders') }}
-- What each report brought: said for the first time, said again differently, taken back. The same
-- words again, as a full export repeats them every day, bring nothing.
with rows_told as not materialized (
    {{ rows_told(ref('int_reports__versions'), ref('int_reports__told'), 'known_on') }}
),

versions as not materialized (
    select
        *,
        concat_ws(
            ' · ', cast(percent_complete as varchar) || ' %', status_reported,
            'completed ' || cast(completed_on as varchar),
            'extension ' || coalesce(approval_state, 'asked') || ' ' || cast(extension_to as varchar)
        ) as words
    from rows_told
    where known_on <= {{ as_of_date() }}
),

tasks as (
    select led.task_key, coalesce(orders.is_in_order, false) as is_in_order
    from {{ ref('int_tasks__led') }} as led
    left join {{ ref('int_reports__orders') }} as orders on led.task_key = orders.task_key
),

in_order as (
    select task_key from tasks where is_in_order
),

others as (
    select task_key from tasks where not is_in_order
),

versions_in_order as (
    select versions.*
    from versions
    semi join in_order on versions.task_key = in_order.task_key
),

other_versions as (
    select versions.*
    from versions
    semi join others on versions.task_key = others.task_key
),

ordered as (
    select
        *,
        row_number() over (
            partition by task_key, source, reported_on order by known_on, known_at, delivery_id, record
        ) as version_no,
        lag(words) over (
            partition by task_key, source, reported_on order by known_on, known_at, delivery_id, record
        ) as words_before
    from other_versions
),

-- Who is told in order says each day once, and takes nothing back.
said as (
    select
        task_key,
        reported_on as happened_on,
        known_on,
        known_at,
        'reported' as event,
        cast(null as varchar) as old_value,
        words as new_value,
        delivery_id,
        part,
        line
    from versions_in_order
    union all
    select
        task_key,
        reported_on as happened_on,
        known_on,
        known_at,
        case when version_no = 1 then 'reported' else 'corrected' end as event,
        words_before as old_value,
        words as new_value,
        delivery_id,
        part,
        line
    from ordered
    where words is distinct from words_before
),

ends as (
    select task_key, source, until_on, arg_max(reported_on, (known_on, reported_on)) as reported_on
    from other_versions
    where until_on <= {{ as_of_date() }}
    group by all
),

-- An export that keeps only the newest report takes none back; one that keeps only older ones, or
-- none, does.
taken_back as (
    select
        ends.task_key,
        ends.until_on as happened_on,
        ends.until_on as known_on,
        {{ morning_of('ends.until_on') }} as known_at,
        'withdrawn' as event,
        last_words.words as old_value,
        cast(null as varchar) as new_value,
        last_words.delivery_id,
        last_words.part,
        last_words.line
    from ends
    inner join ordered as last_words
        on
            ends.task_key = last_words.task_key
            and ends.source = last_words.source
            and ends.reported_on = last_words.reported_on
            and ends.until_on = last_words.until_on
    left join other_versions as standing
        on
            ends.task_key = standing.task_key
            and ends.source = standing.source
            and standing.reported_on >= ends.reported_on
            and standing.known_on <= ends.until_on
            and standing.until_on > ends.until_on
    where standing.task_key is null
    qualify row_number() over (
            partition by ends.task_key, ends.source, ends.until_on
            order by last_words.known_on desc, last_words.known_at desc, last_words.delivery_id desc
        ) = 1
),

changes as (
    select * from said
    union all
    select * from taken_back
)

select * from changes
