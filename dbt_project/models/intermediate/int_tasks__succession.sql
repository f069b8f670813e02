-- What took the place of a task that was split, merged or replaced. Told by the last report of a
-- task that is gone or cancelled, by the title of the one that took over, or by tasks that came
-- when it went and name it as their parent. Only a code of the same source counts: nothing is guessed.
with tasks as (
    select task_key, source, task_code, parent_task_code, is_closed, delivery_id, part, line
    from {{ ref('int_tasks__known') }}
),

cancelled as (
    select task_key from {{ ref('int_tasks__status') }} where status_reported = 'cancelled'
),

-- Few of all the tasks: those that ended, and those whose title may name them.
over as (
    select * from tasks
    where is_closed or task_key in (select cancelled.task_key from cancelled)
),

telling as (
    select task_key, source, title, delivery_id, part, line
    from {{ ref('int_tasks__known') }}
    where not is_closed and regexp_matches(title, '(?i){{ words_of_succession() }}')
),

children as (
    select tasks.*, over.task_key as parent_key
    from tasks
    inner join over on tasks.source = over.source and tasks.parent_task_code = over.task_code
    where over.is_closed and not tasks.is_closed
),

stretches as (
    select task_key, min(from_on) as came_on, max(until_on) as gone_on
    from {{ ref('int_tasks__present') }}
    where
        task_key in (
            select over.task_key from over
            union all
            select telling.task_key from telling
            union all
            select children.task_key from children
        )
    group by task_key
),

ended as (
    select over.*, stretches.gone_on
    from over
    inner join stretches on over.task_key = stretches.task_key
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
    inner join {{ ref('int_reports__latest') }} as reports on ended.task_key = reports.task_key
),

titled as (
    select
        telling.task_key,
        telling.source,
        'title' as basis,
        false as names_heirs,
        stretches.came_on as told_on,
        {{ title_of_succession('telling.title') }} as told,
        telling.delivery_id,
        telling.part,
        telling.line
    from telling
    inner join stretches on telling.task_key = stretches.task_key
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
    inner join children on ended.task_key = children.parent_key
    inner join stretches on children.task_key = stretches.task_key
    where stretches.came_on >= ended.gone_on
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
