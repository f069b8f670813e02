-- Open tasks that are stuck, oldest first, each with why, the words that say so, and who can free it.
with tasks as (
    select * from {{ ref('fct_task_status') }}
    where not is_completed and not is_cancelled
),

dated as (
    select task_key, title, scope_code, first_due_on, delivery_id, part, line
    from {{ ref('int_tasks__dated') }}
    where not is_closed
),

organisations as (
    select organisation_code, kind, parent_code
    from {{ ref('int_organisations__as_of') }}
    where answers_for_code
),

silence as (
    select task_key, is_silent, silent_days, silent_since from {{ ref('int_tasks__silence') }}
),

readings as (
    select * from {{ ref('int_difficulties__read') }}
),

last_reports as (
    select
        latest.*,
        stated.reason,
        stated.reason_words,
        coalesce(not stated.says_none, false) as is_stated,
        coalesce(stated.is_waiting, false) as is_waiting_stated
    from {{ ref('int_reports__latest') }} as latest
    inner join tasks on latest.task_key = tasks.task_key
    left join readings as stated on latest.difficulty = stated.text
),

-- Since when the difficulty of the latest report has been named in every report.
latest_reason as (
    select task_key, reason, is_stated from last_reports
),

reports as (
    select
        difficulties.*,
        stated.reason,
        coalesce(not stated.says_none, false) as is_stated
    from {{ ref('int_reports__difficulties') }} as difficulties
    inner join tasks on difficulties.task_key = tasks.task_key
    left join readings as stated on difficulties.difficulty = stated.text
),

broken as (
    select
        reports.task_key,
        max(reports.report_no) filter (
            where not reports.is_stated or reports.reason is distinct from latest_reason.reason
        ) as last_other_no
    from reports
    inner join latest_reason on reports.task_key = latest_reason.task_key
    where latest_reason.is_stated
    group by reports.task_key
),

stated_since as (
    select reports.task_key, min(reports.reported_on) as stated_since
    from reports
    inner join broken on reports.task_key = broken.task_key
    where reports.report_no > coalesce(broken.last_other_no, 0)
    group by reports.task_key
),

latest as (
    select
        last_reports.*,
        stated_since.stated_since,
        proposed.reason as proposal_reason,
        proposed.reason_words as proposal_words,
        coalesce(told.is_waiting, false) as is_waiting_told,
        told.reason as told_reason,
        told.reason_words as told_words
    from last_reports
    left join stated_since on last_reports.task_key = stated_since.task_key
    left join readings as proposed on last_reports.proposal = proposed.text and not proposed.says_none
    left join readings as told on last_reports.result = told.text and not told.says_none
),

named_in_difficulty as (
    select text, organisation_codes from {{ ref('int_difficulties__bodies') }}
),

judged as (
    select
        tasks.as_of_date,
        tasks.task_key,
        tasks.source,
        tasks.lead_code,
        tasks.document_code,
        tasks.status_class,
        tasks.due_on,
        tasks.extension_count,
        dated.scope_code,
        dated.first_due_on,
        coalesce(latest.is_stated, false) as has_difficulty,
        coalesce(latest.is_waiting_stated or latest.is_waiting_told, false) as is_waiting,
        tasks.extension_count >= {{ var('extended_again') }} as is_extended_again,
        coalesce(silence.is_silent, false) as is_silent,
        silence.silent_days,
        silence.silent_since,
        latest.stated_since,
        latest.reported_on as last_reported_on,
        latest.difficulty,
        latest.proposal,
        latest.result,
        case
            when latest.is_stated then latest.reason
            when latest.is_waiting_told then latest.told_reason
            when latest.proposal_reason is not null then latest.proposal_reason
            else 'other'
        end as reason,
        case
            when latest.is_stated then latest.reason_words
            when latest.is_waiting_told then latest.told_words
            when latest.proposal_reason is not null then latest.proposal_words
        end as reason_words,
        case
            when latest.is_stated then 'difficulty'
            when latest.is_waiting_told then 'result'
            when latest.proposal_reason is not null then 'proposal'
            else 'nothing_said'
        end as reason_from,
        coalesce(latest.delivery_id, dated.delivery_id) as delivery_id,
        case when latest.task_key is null then dated.part else latest.part end as part,
        coalesce(latest.line, dated.line) as line
    from tasks
    inner join dated on tasks.task_key = dated.task_key
    left join silence on tasks.task_key = silence.task_key
    left join latest on tasks.task_key = latest.task_key
),

stuck as (
    select
        judged.*,
        case
            when judged.is_waiting then 'waiting'
            when judged.has_difficulty then 'difficulty'
            when judged.is_extended_again then 'extended'
            else 'silent'
        end as stuck_by,
        -- The oldest of what holds it.
        least(
            case
                when judged.is_waiting or judged.has_difficulty
                    then coalesce(judged.stated_since, judged.last_reported_on)
            end,
            case when judged.is_extended_again then judged.first_due_on end,
            case when judged.is_silent then judged.silent_since end
        ) as since,
        list_filter(
            list_concat(
                coalesce(of_difficulty.organisation_codes, []),
                case when judged.is_waiting then coalesce(of_result.organisation_codes, []) else [] end,
                coalesce(of_proposal.organisation_codes, [])
            ),
            lambda code: code != judged.lead_code
        )[1] as named_code,
        regexp_matches(
            {{ without_marks("concat_ws(' ', judged.difficulty, judged.proposal)") }},
            '(^|[^\p{L}])(so (tai|ke|khoa|noi|thong|xay|nong|giao|y|tu|cong|van|du)|(ubnd|uy ban nhan dan) tinh)( |$)'
        ) as names_department,
        above.parent_code as above_code,
        above.kind as lead_kind
    from judged
    left join named_in_difficulty as of_difficulty on judged.difficulty = of_difficulty.text
    left join named_in_difficulty as of_result on judged.result = of_result.text
    left join named_in_difficulty as of_proposal on judged.proposal = of_proposal.text
    left join organisations as above on judged.lead_code = above.organisation_code
    where judged.has_difficulty or judged.is_waiting or judged.is_extended_again or judged.is_silent
),

described as (
    select
        as_of_date,
        task_key,
        source,
        lead_code,
        document_code,
        stuck_by,
        reason,
        reason_words,
        reason_from,
        is_waiting,
        is_extended_again,
        is_silent,
        least(since, as_of_date) as since,
        cast(greatest(as_of_date - since, 0) as bigint) as days,
        difficulty,
        proposal,
        case
            when named_code is not null then named_code
            when names_department and scope_code is not null and scope_code != lead_code then scope_code
        end as unblocked_by_code,
        case
            when named_code is not null then 'named'
            when names_department and scope_code is not null and scope_code != lead_code then 'department'
            else 'not_named'
        end as unblocked_by_basis,
        case when lead_code not in ('VN', 'UNRESOLVED') then coalesce(above_code, 'VN') end as above_code,
        status_class,
        due_on,
        cast(extension_count as integer) as extension_count,
        cast(silent_days as bigint) as silent_days,
        last_reported_on,
        delivery_id,
        part,
        line
    from stuck
)

select * from described
order by since, task_key
