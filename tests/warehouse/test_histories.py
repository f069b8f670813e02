"""Built day by day = built in one go, over histories that hypothesis makes.

One build serves many sources, each with a history of its own: starting dbt costs seconds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from task_warehouse import building, locking
from task_warehouse.last_build import STEP, last_build
from task_warehouse.progress import PROGRESS_VARIABLE
from task_warehouse.settings import Home
from tests.warehouse.histories import Written, draw_histories

SOURCES = 40
ROUNDS = 3
# Tables of tasks and reports that are told anew in a build: they differ with what was kept.
TOLD_ANEW = (
    "int_deliveries__moved",
    "int_deliveries__restated",
    "int_deliveries__stood",
    "int_quality__retold",
    "int_sources__relisted",
    "int_tasks__present_anew",
    "int_tasks__relisted",
    "int_tasks__touched",
    "int_reports__carried",
    "int_reports__told",
    "int_reports__changes",
    "int_reports__compared",
    "int_events__retold",
    "int_states__changes",
    "int_tasks__placed",
    "int_tasks__told_otherwise",
)
RUN = {"run_id": "history", "started_at": None, "published_at": None}


def rows_of(database: Path) -> dict[str, list[str]]:
    """The rows of every table of the marts, and of those kept from build to build, sorted."""
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where schema_name in ('marts', 'intermediate', 'staging') "
            "and table_name not in (select unnest(?)) order by 1",
            [list(TOLD_ANEW)],
        ).fetchall()
        return {
            name: sorted(map(repr, connection.execute(f"from {name}").fetchall()))
            for (name,) in tables
        }


def states_of(database: Path, as_of: str) -> set[tuple[str, ...]]:
    """What is known on a day, by the states of all days."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return set(
            connection.execute(
                "select task_key, lead_code, due_on::varchar, completed_on::varchar "
                "from marts.fct_task_state where is_present and known_on <= ?::date "
                "and coalesce(until_on > ?::date, true)",
                [as_of, as_of],
            ).fetchall()
        )


def status_of(database: Path) -> set[tuple[str, ...]]:
    """What the morning itself said."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return set(
            connection.execute(
                "select task_key, lead_code, due_on::varchar, completed_on::varchar "
                "from marts.fct_task_status"
            ).fetchall()
        )


def differences(one: dict[str, list[str]], other: dict[str, list[str]]) -> dict[str, object]:
    """The tables that differ, each with the rows of either side alone."""
    return {
        name: (sorted(set(one[name]) - set(other[name])), sorted(set(other[name]) - set(one[name])))
        for name in one
        if one[name] != other[name]
    }


def build(home: Home, written: Written, round_no: int) -> building.BuildResult:
    """The marts of a round's morning."""
    return building.build(home, written.as_of(round_no), RUN)


def kill_a_build(home: Home, written: Written, round_no: int) -> None:
    """Start the build of a round and kill it, with dbt, once models of it are written."""
    code = (
        "import sys; from datetime import date; from pathlib import Path;"
        "from task_warehouse import building; from task_warehouse.settings import Home;"
        "building.build(Home(Path(sys.argv[1])), date.fromisoformat(sys.argv[2]), {'run_id': 'k'})"
    )
    as_of = written.as_of(round_no).isoformat()
    told = home.root / "told.jsonl"
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(home.root), as_of],
        env={**os.environ, PROGRESS_VARIABLE: str(told)},
    )
    deadline = time.monotonic() + 120
    while not (told.is_file() and "int_tasks__versions" in told.read_text(encoding="utf-8")):
        assert child.poll() is None, "it ended before it was killed"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    child.kill()
    child.wait()


def test_day_by_day_is_in_one_go(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = draw_histories(SOURCES, ROUNDS, seeded=60)
    written = Written(tmp_path_factory.mktemp("history"), made)
    late = {
        f"s{n:03d}"
        for n, sent in enumerate(made)
        if any(each.days_late or each.verdict == "hold" for each in sent)
    }
    assert 5 < len(late) < SOURCES - 5
    mornings = []
    for round_no in range(ROUNDS):
        written.write(round_no)
        if round_no == ROUNDS - 1:
            # Nothing of a build that was killed is ever seen, and the next one goes on regardless.
            kill_a_build(written.home, written, round_no)
            with locking.hold(written.home, STEP, wait_seconds=30):
                pass
            assert status_of(last_build(written.home)) == mornings[-1]
        built = build(written.home, written, round_no)
        mornings.append(status_of(built.database))
        if round_no:
            assert built.resumed
    by_day = rows_of(built.database)
    # Whatever came late or was held: what is known today is what today's morning says.
    assert states_of(built.database, str(written.as_of(ROUNDS - 1))) == mornings[-1]
    for round_no, morning in enumerate(mornings):
        known = states_of(built.database, str(written.as_of(round_no)))
        on_time = {row for row in morning ^ known if row[0].split("/")[0] not in late}
        assert on_time == set(), f"of the morning of round {round_no}"
    built.database.unlink()
    in_one_go = rows_of(build(written.home, written, ROUNDS - 1).database)
    assert differences(by_day, in_one_go) == {}
