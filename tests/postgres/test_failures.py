"""Whatever breaks: the last good morning stays; the error names place and remedy, no password."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from made_snapshots import make_snapshot, write_manifest

from task_warehouse.errors import AuditError, StorageError, TaskWarehouseError, UsageError
from task_warehouse.postgres import address_from_environment, load_snapshot
from task_warehouse.snapshots import DATABASE_NAME, Manifest, TableEntry

if TYPE_CHECKING:
    from conftest import Database

SERVED = "select snapshot_id from marts.published_snapshot"
SCHEMAS = "select nspname::text from pg_namespace where nspname like 'marts%' order by 1"
LOADER = """
import sys
from pathlib import Path
from task_warehouse.postgres import load_snapshot
load_snapshot(Path(sys.argv[1]), sys.argv[2])
"""
WORKING = (
    "select pid, query from pg_stat_activity "
    "where application_name = 'task-warehouse' and datname = current_database() "
    "and state = 'active' and query ilike %s"
)


def said_by(error: BaseException) -> str:
    """All that a log could show of an error: itself and what it came from."""
    told = "".join(traceback.format_exception(error))
    while error.__context__ is not None:
        error = error.__context__
        told += repr(error) + str(error)
    return told


def start_loader(snapshot: Path, address: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", LOADER, snapshot, address], stderr=subprocess.PIPE
    )


def wait_for_statement(database: Database, like: str) -> int:
    """Process id of the server's side of a load, once it is in such a statement."""
    with database.connect() as connection:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            found = connection.execute(WORKING, (like,)).fetchone()
            if found:
                return int(found[0])
            time.sleep(0.002)
    raise AssertionError(f"no statement like {like}")


