"""The three doors of a nation's morning: what opening them costs, and what a reader waits for.

A PostgreSQL server of its own is started with the settings it is installed with, so that what it
writes reaches the disk before a load has ended.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from unittest.mock import patch

import psycopg
from rich.console import Console

from task_warehouse import dashboard, publishing
from task_warehouse.following import figures
from task_warehouse.following.library import Library, Reading
from task_warehouse.postgres import Together, load_snapshot
from task_warehouse.settings import Home
from tests.postgres.server_process import PASSWORD, Server, running_server
from tests.unit.publish.publish_marts import AS_OF, MORNING, VERSIONS

DOORS_BAR = 60
SCORECARD_BAR_MS = 50
SEARCH_BAR_MS = 1000
READS = 50
DATABASE = "nation"
# What a leader's tool asks for in the morning: every body with its rank and rates.
SCORECARD = "select * from marts.mart_scorecard order by kind, rank_in_kind"
SEARCHES = ("", "cong bo danh muc du lieu mo", "Dữ liệu mở (đợt 7)", "zzz")
PROVINCE = "01"


@contextmanager
def opened_database() -> Iterator[Server]:
    """A server whose database ``nation`` the loader owns."""
    with running_server() as server:
        with psycopg.connect(server.address("postgres"), autocommit=True) as connection:
            connection.execute(f"create database {DATABASE} owner loader")
        yield server


def publish_doors(server: Server, home: Home, console: Console, *, pages: bool) -> Path:
    """Publish through all doors at once as a run does; print the seconds of each part.

    Without ``pages`` the dashboard is an empty page, for who measures the doors alone.
    """
    seconds = dict.fromkeys(("pages", "postgres"), 0.0)
    draw = dashboard.render if pages else _blank
    began = time.monotonic()
    with patch.object(dashboard, "render", _clocked(draw, seconds, "pages")):
        snapshot = publishing.publish(
            home,
            as_of=AS_OF,
            run_id="run-1",
            started_at=MORNING,
            published_at=MORNING,
            inputs="inputs-1",
            versions=VERSIONS,
            other_door=_clocked(partial(_serve, server), seconds, "postgres"),
        )
    doors = time.monotonic() - began - seconds["pages"]
    console.print(f"DuckDB file and Parquet: {doors - seconds['postgres']:.1f} s")
    console.print(f"PostgreSQL: {seconds['postgres']:.1f} s")
    console.print(f"three doors: {doors:.1f} s (bar {DOORS_BAR} s)")
    if pages:
        console.print(f"with the pages: {doors + seconds['pages']:.1f} s")
    return snapshot


def _clocked(
    work: Callable[..., object], seconds: dict[str, float], name: str
) -> Callable[..., object]:
    def clocked(*arguments: object) -> object:
        began = time.monotonic()
        try:
            return work(*arguments)
        finally:
            seconds[name] = time.monotonic() - began

    return clocked


def _serve(server: Server, snapshot: Path, together: Together) -> object:
    return load_snapshot(snapshot, server.address(DATABASE, "loader"), together=together)


def _blank(snapshot: Path, _earlier: object) -> None:
    (snapshot / "dashboard").mkdir()
    (snapshot / "dashboard" / "index.html").touch()


def print_readers(server: Server, home: Home, console: Console) -> None:
    """Print what the scorecard and a search over all tasks cost a reader."""
    readers = (("tw_leadership", None), ("tw_organisation", PROVINCE))
    for role, code in readers:
        user = _login(server, role, code)
        with psycopg.connect(server.address(DATABASE, user), autocommit=True) as connection:
            milliseconds = _median(lambda: connection.execute(SCORECARD).fetchall(), READS)
            rows = len(connection.execute(SCORECARD).fetchall())
        said = f"scorecard in PostgreSQL as {role}, {rows:,} rows"
        console.print(f"{said}: {milliseconds:.1f} ms (bar {SCORECARD_BAR_MS} ms)")
    morning = Library(home).morning()
    with morning.connection() as own:
        reading = Reading(morning, own)
        for query in SEARCHES:
            search = partial(figures.tasks, reading, figures.Asked(query=query))
            said = f"search for {query!r}, {search().total:,} found"
            console.print(f"{said}: {_median(search, 5):.0f} ms (bar {SEARCH_BAR_MS} ms)")


def _login(server: Server, role: str, code: str | None) -> str:
    name = f"{role}_reader"
    with psycopg.connect(server.address(DATABASE), autocommit=True) as connection:
        connection.execute(f"create role {name} login password '{PASSWORD}'")
        connection.execute(f"grant {role} to {name}")
        if code:
            connection.execute(
                "insert into task_warehouse.organisation_login values (%s, %s)", (name, code)
            )
    return name


def _median(read: Callable[[], object], times: int) -> float:
    """Milliseconds of the median read, after one that warms up."""
    read()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        read()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)
