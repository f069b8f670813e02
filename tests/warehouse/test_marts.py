"""The other marts of the same morning."""

from __future__ import annotations

import duckdb

SCORES = """
    select tasks, completed_on_time, completed_late, completed_undated, open_in_term, open_overdue,
        open_undated, due_in_3_days, due_in_7_days
    from marts.mart_scorecard where organisation_code = ?
"""
CLASSES = "completed_on_time + completed_late + completed_undated + open_in_term + open_overdue"


def test_the_nation_counts_each_task_once(morning: duckdb.DuckDBPyConnection) -> None:
    assert morning.execute(SCORES, ["VN"]).fetchone() == (22, 2, 1, 1, 12, 3, 3, 1, 2)


def test_each_lead_sees_the_task_in_its_own_row(morning: duckdb.DuckDBPyConnection) -> None:
    assert morning.execute(SCORES, ["G06"]).fetchone() == (10, 1, 1, 1, 5, 2, 0, 0, 1)
    assert morning.execute(SCORES, ["G17"]).fetchone() == (1, 0, 0, 0, 1, 0, 0, 0, 0)
    assert morning.execute(SCORES, ["UNRESOLVED"]).fetchone() == (2, 0, 0, 0, 1, 1, 0, 0, 0)


def test_classes_add_up_in_every_row(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        f"select * from marts.mart_scorecard where {CLASSES} + open_undated != tasks"
    ).fetchall()
    assert found == []


def test_rates_divide_by_what_they_say(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        "select completion_rate, on_time_rate, overdue_rate, due_completion_rate, colour "
        "from marts.mart_scorecard where organisation_code = 'G06'"
    ).fetchone()
    assert found == (3 / 10, 1 / 2, 2 / 10, 3 / 5, "amber")


def test_bodies_without_tasks_are_listed_in_grey(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        """
        select count(*), count(rank_in_kind), max(tasks), min(colour), max(colour)
        from marts.mart_scorecard where kind = 'province' and tasks = 0
        """
    ).fetchone()
    assert found == (33, 0, 0, "grey", "grey")


def test_equal_work_shares_a_rank(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        "select organisation_code, rank_in_kind from marts.mart_scorecard "
        "where kind in ('ministry', 'province') and rank_in_kind is not null order by 1"
    ).fetchall()
    assert found == [("40", 1), ("G06", 1)]


def test_reporting_of_the_day(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        "select source, dataset, status, expected, is_unchanged, rows_received "
        "from marts.mart_reporting where business_date = '2025-10-15' order by 1, 2"
    ).fetchall()
    assert found == [
        ("bo-g06", "feedback", "on_time", True, False, 5),
        ("bo-g06", "indicator_values", "on_time", True, False, 9),
        ("bo-g06", "indicators", "on_time", True, False, 8),
        ("tinh-40", "tasks", "nothing_arose", True, False, 0),
        ("vpcp", "control_totals", "on_time", True, False, 4),
        ("vpcp", "documents", "on_time", True, False, 7),
        ("vpcp", "tasks", "on_time", True, False, 19),
        ("xa-00004", "tasks", "missing", True, False, 0),
        ("xa-00008", "progress", "refused", True, False, 0),
        ("xa-00008", "tasks", "missing", True, False, 0),
    ]


def test_reporting_of_earlier_days(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        "select business_date::varchar, source, dataset, status, reason_code "
        "from marts.mart_reporting where (source, dataset) in "
        "(('bo-g06', 'progress'), ('bo-g12', 'progress'), ('tinh-40', 'progress'), "
        "('vpcp', 'tasks')) order by 2, 3, 1"
    ).fetchall()
    assert found == [
        ("2025-10-05", "bo-g06", "progress", "on_time", None),
        ("2025-10-12", "bo-g06", "progress", "on_time", None),
        ("2025-10-13", "bo-g06", "progress", "duplicate", None),
        ("2025-08-10", "bo-g12", "progress", "on_time", None),
        ("2025-10-10", "bo-g12", "progress", "late", None),
        ("2025-09-01", "tinh-40", "progress", "on_time", None),
        ("2025-10-10", "tinh-40", "progress", "on_time", None),
        ("2025-10-14", "tinh-40", "progress", "refused", "file.truncated"),
        ("2025-10-01", "vpcp", "tasks", "on_time", None),
        ("2025-10-14", "vpcp", "tasks", "late", None),
        ("2025-10-15", "vpcp", "tasks", "on_time", None),
    ]


def test_declared_totals_are_compared(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        "select dataset, measure, declared, computed, difference, finding "
        "from marts.mart_reconciliation order by 1, 2"
    ).fetchall()
    assert found == [
        ("feedback", "completed", 9, None, None, "not_computable"),
        ("tasks", "completed", 3, 3, 0, "equal"),
        ("tasks", "open_overdue", 1, 2, -1, "different"),
        ("tasks", "rows", 19, 19, 0, "equal"),
    ]


