"""What a published snapshot holds, when it is written, and when it is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from publish_marts import AS_OF, MORNING, VERSIONS, publish_small, write_build

from task_warehouse import publishing
from task_warehouse.errors import BuildError, BusyError, NoDataError, StorageError, UsageError
from task_warehouse.exporting import PROMISED_TABLES, content_of
from task_warehouse.settings import Home
from task_warehouse.snapshots import Manifest, Retention


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def rows_of(snapshot: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(snapshot / "warehouse.duckdb"), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        return connection.execute(sql).fetchall()


def test_the_snapshot_holds_every_table_three_times_with_the_same_content(home: Home) -> None:
    write_build(home)
    snapshot = publish_small(home)
    manifest = Manifest.read(snapshot)
    assert set(manifest.tables) >= set(PROMISED_TABLES)
    with duckdb.connect(str(snapshot / "warehouse.duckdb"), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        for name, entry in manifest.tables.items():
            in_database = content_of(connection, f"marts.{name}")
            in_parquet = content_of(connection, f"'{snapshot}/parquet/{name}.parquet'")
            assert in_database == in_parquet == (entry.rows, entry.content), name
    assert manifest.tables["mart_scorecard"].rows == 10


def test_keys_not_nulls_comments_and_types_come_along(home: Home) -> None:
    write_build(home)
    snapshot = publish_small(home)
    with duckdb.connect(str(home.warehouse / "build.duckdb"), read_only=True) as connection:
        queries = (
            "table_name, column_name, data_type, is_nullable, comment from duckdb_columns()",
            "table_name, constraint_text from duckdb_constraints()",
            "table_name, comment from duckdb_tables()",
        )
        for wanted in queries:
            query = f"select {wanted} where schema_name = 'marts' order by all"
            assert rows_of(snapshot, query) == connection.execute(query).fetchall()
    comments = rows_of(snapshot, "select comment from duckdb_columns() where comment is not null")
    assert ("Tên tiếng Việt",) in comments


def test_only_the_marts_are_published(home: Home) -> None:
    write_build(home, extra="create schema staging; create table staging.raw_rows as select 1 as n")
    snapshot = publish_small(home)
    assert rows_of(snapshot, "select distinct schema_name from duckdb_tables()") == [("marts",)]


def test_the_same_rows_in_another_order_give_the_same_parquet_bytes(tmp_path: Path) -> None:
    first, second = Home(tmp_path / "a"), Home(tmp_path / "b")
    shuffle = """
        create temp table t as from marts.fct_task_status order by hash(task_key);
        delete from marts.fct_task_status; insert into marts.fct_task_status from t;
    """
    write_build(first)
    write_build(second, extra=shuffle)
    tables = [Manifest.read(publish_small(home)).tables for home in (first, second)]
    assert tables[0] == tables[1]


def test_the_checksum_sees_a_changed_value_and_a_repeated_row() -> None:
    with duckdb.connect() as connection:
        sums = {
            content_of(connection, f"(values {values})")
            for values in ("(1, 'a')", "(1, 'b')", "(1, 'a'), (1, 'a')", "(1, null)", "(1, 'NULL')")
        }
    assert len(sums) == 5


def test_foreign_keys_are_declared_after_what_they_refer_to(home: Home) -> None:
    extra = """
        create table marts.zz_parent (id integer primary key);
        create table marts.aa_child (up integer references marts.zz_parent (id));
        insert into marts.zz_parent values (1); insert into marts.aa_child values (1);
    """
    write_build(home, extra=extra)
    snapshot = publish_small(home)
    assert rows_of(snapshot, "select up from marts.aa_child") == [(1,)]


def test_publishing_the_same_inputs_again_writes_nothing(home: Home) -> None:
    write_build(home)
    snapshot = publish_small(home)
    before = {path: path.stat().st_mtime_ns for path in snapshot.rglob("*")}
    # Another build under the same inputs is not even looked at.
    (home.warehouse / "build.duckdb").unlink()
    again = publish_small(home, later=timedelta(hours=5))
    assert again == snapshot
    assert {path: path.stat().st_mtime_ns for path in snapshot.rglob("*")} == before
    found = publishing.snapshot_of(home, AS_OF, "inputs-1", VERSIONS)
    assert found is not None
    assert found.path.resolve() == snapshot
    assert publishing.snapshot_of(home, AS_OF, "inputs-1", {**VERSIONS, "code": "2"}) is None
    assert publishing.snapshot_of(home, AS_OF, "inputs-2", VERSIONS) is None


def test_other_inputs_or_versions_are_another_snapshot_and_the_old_one_can_return(
    home: Home,
) -> None:
    write_build(home)
    first = publish_small(home)
    write_build(home, per_body=7)
    second = publish_small(home, inputs="inputs-2")
    assert second != first
    assert publishing.current(home) == Manifest.read(second)
    assert (home.published / "current").readlink() == Path(second.name)
    assert publish_small(home) == first
    assert publishing.current(home) == Manifest.read(first)


@pytest.mark.parametrize("damage", ["parquet/dim_task.parquet", "warehouse.duckdb"])
def test_a_damaged_snapshot_is_written_again_beside_it(home: Home, damage: str) -> None:
    write_build(home)
    first = publish_small(home)
    path = first / damage
    path.write_bytes(path.read_bytes()[:-10] + b"0123456789")
    assert publishing.snapshot_of(home, AS_OF, "inputs-1", VERSIONS) is None
    second = publish_small(home)
    assert second != first
    assert publish_small(home) == second
    assert Manifest.read(second).tables == Manifest.read(first).tables


def test_a_broken_manifest_in_force_does_not_stop_the_next_morning(home: Home) -> None:
    write_build(home)
    first = publish_small(home)
    (first / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(StorageError, match="manifest"):
        publishing.current(home)
    second = publish_small(home)
    assert publishing.current(home) == Manifest.read(second)


def test_nothing_is_in_force_before_the_first_publication(home: Home) -> None:
    assert publishing.current(home) is None


def test_the_row_of_the_run_can_be_read_back(home: Home) -> None:
    write_build(home)
    row = publishing.run_row(publish_small(home))
    assert row["run_id"] == "run-1"
    assert row["as_of_date"] == AS_OF.isoformat()
    assert row["rows_received"] == (
        row["rows_accepted"] + row["rows_rejected"] + row["rows_duplicate"]
    )


def test_ledger_totals_are_those_up_to_the_day(home: Home) -> None:
    home.ledger.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (select * from (values
                ('d1', date '2026-11-19', 10, 7, 2, 1, 3), ('d2', date '2026-11-20', 5, 5, 0, 0, 0),
                ('d3', date '2026-11-21', 9, 9, 0, 0, 0))
                as t (delivery_id, business_date, rows_received, rows_accepted, rows_rejected,
                    rows_duplicate, rows_warned))
            to '{home.ledger}/batch.parquet' (format parquet)
            """
        )
    write_build(home)
    assert Manifest.read(publish_small(home)).ledger == {
        "deliveries": 2,
        "rows_received": 15,
        "rows_accepted": 12,
        "rows_rejected": 2,
        "rows_duplicate": 1,
        "rows_warned": 3,
        "rows_held": 0,
    }


