{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ take_out_told('int_tasks__touched', 'is_by_list') }}"
) }}
-- depends_on: {{ ref('int_tasks__touched') }}
-- Every version of a task that ever counted: a row only where something in it changed. A correction
-- that was older than what stood corrects nothing and is no version.
with sighted as (
    select * from {{ ref('int_deliveries__sighted') }} where dataset = 'tasks'
),

staged as not materialized (
    select rooms.*
    from {{ ref('stg_tasks') }} as rooms
    {% if var('resumed_from') -%}
        semi join {{ ref('int_tasks__touched') }} as listed
            on rooms.source = listed.source and rooms.task_code = listed.task_code and listed.is_by_list
    {%- endif %}
),

{%- set told = told_of_task() %}

-- Which rows are versions is decided over few columns: the texts of all others need not be sorted.
rows_seen as (
    select
        staged.source || '/' || staged.task_code as task_key,
        staged.delivery_id,
        staged.record,
        sighted.from_on as known_on,
        sighted.seen_at as known_at,
        sighted.until_on,
        sighted.first_full_on,
        coalesce(staged.updated_at, cast(sighted.from_on as timestamp) at time zone 'UTC') as updated_at,
        {{ content_of_task('staged') }} as content
    from staged
    inner join sighted on staged.delivery_id = sighted.delivery_id
),

-- A later word about a task that ends while a full export from before it is still said: nearly none.
outlasted as (
    select task_key, known_on, known_at, until_on
    from rows_seen
    qualify max(until_on) over (
            partition by task_key order by known_on, known_at rows between unbounded preceding and 1 preceding
        ) > until_on
),

-- Then that export counts again, of several the newest.
said_again as (
    select
        stood.* replace (
            ended.until_on as known_on,
            {{ morning_of('ended.until_on') }} as known_at
        )
    from outlasted as ended
    inner join rows_seen as stood
        on
            ended.task_key = stood.task_key
            and ended.until_on < stood.until_on
            and row(stood.known_on, stood.known_at) < row(ended.known_on, ended.known_at)
    where ended.until_on <= {{ as_of_date() }}
    qualify row_number() over (
            partition by ended.task_key, ended.until_on
            order by stood.known_on desc, stood.known_at desc, stood.delivery_id desc, stood.record desc
        ) = 1
),

rows_told as (
    select * from rows_seen
    union all
    select * from said_again
),

ranked as (
    select
        *,
        row_number() over (
            partition by task_key order by known_on, known_at, updated_at, delivery_id, record
        ) as sighting_no,
        -- Among corrections alone `updated_at` decides; a full export always says what is.
        coalesce(first_full_on <= known_on, false)
        or updated_at >= max(updated_at) over (
            partition by task_key
            order by known_on, known_at, updated_at, delivery_id, record
        ) as is_news
    from rows_told
),

changing as (
    select
        *,
        lag(content) over (partition by task_key order by sighting_no) as content_before
    from ranked
    where is_news
),

versions as (
    select
        * exclude (content_before, sighting_no, is_news, until_on, first_full_on, updated_at),
        cast(row_number() over (partition by task_key order by sighting_no) as integer) as version_no
    from changing
    where content is distinct from content_before
),

worded as (
    select
        versions.*,
        staged.source,
        staged.organisation_code,
        staged.task_code,
        staged.part,
        {% for column in told -%}
            staged.{{ column }},
        {% endfor -%}
        staged.line
    from versions
    inner join staged on versions.delivery_id = staged.delivery_id and versions.record = staged.record
),

compared as (
    select
        worded.*,
        deadlines.due_on as printed_due_on,
        lead(worded.known_on) over (partition by worded.task_key order by worded.version_no) as replaced_on,
        {% for column in told -%}
            lag(worded.{{ column }}) over (
                partition by worded.task_key order by worded.version_no
            ) as previous_{{ column }},
        {% endfor -%}
        lag(deadlines.due_on) over (
            partition by worded.task_key order by worded.version_no
        ) as previous_printed_due_on
    from worded
    left join {{ ref('int_deadlines__parsed') }} as deadlines on worded.deadline_text = deadlines.deadline_text
)

select * from compared
