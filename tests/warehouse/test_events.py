"""What happened to tasks and what moved between mornings, on the rooms of one morning."""

from __future__ import annotations

import duckdb


def test_what_happened_is_told_once_with_its_day_and_its_line(
    morning: duckdb.DuckDBPyConnection,
) -> None:
    found = morning.execute(
        "select task_code, event, happened_on::varchar, known_on::varchar, old_value, new_value, "
        "events.delivery_id, events.line from marts.fct_task_event as events "
        "inner join marts.dim_task using (task_key) "
        "where event not in ('assigned', 'reported') order by task_code, known_on, event"
    ).fetchall()
    day, first, second = "2025-10-14", "vpcp-tasks-1", "vpcp-tasks-2"
    told = "g06-progress-1"
    assert found == [
        ("NA-2", "overdue", "2025-07-01", "2025-10-01", None, "2025-06-30", "t40-tasks-1", 3),
        ("NA-3", "completed", "2025-08-20", "2025-10-09", None, "2025-08-20", "t40-progress-1", 2),
        ("T01", "overdue", "2025-10-01", "2025-10-01", None, "2025-09-30", first, 2),
        ("T01", "completed", "2025-09-28", "2025-10-05", None, "2025-09-28", told, 2),
        ("T02", "completed", "2025-10-03", day, None, "2025-10-03", told, 3),
        ("T04", "overdue", "2025-10-01", day, None, "2025-09-30", second, 5),
        ("T06", "completed", "2025-09-10", day, None, "2025-09-10", told, 5),
        ("T07", "completed", "2025-08-30", "2025-10-05", None, "2025-08-30", told, 6),
        ("T07", "reopened", "2025-10-01", "2025-10-05", None, None, told, 7),
        ("T11", "vanished", day, day, None, None, first, 3),
        ("T13", "overdue", "2025-10-01", "2025-10-01", None, "2025-09-30", first, 6),
        ("T13", "extended", day, day, "2025-09-30", "2025-11-30", second, 12),
        ("T17", "suspended", "2025-10-01", "2025-10-05", None, "suspended", told, 10),
        ("T18", "overdue", "2025-10-01", day, None, "2025-09-30", second, 17),
    ]


def test_every_task_was_assigned_once_and_every_report_is_told_once(
    morning: duckdb.DuckDBPyConnection,
) -> None:
    found = morning.execute(
        "select (select count(*) from marts.dim_task), "
        "count(*) filter (where event = 'assigned'), "
        "count(*) filter (where event = 'reported') from marts.fct_task_event"
    ).fetchone()
    # Eighteen reports of tasks that were known by then; the nineteenth is of 18 October.
    assert found == (23, 23, 18)


def test_a_version_begins_where_something_changed(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        "select task_key, version_no, changed_columns, previous_deadline_text, deadline_text "
        "from marts.fct_task_version where version_no > 1"
    ).fetchall()
    # NA-1 was corrected by an older version that came later: that is no version.
    assert found == [("vpcp/T13", 2, "deadline_text", "9/2025", "11/2025")]


def test_the_state_of_a_past_day_is_what_was_known_then(
    morning: duckdb.DuckDBPyConnection,
) -> None:
    found = morning.execute(
        "select split_part(task_key, '/', 2) as code, due_on::varchar, completed_on::varchar "
        "from marts.fct_task_state where date '2025-10-05' >= known_on "
        "and date '2025-10-05' < coalesce(until_on, date '9999-12-31') and is_present order by 1"
    ).fetchall()
    assert found == [
        ("NA-1", "2025-12-31", None),
        ("NA-2", "2025-06-30", None),
        ("T01", "2025-09-30", "2025-09-28"),
        ("T11", "2025-12-31", None),
        ("T12", "2025-12-31", None),
        ("T13", "2025-09-30", None),
        ("T20", "2025-12-31", None),
    ]


def test_movement_of_the_nation(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        "select period, since_date::varchar, is_comparable, tasks_then, tasks_now, newly_assigned, "
        "gone, newly_completed, reopened, newly_overdue, left_overdue, extended, cohort_tasks "
        "from marts.mart_movement where organisation_code = 'VN' order by since_date"
    ).fetchall()
    nothing = (None,) * 10
    assert found == [
        ("month", "2025-09-15", False, *nothing),
        ("baseline", "2025-10-01", True, 7, 22, 16, 1, 4, 0, 2, 2, 1, 6),
        ("week", "2025-10-08", True, 7, 22, 16, 1, 3, 0, 2, 1, 1, 6),
        ("day", "2025-10-14", True, 22, 22, 0, 0, 0, 0, 0, 0, 0, 22),
    ]


def test_the_tasks_behind_a_movement_are_listed(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        "select movement, count(*), count(*) filter (due_on_now > due_on_then) "
        "from marts.fct_task_movement where organisation_code = 'VN' and period = 'week' "
        "group by movement order by movement"
    ).fetchall()
    counts = {movement: tasks for movement, tasks, _ in found}
    assert counts == {
        "extended": 1,
        "gone": 1,
        "left_overdue": 1,
        "newly_assigned": 16,
        "newly_completed": 3,
        "newly_overdue": 2,
    }
    assert [later for movement, _, later in found if movement == "extended"] == [1]


def test_a_rate_stands_beside_the_rate_of_the_same_tasks(
    morning: duckdb.DuckDBPyConnection,
) -> None:
    found = morning.execute(
        "select round(completion_rate_then, 4), round(completion_rate_now, 4), "
        "round(cohort_completion_rate_then, 4), round(cohort_completion_rate_now, 4) "
        "from marts.mart_movement where organisation_code = 'VN' and period = 'week'"
    ).fetchone()
    assert found == (0.1429, 0.1818, 0.1667, 0.1667)


def test_bodies_that_disagree_are_a_finding(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        "select task_key, lead_code, lead_said, lead_line, other_code, other_said, other_line "
        "from marts.mart_report_disagreement"
    ).fetchall()
    assert found == [("vpcp/T18", "G06", "open", 11, "40", "completed", 3)]