def test_without_a_build_there_is_nothing_to_publish(home: Home) -> None:
    with pytest.raises(NoDataError, match=r"build\.duckdb"):
        publish_small(home)
    assert list(home.published.iterdir()) == []


@pytest.mark.parametrize(
    ("extra", "as_of", "message"),
    [
        ("drop table marts.mart_reject", AS_OF, "lacks mart_reject"),
        ("", AS_OF + timedelta(days=1), "was built for 2026-11-20, not for 2026-11-21"),
    ],
)
def test_a_build_that_breaks_a_promise_is_not_published(
    home: Home, extra: str, as_of: date, message: str
) -> None:
    write_build(home)
    first = publish_small(home)
    write_build(home, extra=extra)
    with pytest.raises(BuildError, match=message):
        publish_small(home, as_of=as_of, inputs="inputs-2")
    assert publishing.current(home) == Manifest.read(first)
    assert sorted(path.name for path in home.published.iterdir()) == sorted([first.name, "current"])


def test_a_file_that_is_no_database_is_not_published(home: Home) -> None:
    write_build(home).write_bytes(b"not a database" * 1000)
    with pytest.raises(BuildError, match="cannot be read"):
        publish_small(home)


def test_a_build_that_is_being_written_is_busy(home: Home) -> None:
    path = write_build(home)
    writer = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()",
            str(path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert writer.stdout is not None
    writer.stdout.readline()
    try:
        with pytest.raises(BusyError, match="being written"):
            publish_small(home)
    finally:
        writer.communicate(b"\n")


def test_what_dead_publishers_left_aside_is_removed(home: Home) -> None:
    left = home.published / ".tmp-2026-11-19-dead" / "parquet"
    left.mkdir(parents=True)
    (left / "half.parquet").write_bytes(b"PAR1")
    (home.published / ".tmp-current").symlink_to("nowhere")
    write_build(home)
    publish_small(home)
    assert not list(home.published.glob(".tmp-*"))


def test_old_snapshots_go_and_the_newest_the_young_and_the_one_in_force_stay(home: Home) -> None:
    write_build(home)
    first = publish_small(home)
    for day in range(1, 7):
        manifest = Manifest.read(first)
        older = home.published / f"older-{day}"
        older.mkdir()
        replace(
            manifest,
            snapshot_id=older.name,
            published_at=MORNING - timedelta(days=day),
            path=older,
        ).write()
    for name, age in (("broken-old", timedelta(days=30)), ("broken-young", timedelta(0))):
        broken = home.published / name
        (broken / "parquet").mkdir(parents=True)
        moment = (MORNING - age).timestamp()
        os.utime(broken, (moment, moment))
    write_build(home, as_of=AS_OF + timedelta(days=1))
    second = publishing.publish(
        home,
        as_of=AS_OF + timedelta(days=1),
        run_id="run-2",
        started_at=MORNING,
        published_at=MORNING + timedelta(days=1),
        inputs="inputs-2",
        versions=VERSIONS,
        retention=Retention(count=3, days=4),
    )
    kept = {manifest.path.name for manifest in publishing.published(home)}
    # Newest three: second, first, older-1. Not older than four days: up to older-3.
    assert kept == {second.name, first.name, "older-1", "older-2", "older-3"}
    assert (home.published / "broken-young").is_dir()
    assert not (home.published / "broken-old").exists()
    # An old one put back in force stays, however old.
    publishing.publish(
        home,
        as_of=AS_OF,
        run_id="run-1",
        started_at=MORNING,
        published_at=MORNING + timedelta(days=400),
        inputs="inputs-1",
        versions=VERSIONS,
        retention=Retention(count=1, days=0),
    )
    assert {m.path.name for m in publishing.published(home)} == {second.name, first.name}


def test_retention_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TASK_WAREHOUSE_KEEP_DAYS", raising=False)
    monkeypatch.setenv("TASK_WAREHOUSE_KEEP_SNAPSHOTS", "30")
    assert Retention.from_environment() == Retention(count=30, days=2)
    monkeypatch.setenv("TASK_WAREHOUSE_KEEP_DAYS", "two")
    with pytest.raises(UsageError, match="TASK_WAREHOUSE_KEEP_DAYS"):
        Retention.from_environment()
