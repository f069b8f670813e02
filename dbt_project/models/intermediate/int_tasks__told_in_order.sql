{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ take_out_retold('int_reports__told') }}"
) }}
-- depends_on: {{ ref('int_reports__told') }}
-- What the reports on a task told in order say of its end and its deadline (DESIGN 5.5), on each day
-- on which that changed. Reports that say again that it is open change nothing and are left out early.
with rows_told as not materialized (
    {{ rows_told(ref('int_reports__versions'), ref('int_reports__told'), 'known_on') }}
),

orders as (
    select task_key from {{ ref('int_reports__orders') }} where is_in_order
),

reports as not materialized (
    select rows_told.*
    from rows_told
    semi join orders on rows_told.task_key = orders.task_key
),

-- Of a task that is continued: what was told last, as a report that said all of it.
last_told as (
    {% if is_incremental() -%}
        select ordered.*, told.carried_on, told.carried_said
        from {{ this }} as ordered
        inner join {{ ref('int_reports__told') }} as told on ordered.task_key = told.task_key and told.is_continued
        qualify row_number() over (partition by ordered.task_key order by ordered.known_on desc) = 1
    {%- else -%}
        select
            cast(null as varchar) as task_key, cast(null as date) as carried_on, cast(null as varchar) as carried_said,
            cast(null as date) as stated_on, cast(null as date) as first_said_on,
            cast(null as varchar) as completed_delivery_id, cast(null as bigint) as completed_line,
            cast(null as date) as extended_to, cast(null as varchar) as extension_delivery_id,
            cast(null as bigint) as extension_line
        where false
    {%- endif %}
),

-- Before it is first called done a task neither ends nor begins anew.
done_since as (
    select task_key, min(reported_on) as reported_on
    from (
        select task_key, reported_on from reports
        where said = 'completed'
        union all
        select task_key, date '0001-01-01' as reported_on from last_told
        where carried_said = 'completed'
    )
    group by task_key
),

said as (
    select
        reports.task_key,
        reports.known_on,
        reports.reported_on,
        reports.said,
        case
            when reports.said = 'completed' and reports.completed_on <= reports.reported_on then reports.completed_on
        end as stated_on,
        false as is_carried
    from reports
    inner join done_since
        on reports.task_key = done_since.task_key and reports.reported_on >= done_since.reported_on
    where reports.said is not null
    union all by name
    select
        task_key,
        carried_on as known_on,
        coalesce(first_said_on, carried_on) as reported_on,
        carried_said as said,
        stated_on,
        true as is_carried
    from last_told
    where carried_said is not null
),

words as (
    select
        *,
        lag(said) over task as said_before,
        lag(stated_on) over task as stated_before
    from said
    window task as (partition by task_key order by is_carried desc, reported_on)
),

-- Who says again that it is done, of the same day, says nothing new.
turns as (
    select
        * exclude (said_before, stated_before),
        count(*) filter (where said = 'open') over (
            partition by task_key order by is_carried desc, reported_on
        ) as run_no
    from words
    where
        (said = 'completed' and said_before is distinct from 'completed')
        or (said = 'completed' and stated_on is not null and stated_on is distinct from stated_before)
        or (said = 'open' and said_before = 'completed')
),

-- Told in order a task has one report a day.
placed as (
    select turns.*, reports.delivery_id, reports.line
    from turns
    inner join reports on turns.task_key = reports.task_key and turns.reported_on = reports.reported_on
    where not turns.is_carried
    union all by name
    select turns.*, last_told.completed_delivery_id as delivery_id, last_told.completed_line as line
    from turns
    inner join last_told on turns.task_key = last_told.task_key
    where turns.is_carried
),

running as (
    select
        task_key,
        known_on,
        reported_on,
        is_carried,
        last_value(stated_on ignore nulls) over run as stated_on,
        min(reported_on) filter (where said = 'completed') over run as first_said_on,
        first_value(case when said = 'completed' then delivery_id end ignore nulls) over run as completed_delivery_id,
        first_value(case when said = 'completed' then line end ignore nulls) over run as completed_line
    from placed
    window run as (
        partition by task_key, run_no
        order by is_carried desc, reported_on rows between unbounded preceding and current row
    )
),

-- Of the reports of one day the last one is what the morning knew.
mornings as (
    select *
    from running
    qualify row_number() over (partition by task_key, known_on order by is_carried, reported_on desc) = 1
),

completed as (
    select *
    from mornings
    qualify row(stated_on, first_said_on, completed_delivery_id, completed_line) is distinct from lag(
            row(stated_on, first_said_on, completed_delivery_id, completed_line)
        ) over (partition by task_key order by known_on)
),

extensions as (
    select task_key, known_on, reported_on, extension_to, delivery_id, line, false as is_carried
    from reports
    where approval_state = 'approved' and extension_to is not null
    union all by name
    select
        task_key,
        carried_on as known_on,
        carried_on as reported_on,
        extended_to as extension_to,
        extension_delivery_id as delivery_id,
        extension_line as line,
        true as is_carried
    from last_told
    where extended_to is not null
),

granted as (
    select
        task_key,
        known_on,
        reported_on,
        is_carried,
        max(extension_to) over so_far as extended_to,
        arg_max(delivery_id, (extension_to, not is_carried, reported_on)) over so_far as extension_delivery_id,
        arg_max(line, (extension_to, not is_carried, reported_on)) over so_far as extension_line
    from extensions
    window so_far as (
        partition by task_key
        order by is_carried desc, reported_on rows between unbounded preceding and current row
    )
),

extended as (
    select *
    from granted
    qualify row_number() over (partition by task_key, known_on order by is_carried, reported_on desc) = 1
),

points as (
    select task_key, known_on from completed
    where not is_carried
    union
    select task_key, known_on from extended
    where not is_carried
),

latest as (
    select
        reports.task_key,
        reports.known_on,
        max(reports.known_at) as reported_at,
        arg_max(reports.delivery_id, reports.reported_on) as last_delivery_id,
        arg_max(reports.line, reports.reported_on) as last_line,
        max(reports.reported_on) as last_reported_on
    from reports
    semi join points on reports.task_key = points.task_key and reports.known_on = points.known_on
    group by reports.task_key, reports.known_on
),

told as (
    select
        latest.*,
        coalesce(completed.stated_on, completed.first_said_on) as completed_on,
        completed.stated_on,
        completed.first_said_on,
        completed.completed_delivery_id,
        completed.completed_line,
        extended.extended_to,
        extended.extension_delivery_id,
        extended.extension_line
    from latest
    asof left join completed on latest.task_key = completed.task_key and latest.known_on >= completed.known_on
    asof left join extended on latest.task_key = extended.task_key and latest.known_on >= extended.known_on
)

select * from told