def test_documents_hang_from_their_root(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        "select document_code, root_document_code, depth, chain_state from marts.dim_document "
        "order by 1"
    ).fetchall()
    assert found == [
        ("03/NQ-CP", "57-NQ/TW", 1, "child"),
        ("10/KH-A", "10/KH-A", None, "circle"),
        ("20/KH-B", "10/KH-A", None, "circle"),
        ("30/KH-C", "10/KH-A", None, "circle"),
        ("328-KH/TU", "57-NQ/TW", 2, "child"),
        ("40/KH-D", "41/KH-E", 1, "child"),
        ("41/KH-E", "41/KH-E", 0, "only_named"),
        ("57-NQ/TW", "57-NQ/TW", 0, "root"),
        ("99/QĐ-TTg", "99/QĐ-TTg", 0, "only_named"),
    ]


def test_targets_are_read_without_loss(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        "select indicator_code, part_no, target_operator, target_low, target_high, qualifier, "
        "better from marts.dim_indicator_target order by 1, 2"
    ).fetchall()
    assert found == [
        ("CT-1", 1, ">=", 90, None, None, "higher"),
        ("CT-2", 1, "<=", None, 3, "Đông Nam Á", "lower"),
        ("CT-2", 2, "<=", None, 50, "Thế giới", "lower"),
        ("CT-3", 1, "between", 40, 50, None, None),
        ("CT-4", 1, ">", 0.7, None, None, "higher"),
        ("CT-5", 1, "text", None, None, None, None),
        ("CT-6", 1, "=", 10, 10, "/năm", "higher"),
        ("CT-7", 1, "=", 68457, 68457, None, "higher"),
    ]
    assert morning.execute("select count(*) from marts.dim_indicator").fetchone() == (8,)


def test_values_stand_against_their_target(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        "select indicator_code, organisation_code, period, breakdown, target, gap, "
        "round(attainment, 3), is_met, on_trajectory from marts.fct_indicator_value order by all"
    ).fetchall()
    assert found == [
        ("CT-1", "G06", "2024", "", 90, -81, 0.1, False, False),
        ("CT-1", "UNRESOLVED", "2024", "", 90, -81, 0.1, False, False),
        ("CT-1", "VN", "202509", "", 90, 5, 1.056, True, True),
        ("CT-1", "VN", "20252", "", 90, -40, 0.556, False, True),
        ("CT-2", "VN", "2024", "", None, None, None, None, None),
        ("CT-2", "VN", "2024", "Thế giới", 50, -21, 0.704, False, None),
        ("CT-3", "VN", "2024", "", 40, 0, 1.0, True, None),
        ("CT-4", "VN", "2024", "", 0.7, 0, 1.0, False, None),
        ("CT-5", "VN", "2024", "", None, None, None, None, None),
    ]


def test_feedback_is_classed_by_its_dates(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        "select feedback_code, organisation_code, status_class, days_open from marts.fct_feedback "
        "order by 1"
    ).fetchall()
    assert found == [
        ("PA-1", "G06", "answered_on_time", 17),
        ("PA-2", "G12", "answered_late", 30),
        ("PA-3", "G06", "open_overdue", 14),
        ("PA-4", "UNRESOLVED", "open_in_term", 14),
        ("PA-5", "G06", "open_in_term", 5),
    ]


def test_a_document_counts_what_lies_under_it(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        "select document_code, documents_under, own_tasks, tasks, open_overdue "
        "from marts.mart_document_cascade where tasks > 0 or depth is null order by 1"
    ).fetchall()
    assert found == [
        ("03/NQ-CP", 1, 18, 21, 3),
        ("10/KH-A", 2, 0, 0, 0),
        ("20/KH-B", 2, 0, 0, 0),
        ("30/KH-C", 0, 0, 0, 0),
        ("328-KH/TU", 0, 3, 3, 1),
        ("57-NQ/TW", 2, 0, 21, 3),
        ("99/QĐ-TTg", 0, 1, 1, 0),
    ]


def test_feedback_of_the_nation_by_kind(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        "select kind, received, answered, answered_on_time, open, open_overdue, published "
        "from marts.mart_feedback where organisation_code = 'VN' order by 1"
    ).fetchall()
    assert found == [
        ("feedback", 2, 1, 1, 1, 0, 1),
        ("initiative", 1, 0, 0, 1, 1, 0),
        ("recommendation", 1, 1, 0, 0, 0, 0),
        ("solution", 1, 0, 0, 1, 0, 0),
    ]


def test_rejects_are_those_known_by_the_date(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute("select reject_id, line, check_id from marts.mart_reject").fetchall()
    assert found == [("r-1", 5, "tasks.assigned_on_date"), ("r-3", 10, "file.extra_cells")]


def test_the_run_has_a_row(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        "select run_id, deliveries, rows_received = rows_accepted + rows_rejected + rows_duplicate "
        "from marts.mart_run"
    ).fetchall()
    assert found == [("test-run", 16, True)]


def test_comments_travel_with_the_tables(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        """
        select
            (select count(*) from duckdb_tables() where schema_name = 'marts' and comment is null),
            (select count(*) from duckdb_columns() where schema_name = 'marts' and comment is null),
            (select count(*) from duckdb_constraints()
                where schema_name = 'marts' and constraint_type = 'PRIMARY KEY')
                + (select count(*) from inputs.keys)
                = (select count(*) from duckdb_tables() where schema_name = 'marts')
        """
    ).fetchone()
    assert found == (0, 0, True)
