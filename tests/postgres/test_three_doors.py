"""The doors to the marts are switched over together: files and PostgreSQL, or neither."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import psycopg
import pytest
from tests.unit.publish.publish_marts import AS_OF, MORNING, VERSIONS, write_build

from task_warehouse import publishing
from task_warehouse.errors import StorageError, TaskWarehouseError
from task_warehouse.postgres import Together, load_snapshot
from task_warehouse.settings import Home

if TYPE_CHECKING:
    from conftest import Database

SERVED = "select snapshot_id from marts.published_snapshot"


def publish(home: Home, morning: int, address: str) -> Path:
    """Publish the build as morning number ``morning`` through both doors."""

    def serve(snapshot: Path, together: Together) -> object:
        return load_snapshot(snapshot, address, together=together)

    return publishing.publish(
        home,
        as_of=AS_OF,
        run_id="run-1",
        started_at=MORNING,
        published_at=MORNING + timedelta(minutes=morning),
        inputs=f"morning-{morning}",
        versions=VERSIONS,
        other_door=serve,
    )


def in_files(home: Home) -> str:
    return (home.published / "current").resolve().name


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    write_build(made)
    return made


def test_a_publication_opens_every_door(home: Home, database: Database) -> None:
    snapshot = publish(home, 1, database.address)
    assert in_files(home) == database.value(SERVED) == snapshot.name
    assert publish(home, 2, database.address).name == in_files(home) == database.value(SERVED)
    assert publish(home, 1, database.address) == snapshot
    assert in_files(home) == database.value(SERVED) == snapshot.name


def test_what_is_served_there_already_is_put_in_force_here(home: Home, database: Database) -> None:
    first = publish(home, 1, database.address)
    (home.published / "current").unlink()
    publish(home, 1, database.address)
    assert in_files(home) == first.name


def test_a_server_that_is_away_keeps_the_last_good_morning_on_every_door(
    home: Home, database: Database
) -> None:
    first = publish(home, 1, database.address)
    with pytest.raises(StorageError):
        publish(home, 2, "postgresql://loader@127.0.0.1:1/nowhere")
    assert in_files(home) == database.value(SERVED) == first.name
    second = publish(home, 2, database.address)
    assert in_files(home) == database.value(SERVED) == second.name


REFUSE_AT_COMMIT = """
create function task_warehouse.refuse() returns trigger language plpgsql as
    $$ begin raise exception 'no morning of this kind'; end $$;
create constraint trigger refuse after update on task_warehouse.served_schema
    deferrable initially deferred for each row execute function task_warehouse.refuse();
"""


@pytest.mark.parametrize("mornings_before", [0, 1])
def test_a_commit_that_fails_takes_the_files_back_too(
    home: Home, database: Database, mornings_before: int
) -> None:
    load_snapshot(_other_snapshot(home), database.address)
    for morning in range(mornings_before):
        publish(home, morning, database.address)
    before = database.value(SERVED)
    with database.connect() as connection:
        connection.execute(REFUSE_AT_COMMIT)
    with pytest.raises(TaskWarehouseError, match="no morning of this kind"):
        publish(home, 7, database.address)
    assert database.value(SERVED) == before
    if mornings_before:
        assert in_files(home) == before
    else:
        assert not (home.published / "current").is_symlink()


def _other_snapshot(home: Home) -> Path:
    """A snapshot of another data root, so that the database serves something from the start."""
    other = Home(home.root / "other")
    write_build(other)
    return publishing.publish(
        other,
        as_of=AS_OF,
        run_id="run-0",
        started_at=MORNING,
        published_at=MORNING,
        inputs="other",
        versions=VERSIONS,
    )


def read_often(
    reads: list[float], wrong: list[object], stop: threading.Event, read: object
) -> None:
    """A hundred reads a second until ``stop``; whatever is not one whole morning is ``wrong``."""
    while not stop.is_set():
        began = time.monotonic()
        try:
            told = read()  # type: ignore[operator]
        except Exception as error:  # noqa: BLE001 - any error of a reader is a finding
            told = error
        if told is not True:
            wrong.append(told)
        reads.append(began)
        time.sleep(max(0.0, 0.01 - (time.monotonic() - began)))


def duckdb_is_whole(home: Home) -> bool:
    snapshot = (home.published / "current").resolve()
    with duckdb.connect(str(snapshot / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute("select count(*) from marts.mart_scorecard").fetchone()
    return found == (10,)


def parquet_is_whole(home: Home) -> bool:
    snapshot = (home.published / "current").resolve()
    with duckdb.connect() as connection:
        file = snapshot / "parquet" / "mart_scorecard.parquet"
        found = connection.execute(f"select count(*) from '{file}'").fetchone()
    return found == (10,)


def postgres_is_whole(address: str) -> bool:
    with psycopg.connect(address, autocommit=True) as connection:
        found = connection.execute(
            "select count(*), (select count(*) from marts.published_snapshot)"
            " from marts.mart_scorecard"
        ).fetchone()
    return found == (10, 1)


def test_a_hundred_reads_a_second_on_each_door_see_whole_mornings(
    home: Home, database: Database
) -> None:
    publish(home, 0, database.address)
    stop, wrong = threading.Event(), list[object]()
    doors = {
        "duckdb": partial(duckdb_is_whole, home),
        "parquet": partial(parquet_is_whole, home),
        "postgres": partial(postgres_is_whole, database.address),
    }
    reads: dict[str, list[float]] = {name: [] for name in doors}
    threads = [
        threading.Thread(target=read_often, args=(reads[name], wrong, stop, door))
        for name, door in doors.items()
    ]
    for thread in threads:
        thread.start()
    try:
        for morning in range(1, 6):
            before = {name: len(times) for name, times in reads.items()}
            publish(home, morning, database.address)
            assert in_files(home) == database.value(SERVED)
            read = {name: len(times) - before[name] for name, times in reads.items()}
            assert min(read.values()) > 0, read
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not wrong, wrong[:3]
    # A hundred a second is what each tries; how many it gets through is the machine's affair.
    assert min(map(len, reads.values())) >= 50, {name: len(times) for name, times in reads.items()}
