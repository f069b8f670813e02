"""What came and what checks said of it, as tables of the build that go on from one to the next.

Receipts and the ledger are one small file a batch. Those that are as they were at the last build
are not read again: their rows lie in ``inputs``, with the file they came from. Of what changed a
list is made for dbt: from which business date on each source and dataset is told anew. What lies
before that date, and what lies before the last build's as-of date of all others, still holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb

from task_warehouse.settings import Home

# Kept in the schema `inputs`; what `before` needs of them is put aside first.
KEPT = ("receipts", "ledger__checked", "room_files", "firsts", "decisions")
LEDGER = "ledger__checked"


def lay_arrivals(
    connection: duckdb.DuckDBPyConnection, home: Home, rooms: Mapping[str, Sequence[Path]]
) -> None:
    """Bring the tables of ``rooms`` (name in ``inputs``: the files in force) up to date.

    Each needs its empty table (``<room>__empty``). Leaves ``changed__<room>``: the rows that came
    or went, or that read otherwise than before.
    """
    _put_aside(connection)
    connection.execute(
        "create table if not exists inputs.room_files (room varchar, path varchar, stamp varchar)"
    )
    for room, files in rooms.items():
        _lay_room(connection, home, room, files)


def _put_aside(connection: duckdb.DuckDBPyConnection) -> None:
    """What the last build had of the small tables that this one makes anew."""
    connection.execute("create schema if not exists before")
    for table, columns in (
        ("firsts", "source varchar, dataset varchar, first_tried_at timestamptz"),
        ("decisions", "delivery_id varchar, decision varchar, decided_at timestamptz"),
    ):
        names = ", ".join(column.split()[0] for column in columns.split(", "))
        connection.execute(f"create table if not exists inputs.{table} ({columns})")
        connection.execute(f"create table before.{table} as select {names} from inputs.{table}")
        connection.execute(f"drop table inputs.{table}")


def _lay_room(
    connection: duckdb.DuckDBPyConnection, home: Home, room: str, files: Sequence[Path]
) -> None:
    empty = f"inputs.{room}__empty"
    connection.execute(
        f"create table if not exists inputs.{room} as select *, '' as path from {empty}"
    )
    new = lay_files(connection, home, room, files)
    connection.execute(
        f"create or replace temp table went as select * exclude (path) from inputs.{room}"
        " where path in (from gone);"
        f"delete from inputs.{room} where path in (from gone);"
        f"create or replace temp table came as from {empty}"
    )
    if new:
        columns = [name for (name, *_) in connection.execute(f"describe {empty}").fetchall()]
        _read(connection, room, columns, new)
    connection.execute(
        f"create or replace temp table changed__{room} as"
        " (from came except from went) union all (from went except from came);"
        "drop table came; drop table went"
    )


def lay_files(
    connection: duckdb.DuckDBPyConnection, home: Home, room: str, files: Sequence[Path]
) -> list[str]:
    """Note which ``files`` a room has; those that were not there so at the last build.

    Leaves ``there`` (path below the root, file) and ``gone`` (path): of files of the last build
    that are no more, or were written anew.
    """
    connection.execute(
        "create or replace temp table there (path varchar, file varchar, stamp varchar)"
    )
    connection.execute(
        "insert into there select unnest(?), unnest(?), unnest(?)",
        [
            [str(path.relative_to(home.root)) for path in files],
            [str(path) for path in files],
            [_stamp_of(path) for path in files],
        ],
    )
    known = f"(select path, stamp from inputs.room_files where room = '{room}') as known"
    same = "known.path = there.path and known.stamp = there.stamp"
    connection.execute(
        f"create or replace temp table gone as select path from {known} anti join there on {same}"
    )
    new = connection.execute(
        f"select file from there anti join {known} on {same} order by file"
    ).fetchall()
    connection.execute(
        f"delete from inputs.room_files where room = '{room}';"
        f"insert into inputs.room_files select '{room}', path, stamp from there"
    )
    return [file for (file,) in new]


def _stamp_of(path: Path) -> str:
    stat = path.stat()
    return f"{stat.st_size}-{stat.st_mtime_ns}-{stat.st_ino}"


def _read(
    connection: duckdb.DuckDBPyConnection, room: str, columns: Sequence[str], files: list[str]
) -> None:
    """Add the rows of ``files`` to the room, and to ``came``; a column that they lack is null."""
    named = ", ".join(f'"{name}"' for name in columns)
    connection.execute(
        f"create or replace temp table came_with_path as select {named}, there.path from ("
        f" select *, null as filename from inputs.{room}__empty union all by name from"
        " read_parquet(?, union_by_name = true, hive_partitioning = false, filename = true)"
        ") as rows inner join there on rows.filename = there.file",
        [files],
    )
    connection.execute(
        f"insert into inputs.{room} by name from came_with_path;"
        "insert into came select * exclude (path) from came_with_path;"
        "drop table came_with_path"
    )


def lay_firsts(connection: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Make ``inputs.firsts``: when each source was first asked for each dataset, by ``as_of``."""
    connection.execute(
        "create table inputs.firsts as"
        " select source, dataset, min(received_at) as first_tried_at from inputs.receipts"
        " where business_date <= ? group by source, dataset",
        [as_of],
    )


def lay_told_anew(connection: duckdb.DuckDBPyConnection, built_as_of: date) -> None:
    """Make ``inputs.told_anew`` and ``inputs.rechecked``: what holds no longer of the last build.

    ``inputs.told_anew`` has a row for each source and dataset of which attempts up to
    ``built_as_of`` read otherwise now, with the first business date of such a one; where our first
    look at it lies elsewhere now, that is its beginning. ``inputs.rechecked`` names the deliveries
    of which the ledger, a decision or the profile changed. Needs :func:`lay_arrivals`,
    :func:`lay_firsts`, ``inputs.decisions`` and ``inputs.changed``.
    """
    connection.execute(
        f"""
        create table inputs.rechecked as
        select delivery_id from changed__{LEDGER}
        union
        select delivery_id from inputs.changed where dataset = 'profiles'
        union
        select delivery_id from (
            (select delivery_id, decision, decided_at from inputs.decisions
            except from before.decisions)
            union all
            (from before.decisions
            except select delivery_id, decision, decided_at from inputs.decisions)
        )
        """
    )
    connection.execute(
        """
        create table inputs.told_anew as
        select source, dataset, min(business_date) as since_on from (
            select source, dataset, business_date from changed__receipts
            union all
            select receipts.source, receipts.dataset, receipts.business_date
            from inputs.receipts as receipts
            semi join inputs.rechecked as rechecked
                on receipts.delivery_id = rechecked.delivery_id
            union all
            select firsts.source, firsts.dataset, date '0001-01-01' as business_date
            from inputs.firsts as firsts inner join before.firsts as were
                on firsts.source = were.source and firsts.dataset = were.dataset
            where firsts.first_tried_at is distinct from were.first_tried_at
        )
        where business_date <= ?
        group by source, dataset
        """,
        [built_as_of],
    )
