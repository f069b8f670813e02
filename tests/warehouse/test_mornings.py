"""What a morning showed is kept as it was; why it is known otherwise now is listed task by task."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from task_warehouse import looking_back, mornings
from task_warehouse.errors import NoDataError
from task_warehouse.looking_back import Known
from task_warehouse.settings import Home
from task_warehouse.snapshots import DATABASE_NAME, LINK_NAME, Manifest
from tests.warehouse.conftest import AS_OF

KNOWN: tuple[Known, ...] = ("then", "now")
SHOWN_ON = date(2025, 10, 5)
# As it is known now, but for T01 (its report came an hour later) and T13 (read as 10/2025 then).
SHOWN = """
    create schema marts;
    create table marts.mart_scorecard as select 'VN' as organisation_code, 7 as tasks;
    create table marts.mart_reporting as select timestamptz '2025-10-04 22:00:00Z' as received_at;
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
    """The morning of 5 October, run and kept days later, and that of 15 October in force."""
    assert morning is not None
    home = Home(tmp_path)
    then = publish(home, "then", SHOWN_ON, datetime(2025, 10, 20, tzinfo=UTC), "older")
    with duckdb.connect(str(then / DATABASE_NAME)) as connection:
        connection.execute(SHOWN)
    mornings.keep(home, then)
    now = publish(home, "now", AS_OF, datetime(2025, 10, 15, tzinfo=UTC), "newer")
    shutil.copy(morning_home.warehouse / "morning.duckdb", now / DATABASE_NAME)
    return home


def causes(home: Home) -> dict[str, tuple[object, ...]]:
    """Of each task that differs: cause, class shown and known, delivery and line that said so."""
    found = mornings.differences(home, SHOWN_ON)
    listed = [dict(zip(found.names, row, strict=True)) for row in found.rows]
    assert {row["cause"] for row in listed} <= mornings.CAUSES.keys()
    chosen = ("cause", "class_shown", "class_known", "delivery_id", "line", "differs")
    return {row["task_key"]: tuple(row[name] for name in chosen) for row in listed}


def test_what_differs_is_listed_with_its_cause(home: Home) -> None:
    found = causes(home)
    late = {key: why for key, why in found.items() if why[0] == "task_known_later"}
    assert {key: why for key, why in found.items() if key not in late} == {
        "vpcp/T01": (
            *("late_report", "open_overdue", "completed_on_time", "g06-progress-1", 2),
            "class, completion",
        ),
        "vpcp/T13": ("rules", "open_in_term", "open_overdue", None, None, "class, deadline"),
    }
    assert late["vpcp/T02"][:3] == ("task_known_later", None, "completed_late")
    assert {row[-1] for row in late.values()} == {"not shown"}
    assert len(late) == 16


def test_each_cause_is_told_from_the_others(home: Home) -> None:
    """The same rules then and now; a report corrected since; a body dissolved since."""
    (folder,) = mornings.kept(home, SHOWN_ON)
    about = json.loads((folder / mornings.ABOUT).read_text(encoding="utf-8"))
    about["versions"]["code"] = "newer"
    (folder / mornings.ABOUT).write_text(json.dumps(about), encoding="utf-8")
    with duckdb.connect() as connection:
        shown = folder / "tasks.parquet"
        connection.execute(f"create table shown as from '{shown}'")
        connection.execute("update shown set lead_code = 'G99' where task_key = 'vpcp/T20'")
        connection.execute(f"copy shown to '{shown}' (format parquet)")
    with duckdb.connect(str(home.published / "now" / DATABASE_NAME)) as connection:
        connection.execute(
            "update marts.fct_task_event set event = 'corrected' "
            "where task_key = 'vpcp/T01' and event = 'completed'"
        )
    told = {key: why[0] for key, why in causes(home).items() if why[0] != "task_known_later"}
    assert told == {
        "vpcp/T01": "correction",
        "vpcp/T13": "delivery_replaced",
        "vpcp/T20": "organisations",
    }


@pytest.mark.parametrize("known", KNOWN)
def test_the_status_of_the_published_day_is_what_its_marts_say(home: Home, known: Known) -> None:
    """Whichever way the past is asked, its last day is today."""
    _, rows = looking_back.status_on(home, AS_OF, known)
    with duckdb.connect(str(home.published / "now" / DATABASE_NAME), read_only=True) as connection:
        said = connection.execute(
            "select task_key, lead_code, status_class, due_on, completed_on "
            "from marts.fct_task_status order by 1"
        ).fetchall()
    assert [row[:5] for row in rows] == said


def test_a_past_day_is_known_otherwise_now_than_it_was_then(home: Home) -> None:
    day = date(2025, 10, 4)
    then, now = ({row[0]: row[2] for row in looking_back.status_on(home, day, k)[1]} for k in KNOWN)
    told = ("vpcp/T01", "vpcp/T02", "vpcp/T13", "vpcp/T11", "tinh-40/NA-3")
    assert [(then.get(key), now.get(key)) for key in told] == [
        ("open_overdue", "completed_on_time"),  # of 28 September, told on 5 October
        (None, "completed_late"),  # the task itself was first sent on 14 October
        ("open_overdue", "open_overdue"),  # its deadline was moved after that day
        ("open_in_term", "open_in_term"),  # it stood in the list on that day
        (None, "completed_on_time"),
    ]
    with pytest.raises(NoDataError, match="does not reach 2025-10-16"):
        looking_back.status_on(home, date(2025, 10, 16), "now")


def test_what_was_shown_is_never_written_again(home: Home) -> None:
    (folder,) = mornings.kept(home, SHOWN_ON)
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    again = publish(home, "replayed", SHOWN_ON, datetime(2025, 10, 21, tzinfo=UTC), "newer")
    with duckdb.connect(str(again / DATABASE_NAME)) as connection:
        connection.execute(SHOWN)
    mornings.keep(home, home.published / "then")
    mornings.keep(home, again)
    assert [path.name for path in mornings.kept(home, SHOWN_ON)] == ["then", "replayed"]
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_morning_that_was_not_kept_names_those_that_were(home: Home) -> None:
    with pytest.raises(NoDataError, match="from 2025-10-05 to 2025-10-05"):
        mornings.differences(home, date(2025, 10, 4))
