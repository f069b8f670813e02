"""The build as a step: same input, same rows; nothing half done; errors that name their place."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from task_warehouse import build_inputs, building, locking
from task_warehouse.errors import BuildError, BusyError, NoDataError
from task_warehouse.progress import PROGRESS_VARIABLE
from task_warehouse.settings import Home
from tests.warehouse.conftest import AS_OF, RUN


@pytest.fixture(scope="module")
def progress_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("progress") / "progress.jsonl"


@pytest.fixture(scope="module")
def again(
    morning: duckdb.DuckDBPyConnection, morning_home: Home, progress_file: Path
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same morning built a second time, after another build of the same root."""
    assert morning is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PROGRESS_VARIABLE, str(progress_file))
        result = building.build(morning_home, AS_OF, RUN)
    with duckdb.connect(str(result.database), read_only=True) as connection:
        yield connection


def test_a_second_build_gives_the_same_rows_in_the_same_order(
    morning: duckdb.DuckDBPyConnection, again: duckdb.DuckDBPyConnection
) -> None:
    tables = morning.execute(
        "select table_name from duckdb_tables() where schema_name = 'marts' order by 1"
    ).fetchall()
    assert len(tables) >= 13
    for (table,) in tables:
        query = f"select * from marts.{table}"
        assert again.execute(query).fetchall() == morning.execute(query).fetchall(), table


def test_progress_is_told_node_by_node(
    again: duckdb.DuckDBPyConnection, progress_file: Path
) -> None:
    assert again is not None
    events = [json.loads(line) for line in progress_file.read_text(encoding="utf-8").splitlines()]
    counted = [(event["done"], event["total"]) for event in events if event["total"]]
    assert max(counted) == (counted[0][1], counted[0][1])
    assert any("marts.mart_scorecard" in event["message"] for event in events)


def test_a_past_morning_knows_only_what_was_known(morning_home: Home, tmp_path: Path) -> None:
    """As of 5 October: before the second export moved a deadline, dropped a task, refused a row."""
    result = building.build(morning_home, date(2025, 10, 5), RUN)
    copy = tmp_path / "past.duckdb"  # a path of its own: this process keeps databases by path
    shutil.copy(result.database, copy)
    with duckdb.connect(str(copy), read_only=True) as past:
        found = past.execute(
            "select task_code, status_class, facts.due_on::varchar, is_closed or is_held "
            "from marts.fct_task_status as facts inner join marts.dim_task using (task_key) "
            "order by 1"
        ).fetchall()
        unseen = past.execute(
            "select (select count(*) from marts.mart_reject), "
            "(select max(business_date)::varchar from marts.mart_reporting)"
        ).fetchone()
    assert found == [
        ("NA-1", "open_in_term", "2025-12-31", False),
        ("NA-2", "open_overdue", "2025-06-30", False),
        ("T01", "completed_on_time", "2025-09-30", False),
        ("T11", "open_in_term", "2025-12-31", False),
        ("T12", "open_in_term", "2025-12-31", False),
        ("T13", "open_overdue", "2025-09-30", False),
        ("T20", "open_in_term", "2025-12-31", False),
    ]
    assert unseen == (0, "2025-10-05")


def test_no_tasks_yet_names_the_earliest_day(
    morning: duckdb.DuckDBPyConnection, morning_home: Home
) -> None:
    assert morning is not None
    before = _state(morning_home)
    with pytest.raises(NoDataError, match="earliest business date with tasks is 2025-10-01"):
        building.build(morning_home, date(2025, 9, 30), RUN)
    assert _state(morning_home) == before


def test_an_empty_root_says_what_to_do_first(tmp_path: Path) -> None:
    with pytest.raises(NoDataError, match="collect and check a source"):
        building.build(Home(tmp_path), AS_OF, RUN)
    assert not (tmp_path / "warehouse" / "building").exists()


def test_a_failing_model_is_named_with_its_sql_and_the_last_build_stays(
    morning: duckdb.DuckDBPyConnection, morning_home: Home
) -> None:
    assert morning is not None
    before = _state(morning_home)
    wrong = {**RUN, "vars": {"colour_rate": "no_such_rate"}}
    with pytest.raises(BuildError) as caught:
        building.build(morning_home, AS_OF, wrong)
    assert "mart_scorecard" in caught.value.what
    assert "no_such_rate" in caught.value.what
    assert caught.value.where is not None
    assert Path(caught.value.where).is_file()
    assert _state(morning_home) == before


def test_two_builds_at_once_are_refused(
    morning_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "LOCK_WAIT_SECONDS", 0.0)
    with locking.hold(morning_home, building.STEP), pytest.raises(BusyError):
        building.build(morning_home, AS_OF, RUN)


def test_what_a_killed_build_left_is_cleared(
    again: duckdb.DuckDBPyConnection, morning_home: Home
) -> None:
    assert again is not None
    aside = morning_home.warehouse / building.ASIDE
    aside.mkdir()
    (aside / "build.duckdb").write_bytes(b"half a database")
    try:
        build_inputs.prepare(morning_home, aside / "other.duckdb", AS_OF)
        with pytest.raises(NoDataError):
            building.build(morning_home, date(2025, 9, 30), RUN)
        assert not aside.exists()
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _state(home: Home) -> tuple[int, int]:
    """Identity of the built database: inode and size."""
    found = (home.warehouse / building.DATABASE_NAME).stat()
    return found.st_ino, found.st_size
