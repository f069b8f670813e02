-- What took the place of a task that was split, merged or replaced. Told by the last report of a
-- task that is gone or cancelled, by the title of the one that took over, or by tasks that came
-- when it went and name it as their parent. Only a code of the same source counts: nothing is guessed.
with tasks as (
    select task_key, source, task_code, parent_task_code, title, is_closed, delivery_id, part, line
    from {{ ref('int_tasks__known') }}
),

stretches as (
    select task_key, min(from_on) as came_on, max(until_on) as gone_on
    from {{ ref('int_tasks__present') }}
    group by task_key
),

cancelled as (
    select task_key from {{ ref('int_tasks__status') }} where status_reported = 'cancelled'
),

ended as (
    select tasks.*, stretches.gone_on
    from tasks
    inner join stretches on tasks.task_key = stretches.task_key
    where tasks.is_closed or tasks.task_key in (select cancelled.task_key from cancelled)
),

reported as (
    select
        ended.task_key,
        ended.source,
        'report' as basis,
        true as names_heirs,
        reports.reported_on as told_on,
        {{ report_of_succession("concat_ws('. ', reports.result, reports.difficulty, reports.proposal)") }} as told,
        reports.delivery_id,
        reports.part,
        reports.line
    from ended
    inner join {{ ref('int_reports__compared') }} as reports on ended.task_key = reports.task_key and reports.is_latest
),

titled as (
    select
        tasks.task_key,
        tasks.source,
        'title' as basis,
        false as names_heirs,
        stretches.came_on as told_on,
        {{ title_of_succession('tasks.title') }} as told,
        tasks.delivery_id,
        tasks.part,
        tasks.line
    from tasks
    inner join stretches on tasks.task_key = stretches.task_key
    where not tasks.is_closed and regexp_matches(lower(tasks.title), '{{ words_of_succession() }}')
),

tellers as (
    select * from reported where told.words != ''
    union all
    select * from titled where told.words != ''
),

named as (
    select
        tellers.*,
        unnest({{ codes_named('tellers.told.codes') }}) as code
    from tellers
),

worded as (
    select
        if(named.names_heirs, named.task_key, others.task_key) as task_key,
        if(named.names_heirs, others.task_key, named.task_key) as heir_key,
        {{ kind_of_succession('named.told.words') }} as kind,
        named.basis,
        rtrim(named.told.words || ' ' || trim(named.told.codes), ' .,:') as words,
        named.told_on,
        named.delivery_id,
        named.part,
        named.line
    from named
    inner join tasks as others
        on named.source = others.source and named.code = lower(others.task_code) and named.task_key != others.task_key
),

-- Children that came when their parent went, or after it.
born as (
    select
        ended.task_key,
        children.task_key as heir_key,
        'split' as kind,
        'parent' as basis,
        cast(null as varchar) as words,
        stretches.came_on as told_on,
        children.delivery_id,
        children.part,
        children.line
    from ended
    inner join tasks as children on ended.source = children.source and ended.task_code = children.parent_task_code
    inner join stretches on children.task_key = stretches.task_key
    where ended.is_closed and not children.is_closed and stretches.came_on >= ended.gone_on
),

succession as (
    select worded.*
    from worded
    inner join ended on worded.task_key = ended.task_key
    union all
    select * from born
)

select *
from succession
qualify row_number() over (
        partition by task_key, heir_key
        order by
            case basis when 'report' then 1 when 'title' then 2 else 3 end,
            told_on, delivery_id, line
    ) = 1
