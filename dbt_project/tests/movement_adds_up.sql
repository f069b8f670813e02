-- What was, what came and what went give what is: in tasks, in completed and in overdue ones; and
-- what is, is what the scorecard says.
with movement as (
    select * from {{ ref('mart_movement') }} where is_comparable
),

scorecard as (
    select
        organisation_code,
        tasks,
        open_overdue,
        {{ completed_tasks() }} as completed
    from {{ ref('mart_scorecard') }}
),

held as (
    select
        movement.organisation_code,
        movement.period,
        movement.tasks_now = movement.tasks_then + movement.newly_assigned - movement.gone as tasks_add_up,
        movement.completed_now
        = movement.completed_then + movement.newly_completed - movement.reopened - movement.completed_gone
            as completed_add_up,
        movement.overdue_now = movement.overdue_then + movement.newly_overdue - movement.left_overdue
            as overdue_add_up,
        movement.tasks_now = coalesce(scorecard.tasks, 0)
        and movement.completed_now = coalesce(scorecard.completed, 0)
        and movement.overdue_now = coalesce(scorecard.open_overdue, 0) as agrees_with_scorecard
    from movement
    left join scorecard on movement.organisation_code = scorecard.organisation_code
)

select * from held
where not (tasks_add_up and completed_add_up and overdue_add_up and agrees_with_scorecard)
