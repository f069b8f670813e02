"""The switch: whole mornings only, no reader disturbed, nothing of an administrator's lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from made_snapshots import make_snapshot

from task_warehouse.errors import BusyError, UsageError
from task_warehouse.postgres import load_snapshot
from task_warehouse.postgres.switching import Patience

if TYPE_CHECKING:
    from conftest import Database

HASTY = Patience(load_seconds=0.5, lock_ms=50, tries=2, pause_seconds=0.05)
NOW = timedelta(0)
SCHEMAS = "select nspname::text from pg_namespace where nspname like 'marts%' order by 1"
SERVED = "select snapshot_id from marts.published_snapshot"
# Fails where one statement sees two mornings, or a table that is empty or half full.
WHOLE = """
select p.snapshot_id, min(t.morning), max(t.morning), min(s.morning), max(s.morning), count(*),
    (select count(distinct morning) from marts.mart_scorecard)
from marts.dim_task as t
join marts.fct_task_status as s using (task_key)
cross join marts.published_snapshot as p
group by p.snapshot_id
"""


def is_whole(row: tuple[object, ...] | None, tasks: int) -> bool:
    if row is None:
        return False
    morning = int(str(row[0]).removeprefix("2026-11-20-morning"))
    return row[1:] == (morning, morning, morning, morning, tasks, 1)


def test_the_same_snapshot_again_changes_nothing(database: Database, tmp_path: Path) -> None:
    snapshot = make_snapshot(tmp_path)
    load_snapshot(snapshot, database.address)
    made = (
        "select oid, xmin::text from pg_class where relnamespace = 'marts'::regnamespace order by 1"
    )
    before = database.rows(made)
    again = load_snapshot(snapshot, database.address)
    assert (again.outcome, again.replaced, again.alone) == ("unchanged", None, None)
    assert database.rows(made) == before
    assert database.rows(SCHEMAS) == [("marts",)]


def test_a_table_dropped_by_hand_is_served_again(database: Database, tmp_path: Path) -> None:
    snapshot = make_snapshot(tmp_path)
    load_snapshot(snapshot, database.address)
    with database.connect() as connection:
        connection.execute("drop table marts.mart_run")
    assert load_snapshot(snapshot, database.address).outcome == "loaded"
    assert database.value("select count(*) from marts.mart_run") == 1


def test_current_may_be_given_as_the_link_it_is(database: Database, tmp_path: Path) -> None:
    link = tmp_path / "current"
    link.symlink_to(make_snapshot(tmp_path).name)
    result = load_snapshot(link, database.address)
    assert result.snapshot_id == "2026-11-20-morning1"


def test_an_earlier_morning_can_be_served_again(database: Database, tmp_path: Path) -> None:
    first, second = (make_snapshot(tmp_path, morning=n) for n in (1, 2))
    for snapshot in (first, second, first):
        load_snapshot(snapshot, database.address)
    assert database.value(SERVED) == first.name
    assert [name for (name,) in database.rows(SCHEMAS)] == [
        "marts",
        "marts_2026_11_20_morning1",
        "marts_2026_11_20_morning2",
    ]


@contextmanager
def in_background(target: object) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=target)  # type: ignore[arg-type]
    thread.start()
    yield thread
    thread.join(60)
    assert not thread.is_alive()


def test_a_long_query_is_not_disturbed_and_does_not_hold_up(
    database: Database, tmp_path: Path
) -> None:
    load_snapshot(make_snapshot(tmp_path, morning=1), database.address)
    answers: list[tuple[object, ...]] = []
    # It lasts until the test lets it go on.
    slow = (
        "select count(*), max(morning), max(pg_advisory_lock_shared(7)::text) from marts.dim_task"
    )

    def read() -> None:
        answers.extend(database.rows(slow))

    with database.connect() as holder, ExitStack() as started:
        holder.execute("select pg_advisory_lock(7)")
        reader = started.enter_context(in_background(read))
        while (
            database.value("select count(*) from pg_stat_activity where query = $$" + slow + "$$")
            != 1
        ):
            time.sleep(0.01)
        result = load_snapshot(
            make_snapshot(tmp_path, morning=2), database.address, keep=NOW, patience=HASTY
        )
        # the next load may not drop what is still being read
        third = load_snapshot(
            make_snapshot(tmp_path, morning=3), database.address, keep=NOW, patience=HASTY
        )
        assert reader.is_alive()
        assert database.value(SERVED) == "2026-11-20-morning3"
        holder.execute("select pg_advisory_unlock(7)")
    assert result.alone is False
    assert third.notes == (
        "schema marts_2026_11_20_morning1 is kept until the next load: it is being read",
    )
    assert answers == [(201, 1, "")]
    last = load_snapshot(make_snapshot(tmp_path, morning=4), database.address, keep=NOW)
    assert set(last.dropped) == {"marts_2026_11_20_morning1", "marts_2026_11_20_morning2"}


def test_an_open_transaction_finds_all_rows_of_what_it_reads_next(
    database: Database, tmp_path: Path
) -> None:
    load_snapshot(make_snapshot(tmp_path, morning=1), database.address)
    with database.connect() as reader:
        reader.execute("begin isolation level repeatable read")
        reader.execute("select count(*) from marts.mart_run")
        load_snapshot(make_snapshot(tmp_path, morning=2), database.address, patience=HASTY)
        assert is_whole(reader.execute(WHOLE).fetchone(), 201)
        # the morning it began with is still there under its own name
        kept = reader.execute(
            "select max(morning) from marts_2026_11_20_morning1.dim_task"
        ).fetchone()
        assert kept == (1,)
        reader.execute("commit")


def test_a_hundred_reads_a_second_see_only_whole_mornings(
    database: Database, tmp_path: Path
) -> None:
    """Readers with statements parsed anew and prepared ones, over ten loads."""
    snapshots = [make_snapshot(tmp_path, morning=n) for n in range(1, 12)]
    load_snapshot(snapshots[0], database.address)
    seen: list[tuple[object, ...] | None] = []
    done = threading.Event()
    errors: list[psycopg.Error] = []

    def read(prepare: bool) -> None:
        try:
            with database.connect() as connection:
                while not done.is_set():
                    seen.append(connection.execute(WHOLE, prepare=prepare).fetchone())
                    time.sleep(0.02)
        except psycopg.Error as error:
            errors.append(error)

    readers = [threading.Thread(target=read, args=(n % 2 == 0,)) for n in range(6)]
    for reader in readers:
        reader.start()
    results = [load_snapshot(s, database.address, keep=NOW) for s in snapshots[1:]]
    done.set()
    for reader in readers:
        reader.join(30)
    assert errors == []
    assert all(is_whole(row, 201) for row in seen)
    assert {row[0] for row in seen if row} >= {s.name for s in snapshots[1:-1]}
    # What each reader gets through is the machine's affair; that they read throughout is not.
    assert len(seen) >= 20 * len(results)
    assert any(result.alone for result in results)


def test_a_replaced_schema_stays_for_the_stated_time(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshots = [make_snapshot(tmp_path, morning=n) for n in (1, 2, 3, 4)]
    monkeypatch.setenv("TASK_WAREHOUSE_POSTGRES_KEEP_MINUTES", "1")
    for snapshot in snapshots[:3]:
        load_snapshot(snapshot, database.address)
    assert len(database.rows(SCHEMAS)) == 3
    with database.connect() as connection:
        connection.execute(
            "update task_warehouse.served_schema set retired_at = now() - interval '61 seconds' "
            "where snapshot_id like '%morning1'"
        )
    result = load_snapshot(snapshots[3], database.address)
    assert result.dropped == ("marts_2026_11_20_morning1",)
    monkeypatch.setenv("TASK_WAREHOUSE_POSTGRES_KEEP_MINUTES", "soon")
    with pytest.raises(UsageError, match="KEEP_MINUTES is 'soon'"):
        load_snapshot(snapshots[3], database.address)


def test_what_others_built_upon_a_morning_is_not_dropped(
    database: Database, tmp_path: Path
) -> None:
    load_snapshot(make_snapshot(tmp_path, morning=1), database.address)
    with database.connect() as connection:
        connection.execute("create schema reports")
        connection.execute("create view reports.late as select * from marts.dim_task")
        connection.execute("create table marts.somebodys_notes (note text)")
    old = "marts_2026_11_20_morning1"
    told = load_snapshot(make_snapshot(tmp_path, morning=2), database.address).notes
    assert told[0].startswith(f"{old}.somebodys_notes, reports.late still shows the morning")
    load_snapshot(make_snapshot(tmp_path, morning=3), database.address)
    result = load_snapshot(make_snapshot(tmp_path, morning=4), database.address, keep=NOW)
    upon = f"others built {old}.somebodys_notes, reports.late in it or upon it"
    assert result.notes == (f"schema {old} is kept: {upon}",)
    assert result.dropped == ("marts_2026_11_20_morning2",)
    assert database.value("select max(morning) from reports.late") == 1


def test_rights_and_policies_of_an_administrator_are_kept(
    database: Database, tmp_path: Path, login: object
) -> None:
    load_snapshot(make_snapshot(tmp_path, morning=1), database.address)
    name = login()  # type: ignore[operator]
    with database.connect() as connection:
        connection.execute(f"grant usage on schema marts to {name}")
        connection.execute(f"grant select on marts.dim_task to {name}")
        connection.execute(f"grant select (reject_id, line) on marts.mart_reject to {name}")
        connection.execute("grant select on marts.mart_run to public")
        connection.execute(
            f"create policy few on marts.dim_task for select to {name} using (task_key in "
            "(select task_key from marts.fct_task_status where lead_code = '01' limit 3))"
        )
        connection.execute(
            f"create policy all_of_it on marts.fct_task_status to {name} using (true)"
        )
        connection.execute(f"grant select on marts.fct_task_status to {name}")
    for morning in (2, 3):
        load_snapshot(make_snapshot(tmp_path, morning=morning), database.address, keep=NOW)
    assert database.value("select count(*) from marts.dim_task", name) == 3
    assert database.value("select max(morning) from marts.dim_task", name) == 3
    assert database.value("select count(line) from marts.mart_reject", name) == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.rows("select value from marts.mart_reject", name)


def test_a_schema_of_somebody_else_is_left_alone(database: Database, tmp_path: Path) -> None:
    with database.connect() as connection:
        connection.execute("create schema marts create table precious (n integer)")
    with pytest.raises(UsageError, match="did not make"):
        load_snapshot(make_snapshot(tmp_path), database.address)
    assert database.value("select count(*) from marts.precious") == 0


def test_a_second_load_waits_and_says_who_is_busy(database: Database, tmp_path: Path) -> None:
    with database.connect() as other:
        other.execute(
            "select pg_advisory_lock(hashtextextended('task_warehouse.postgres.load_snapshot', 0))"
        )
        with pytest.raises(BusyError, match="another load of this database"):
            load_snapshot(make_snapshot(tmp_path), database.address, patience=HASTY)


def test_a_session_that_holds_the_schema_itself_delays_the_switch_only(
    database: Database, tmp_path: Path
) -> None:
    load_snapshot(make_snapshot(tmp_path, morning=1), database.address)
    second = make_snapshot(tmp_path, morning=2)
    with database.connect() as administrator:
        administrator.execute("begin")
        administrator.execute("grant usage on schema marts to public")
        with pytest.raises(BusyError, match="holds schema marts") as caught:
            load_snapshot(second, database.address, patience=HASTY)
        assert "pg_locks" in str(caught.value)
        administrator.execute("commit")
    assert database.value(SERVED) == "2026-11-20-morning1"
    result = load_snapshot(second, database.address, patience=HASTY)
    # what the load that gave up had built is gone
    assert result.dropped == ("marts_2026_11_20_morning2",)
    assert database.value("select has_schema_privilege('public', 'marts', 'usage')") is True
