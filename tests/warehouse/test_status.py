"""What a task means on a morning: class, dates, lead, history."""

from __future__ import annotations

import csv

import duckdb
import pytest

from tests.warehouse.conftest import MORNING

with (MORNING / "expected_status.csv").open(encoding="utf-8", newline="") as stream:
    EXPECTED = list(csv.DictReader(stream))
COMPARED = [name for name in EXPECTED[0] if name not in ("task_code", "why")]


@pytest.mark.parametrize("expected", EXPECTED, ids=[row["task_code"] for row in EXPECTED])
def test_task_has_the_status_its_dates_say(
    morning: duckdb.DuckDBPyConnection, expected: dict[str, str]
) -> None:
    columns = ", ".join(f"coalesce(facts.{name}::varchar, '')" for name in COMPARED)
    columns = columns.replace("facts.due_precision", "tasks.due_precision")
    found = morning.execute(
        f"""
        select {columns}
        from marts.fct_task_status as facts inner join marts.dim_task as tasks using (task_key)
        where tasks.task_code = ?
        """,
        [expected["task_code"]],
    ).fetchall()
    assert found == [tuple(expected[name] for name in COMPARED)], expected["why"]


def test_all_tasks_in_force_are_expected_ones(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        "select task_code from marts.fct_task_status inner join marts.dim_task using (task_key)"
    ).fetchall()
    assert sorted(code for (code,) in found) == sorted(row["task_code"] for row in EXPECTED)


def test_a_task_gone_from_the_full_export_is_closed_and_not_deleted(
    morning: duckdb.DuckDBPyConnection,
) -> None:
    found = morning.execute(
        "select task_code, is_closed, is_held, last_sighted_on::varchar "
        "from marts.dim_task where is_closed or is_held order by 1"
    ).fetchall()
    assert found == [
        ("T11", True, False, "2025-10-01"),
        ("T12", False, True, "2025-10-01"),
        ("T20", False, True, "2025-10-01"),
    ]


def test_flags_stand_beside_the_class(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        """
        select split_part(task_key, '/', 2),
            list_filter(['suspended', 'disagreeing'],
                lambda flag: (flag = 'suspended' and is_suspended)
                or (flag = 'disagreeing' and is_label_disagreeing))
        from marts.fct_task_status
        where is_suspended or is_label_disagreeing order by 1
        """
    ).fetchall()
    assert found == [("T04", ["disagreeing"]), ("T17", ["suspended"])]


def test_every_status_can_be_followed_to_its_last_report(
    morning: duckdb.DuckDBPyConnection,
) -> None:
    found = morning.execute(
        "select last_delivery_id, last_line, report_count, last_reported_on::varchar, days_silent "
        "from marts.fct_task_status where task_key = 'vpcp/T04'"
    ).fetchall()
    assert found == [("g06-progress-2", 3, 2, "2025-10-10", 5)]
