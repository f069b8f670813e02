"""What a morning showed is kept as it was; why it is known otherwise now is listed task by task."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from task_warehouse import mornings
from task_warehouse.errors import NoDataError
from task_warehouse.settings import Home
from task_warehouse.snapshots import DATABASE_NAME, LINK_NAME, Manifest
from tests.warehouse.conftest import AS_OF

SHOWN_ON = date(2025, 10, 5)
# As it is known now, but for T01 (its report came an hour later) and T13 (read as 10/2025 then).
SHOWN = """
    create schema marts;
    create table marts.mart_scorecard as select 'VN' as organisation_code, 7 as tasks;
    create table marts.fct_task_status as
    select task_key, lead_code, status_class, due_on::date as due_on, null::date as completed_on
    from (values
        ('tinh-40/NA-1', '16681', 'open_in_term', '2025-12-31'),
        ('tinh-40/NA-2', '40', 'open_overdue', '2025-06-30'),
        ('vpcp/T01', 'G06', 'open_overdue', '2025-09-30'),
        ('vpcp/T11', 'G12', 'open_in_term', '2025-12-31'),
        ('vpcp/T12', 'G18', 'open_in_term', '2025-12-31'),
        ('vpcp/T13', 'G09', 'open_in_term', '2025-10-31'),
        ('vpcp/T20', 'G08', 'open_in_term', '2025-12-31')
    ) as given (task_key, lead_code, status_class, due_on)
"""


def publish(home: Home, name: str, as_of: date, at: datetime, code: str) -> Path:
    """An empty snapshot in force, with its manifest."""
    folder = home.published / name
    folder.mkdir(parents=True)
    Manifest(name, name, as_of, at, at, "inputs", {"code": code}, {}, "", {}, path=folder).write()
    link = home.published / LINK_NAME
    link.unlink(missing_ok=True)
    link.symlink_to(name)
    return folder


@pytest.fixture
def home(tmp_path: Path, morning: duckdb.DuckDBPyConnection, morning_home: Home) -> Home:
    """The morning of 5 October, shown then and kept, and that of 15 October in force."""
    assert morning is not None
    home = Home(tmp_path)
    then = publish(home, "then", SHOWN_ON, datetime(2025, 10, 4, 22, tzinfo=UTC), "older")
    with duckdb.connect(str(then / DATABASE_NAME)) as connection:
        connection.execute(SHOWN)
    mornings.keep(home, then)
    now = publish(home, "now", AS_OF, datetime(2025, 10, 15, tzinfo=UTC), "newer")
    shutil.copy(morning_home.warehouse / "morning.duckdb", now / DATABASE_NAME)
    return home


def test_what_differs_is_listed_with_its_cause(home: Home) -> None:
    found = mornings.differences(home, SHOWN_ON)
    listed = [dict(zip(found.names, row, strict=True)) for row in found.rows]
    chosen = ("task_key", "class_shown", "class_known", "cause", "delivery_id", "line")
    assert [tuple(row[name] for name in chosen) for row in listed] == [
        ("vpcp/T01", "open_overdue", "completed_on_time", "late_report", "g06-progress-1", 2),
        ("vpcp/T13", "open_in_term", "open_overdue", "rules", None, None),
    ]


def test_what_was_shown_is_never_written_again(home: Home) -> None:
    (folder,) = mornings.kept(home, SHOWN_ON)
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    again = publish(home, "replayed", SHOWN_ON, datetime(2025, 10, 20, tzinfo=UTC), "newer")
    with duckdb.connect(str(again / DATABASE_NAME)) as connection:
        connection.execute(SHOWN)
    mornings.keep(home, home.published / "then")
    mornings.keep(home, again)
    assert [path.name for path in mornings.kept(home, SHOWN_ON)] == ["then", "replayed"]
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_morning_that_was_not_kept_names_those_that_were(home: Home) -> None:
    with pytest.raises(NoDataError, match="from 2025-10-05 to 2025-10-05"):
        mornings.differences(home, date(2025, 10, 4))
