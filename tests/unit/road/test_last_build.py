"""What a build that did not end leaves: the last good one, whole, wherever it was stopped."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from task_warehouse.errors import BusyError
from task_warehouse.last_build import DATABASE_NAME, STEP, last_build
from task_warehouse.locking import hold
from task_warehouse.settings import Home

BUILD = """
import os, sys, duckdb
from task_warehouse.last_build import hold_back_checkpoints
connection = duckdb.connect(sys.argv[1])
hold_back_checkpoints(connection)
connection.execute("delete from kept where n % 3 = 0")
connection.execute("insert into kept from range(1000000, 1000005)")
connection.execute("create table mart as from range(400000); drop table gone")
where = sys.argv[2]
if where == "closed":
    connection.close()
if where != "killed":
    connection.execute(f"set debug_checkpoint_abort = '{where}'; checkpoint")
os._exit(0)
"""
BEFORE = (300_000, "gone")
AFTER = (200_005, "mart")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.warehouse.mkdir()
    with duckdb.connect(str(home.warehouse / DATABASE_NAME)) as connection:
        connection.execute("create table kept as from range(300000) as numbers(n)")
        connection.execute("create table gone as select 1 as n")
    return home


def _stop_a_build(home: Home, where: str) -> None:
    database = str(home.warehouse / DATABASE_NAME)
    subprocess.run([sys.executable, "-c", BUILD, database, where], capture_output=True, check=False)


def _content(home: Home) -> tuple[int, str]:
    with duckdb.connect(str(last_build(home)), read_only=True) as connection:
        rows = connection.execute("select count(*) from kept").fetchall()
        names = connection.execute(
            "select table_name from duckdb_tables() where table_name != 'kept'"
        ).fetchall()
    return rows[0][0], ", ".join(name for (name,) in names)


@pytest.mark.parametrize(
    ("where", "counts"),
    [
        ("killed", BEFORE),
        ("closed", BEFORE),
        ("before_header", BEFORE),
        ("after_free_list_write", BEFORE),
        ("before_truncate", AFTER),
        ("before_wal_finish", AFTER),
        ("none", AFTER),
    ],
)
def test_a_build_counts_whole_or_not_at_all(
    home: Home, where: str, counts: tuple[int, str]
) -> None:
    _stop_a_build(home, where)
    assert _content(home) == counts
    assert sorted(path.name for path in home.warehouse.iterdir()) == [DATABASE_NAME]


def test_a_build_that_goes_on_is_not_read(home: Home) -> None:
    _stop_a_build(home, "killed")
    with hold(home, STEP), pytest.raises(BusyError):
        last_build(home)
    assert _content(home) == BEFORE