@pytest.mark.parametrize(
    "secret",
    ["s3cr@t", "hu/nter2", "hu:nter2", "hun@te/r2", "%zzhunter2", "12/34hunter2", "a?b=hunter2"],
)
@pytest.mark.parametrize("scheme", ["postgresql://", "postgres://", "postgresql+psycopg2://"])
def test_an_address_that_is_none_is_not_repeated(
    scheme: str, secret: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(TaskWarehouseError) as caught:
        load_snapshot(make_snapshot(tmp_path), f"{scheme}loader:{secret}@127.0.0.1:1/door")
    assert caught.value.remedy
    shown = f"{caught.value}{caught.value!r}{caught.value.__context__!r}{caplog.text}"
    for piece in (secret, "hunter2", "hu/", "te/r", "34hu", "nter2", "3cr@t"):
        assert piece not in shown


@pytest.mark.parametrize("address", ["", "host=/x password=hunter2", "hunter2"])
def test_an_address_must_be_a_uri(address: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="percent-encoded") as caught:
        load_snapshot(make_snapshot(tmp_path), address)
    assert "hunter2" not in said_by(caught.value).replace(f"{address!r}", "")


def test_the_environment_names_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TASK_WAREHOUSE_POSTGRES", raising=False)
    assert address_from_environment() is None
    monkeypatch.setenv("TASK_WAREHOUSE_POSTGRES", "  ")
    assert address_from_environment() is None
    monkeypatch.setenv("TASK_WAREHOUSE_POSTGRES", "postgresql:///door")
    assert address_from_environment() == "postgresql:///door"


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        (lambda a: a.replace("s3cr", "wr0ng"), "mend user or password"),
        (lambda a: a.replace("/door_", "/dor_"), "create that database"),
        (lambda a: a.replace("127.0.0.1", "no-such-host.invalid"), "mend the host"),
        (lambda a: a.rsplit(":", 1)[0] + ":1/door", "start the server"),
        (lambda a: a.replace("//loader:", "//nobody_here:"), "mend user or password"),
    ],
)
def test_a_server_that_cannot_be_reached(
    database: Database,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    change: Callable[[str], str],
    remedy: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(StorageError, match="cannot be reached") as caught:
        load_snapshot(make_snapshot(tmp_path), change(database.address))
    assert remedy in str(caught.value.remedy)
    assert str(caught.value.where).startswith("postgresql://")
    for word in ("s3cr", "wr0ng", "ss%w", quote("@t/pa", safe="")):
        assert word not in said_by(caught.value) + caplog.text


def test_a_success_does_not_tell_the_password(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    result = load_snapshot(make_snapshot(tmp_path), database.address)
    assert "s3cr" not in f"{result}{caplog.text}"
    assert result.place in caplog.text


def test_a_loader_without_rights(database: Database, tmp_path: Path) -> None:
    with database.connect() as connection:
        connection.execute(f"alter database {database.name} owner to postgres")
    with pytest.raises(StorageError, match="permission denied") as caught:
        load_snapshot(make_snapshot(tmp_path), database.address)
    assert "right" in str(caught.value.remedy)


def test_a_database_that_cannot_hold_every_letter(database: Database, tmp_path: Path) -> None:
    name = f"{database.name}_latin"
    with database.connect() as connection:
        connection.execute(
            f"create database {name} encoding latin1 template template0 locale 'C' owner loader"
        )
        try:
            with pytest.raises(StorageError, match="LATIN1"):
                load_snapshot(make_snapshot(tmp_path), database.server.address(name, "loader"))
        finally:
            connection.execute(f"drop database {name} with (force)")


@pytest.mark.parametrize("statement", ["copy %dim_task%", "alter table %add primary key%"])
def test_a_loader_killed_half_way_leaves_the_last_morning(
    database: Database, tmp_path: Path, statement: str
) -> None:
    load_snapshot(make_snapshot(tmp_path, morning=1), database.address)
    second = make_snapshot(tmp_path, morning=2, tasks=120_000)
    loader = start_loader(second, database.address)
    wait_for_statement(database, statement)
    loader.send_signal(signal.SIGKILL)
    loader.wait(30)
    assert database.value(SERVED) == "2026-11-20-morning1"
    result = load_snapshot(second, database.address)
    assert result.outcome == "loaded"
    assert [name for (name,) in database.rows(SCHEMAS)] == ["marts", "marts_2026_11_20_morning1"]


def test_a_server_that_ends_the_session_half_way(database: Database, tmp_path: Path) -> None:
    load_snapshot(make_snapshot(tmp_path, morning=1), database.address)
    second = make_snapshot(tmp_path, morning=2, tasks=120_000)
    loader = start_loader(second, database.address)
    process = wait_for_statement(database, "copy %dim_task%")
    with database.connect() as connection:
        connection.execute("select pg_terminate_backend(%s)", (process,))
    assert loader.wait(60) == 1
    assert loader.stderr is not None
    told = loader.stderr.read().decode()
    assert "StorageError: PostgreSQL went away during the load" in told
    assert "s3cr" not in told
    assert database.rows(SCHEMAS) == [("marts",)]
    assert database.value(SERVED) == "2026-11-20-morning1"


@pytest.fixture
def small_disk(database: Database) -> Iterator[None]:
    """A file system of 20 MB that the server writes the loader's tables to."""
    folder = database.server.data.parent / f"small_{database.name}"
    folder.mkdir()
    owner = database.server.data.stat().st_uid
    options = f"size=20m,mode=0700,uid={owner}"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "none", folder], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted here (needs root)")
    try:
        with database.connect() as connection:
            connection.execute(f"create tablespace {database.name} location '{folder}'")
            connection.execute(f"grant create on tablespace {database.name} to loader")
            connection.execute(
                f"alter role loader in database {database.name} "
                f"set default_tablespace = {database.name}"
            )
        yield
        with database.connect() as connection:
            for (schema,) in connection.execute(SCHEMAS).fetchall():
                connection.execute(f"drop schema {schema} cascade")
            connection.execute("drop schema task_warehouse cascade")
            connection.execute(f"drop tablespace {database.name}")
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.usefixtures("small_disk")
def test_a_full_disk(database: Database, tmp_path: Path) -> None:
    load_snapshot(make_snapshot(tmp_path, morning=1), database.address)
    with pytest.raises(StorageError, match="No space left") as caught:
        load_snapshot(make_snapshot(tmp_path, morning=2, tasks=120_000), database.address)
    assert "free space" in str(caught.value.remedy)
    assert "s3cr" not in said_by(caught.value)
    assert database.rows(SCHEMAS) == [("marts",)]
    assert database.value(SERVED) == "2026-11-20-morning1"
    assert load_snapshot(make_snapshot(tmp_path, morning=3), database.address).rows


def test_a_damaged_snapshot(database: Database, tmp_path: Path) -> None:
    snapshot = make_snapshot(tmp_path)
    with (snapshot / DATABASE_NAME).open("ab") as stream:
        stream.write(b"\0")
    with pytest.raises(StorageError, match="not what was published"):
        load_snapshot(snapshot, database.address)
    (snapshot / DATABASE_NAME).unlink()
    with pytest.raises(StorageError, match="cannot be read"):
        load_snapshot(snapshot, database.address)
    with pytest.raises(StorageError, match="no readable manifest"):
        load_snapshot(tmp_path / "nothing", database.address)


def test_rows_that_do_not_arrive(database: Database, tmp_path: Path) -> None:
    snapshot = make_snapshot(tmp_path)
    tables = dict(Manifest.read(snapshot).tables)
    write_manifest(snapshot, {**tables, "dim_task": TableEntry(999, "", "")})
    with pytest.raises(AuditError, match="201 rows of dim_task arrived in PostgreSQL, not 999"):
        load_snapshot(snapshot, database.address)
    write_manifest(snapshot, {**tables, "mart_more": TableEntry(1, "", "")})
    with pytest.raises(StorageError, match="differ in mart_more"):
        load_snapshot(snapshot, database.address)
    assert database.rows(SCHEMAS) == []


def test_what_the_server_refuses_is_told_without_the_rows(
    database: Database, tmp_path: Path
) -> None:
    """DuckDB holds days that PostgreSQL does not; the server's words quote the whole line."""
    extra = "create table marts.old as select 'riêng tư' as name, date '290000-01-01 (BC)' as day"
    with pytest.raises(TaskWarehouseError, match="refused a statement") as caught:
        load_snapshot(make_snapshot(tmp_path, extra=extra), database.address)
    assert "riêng" not in str(caught.value)
    assert database.rows(SCHEMAS) == []
