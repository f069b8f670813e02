-- What became of each item: to whom it went and came back, until when an answer was due, and how
-- many working days it took. A due day that the source gives stands; else the limit of its kind
-- counts from the day after receipt.
with items as (
    select
        current_items.* exclude (answered_on),
        -- An answer of a later day than the as-of date has not been given yet.
        case when answered_on <= {{ as_of_date() }} then answered_on end as answered_on
    from {{ ref('int_feedback__current') }} as current_items
    where received_on <= {{ as_of_date() }}
),

known as (
    select * from {{ ref('int_deliveries__known') }} where dataset = 'feedback'
),

versions as (
    select
        staged.source,
        staged.feedback_code,
        coalesce(staged.assigned_to_text, '') as assigned_to_text,
        staged.state = 'forwarded' as is_forwarded,
        known.first_sighted_on,
        lag(coalesce(staged.assigned_to_text, '')) over (
            partition by staged.source, staged.feedback_code
            order by known.first_sighted_on, known.first_received_at, staged.record
        ) as assigned_before
    from {{ ref('stg_feedback') }} as staged
    inner join known on staged.delivery_id = known.delivery_id
),

moved as (
    select
        source,
        feedback_code,
        min(first_sighted_on) filter (where is_forwarded or assigned_to_text != assigned_before) as forwarded_on,
        count(*) filter (where assigned_to_text != assigned_before) as times_moved,
        count(distinct assigned_to_text) as handlers
    from versions
    group by source, feedback_code
),

limits as (
    select * from {{ ref('feedback_limits') }}
),

days as (
    select * from {{ ref('int_calendar__days') }}
),

working_days as (
    select working_day_number, day from days where is_working
),

handled as (
    select
        items.*,
        items.due_on as due_on_given,
        coalesce(items.due_on, due.day) as due_on_counted,
        case
            when items.due_on is not null then 'given'
            when due.day is not null then 'limit'
            else 'none'
        end as due_basis,
        limits.answer_working_days as limit_working_days,
        ended.working_day_number - received.working_day_number as working_days_taken,
        moved.forwarded_on,
        moved.forwarded_on is not null as is_forwarded,
        -- More moves than new handlers: it came back to one that had it before.
        moved.times_moved >= moved.handlers and moved.times_moved > 0 as is_returned,
        case
            when moved.forwarded_on is not null
                then sent_on.working_day_number - received.working_day_number <= limits.forward_working_days
        end as is_forwarded_in_time
    from items
    left join limits on items.kind = limits.kind
    left join days as received on items.received_on = received.day
    left join working_days as due
        on received.working_day_number + limits.answer_working_days = due.working_day_number
    left join days as ended on coalesce(items.answered_on, {{ as_of_date() }}) = ended.day
    left join moved on items.source = moved.source and items.feedback_code = moved.feedback_code
    left join days as sent_on on moved.forwarded_on = sent_on.day
)

select * exclude (due_on) rename (due_on_counted as due_on) from handled
