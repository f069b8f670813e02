"""Export the marts: every table of the build into one database file and one Parquet file each.

Rows are written in the order of the table's key, so that the same rows give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from task_warehouse.errors import BuildError, BusyError, NoDataError
from task_warehouse.last_build import last_build
from task_warehouse.progress import tell
from task_warehouse.settings import Home
from task_warehouse.snapshots import TableEntry, parquet_path, sha256_of

SCHEMA = "marts"

# What every reader may count on; a build without one of them is not published.
PROMISED_TABLES = (
    "bridge_task_organisation",
    "dim_document",
    "dim_indicator",
    "dim_organisation",
    "dim_task",
    "fct_feedback",
    "fct_indicator_value",
    "fct_task_status",
    "mart_reconciliation",
    "mart_reject",
    "mart_reporting",
    "mart_run",
    "mart_scorecard",
)


@dataclass(frozen=True, slots=True)
class _Table:
    """A table or view of the build; ``constraints`` are those beside its key, as SQL."""

    name: str
    comment: str | None
    key: tuple[str, ...]
    constraints: tuple[str, ...]

    @property
    def order_by(self) -> str:
        """The key, so that the same rows give the same bytes; without one, all columns."""
        return _listed(self.key) if self.key else "all"


@contextmanager
def open_build(home: Home, target: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the new database, with the build attached read-only as ``build``."""
    build = last_build(home)
    if not build.is_file():
        raise NoDataError(
            "there is no built warehouse to publish", where=str(build), remedy="build it first"
        )
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "python_enable_replacements": False,
        "temp_directory": f"{target.parent}.spill",
    }
    with duckdb.connect(str(target), config=config) as connection:
        connection.execute("set timezone = 'UTC'")
        try:
            connection.execute(f"attach '{escaped(build)}' as build (read_only)")
        except duckdb.IOException as error:
            if "lock" in str(error):
                raise BusyError(
                    "the warehouse is being written by another process",
                    where=str(build),
                    remedy="wait for the build to end, then publish again",
                ) from error
            raise BuildError(
                f"the built warehouse cannot be read: {error}",
                where=str(build),
                remedy="delete it and build again",
            ) from error
        yield connection


def export_marts(
    connection: duckdb.DuckDBPyConnection, home: Home, as_of: date, folder: Path
) -> dict[str, TableEntry]:
    """Copy all marts from the attached build into the connection's own database and to Parquet.

    Raises BuildError when a promised table is missing or the build is of another day. The build
    is detached afterwards.
    """
    entries: dict[str, TableEntry] = {}
    tables = _tables(connection)
    _require_promised(home, connection, tables, as_of)
    connection.execute(f"create schema {SCHEMA}")
    for done, table in enumerate(tables, start=1):
        _copy_table(connection, table)
        path = parquet_path(folder, table.name)
        place = f"{SCHEMA}.{quoted(table.name)}"
        connection.execute(f"copy {place} to '{escaped(path)}' (format parquet, compression zstd)")
        rows, content = content_of(connection, place)
        entries[table.name] = TableEntry(rows, sha256_of(path), content)
        tell("publish", table.name, done=done, total=len(tables))
    connection.execute("detach build")
    connection.execute("checkpoint")
    return entries


def _tables(connection: duckdb.DuckDBPyConnection) -> list[_Table]:
    """Tables of the build's marts in an order in which their foreign keys can be declared."""
    comments: dict[str, str | None] = dict(
        connection.execute(
            """
            select table_name, comment from duckdb_tables()
            where database_name = 'build' and schema_name = ?
            union all
            select view_name, comment from duckdb_views()
            where database_name = 'build' and schema_name = ?
            """,
            [SCHEMA, SCHEMA],
        ).fetchall()
    )
    keys = _named_keys(connection)
    constraints: dict[str, list[str]] = {}
    for table, kind, columns, text in connection.execute(
        "select table_name, constraint_type, constraint_column_names, constraint_text "
        "from duckdb_constraints() where database_name = 'build' and schema_name = ? "
        "and constraint_type <> 'NOT NULL' order by constraint_index",
        [SCHEMA],
    ).fetchall():
        if kind == "PRIMARY KEY":
            keys[table] = tuple(columns)
        elif kind != "FOREIGN KEY" or columns:  # the table pointed at tells it too, empty
            constraints.setdefault(table, []).append(text)
    return [
        _Table(name, comments[name], keys.get(name, ()), tuple(constraints.get(name, ())))
        for name in _declarable(connection, comments)
    ]


def _named_keys(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, ...]]:
    """Keys of tables that are kept from build to build: named there instead of declared."""
    there = connection.execute(
        "select 1 from duckdb_tables() "
        "where database_name = 'build' and schema_name = 'inputs' and table_name = 'keys'"
    ).fetchone()
    if there is None:
        return {}
    named = connection.execute("select table_name, columns from build.inputs.keys").fetchall()
    return {table: tuple(columns) for table, columns in named}


def _declarable(connection: duckdb.DuckDBPyConnection, names: Mapping[str, object]) -> list[str]:
    needs: dict[str, set[str]] = {name: set() for name in names}
    for table, other in connection.execute(
        "select table_name, referenced_table from duckdb_constraints() "
        "where database_name = 'build' and schema_name = ? and constraint_type = 'FOREIGN KEY'",
        [SCHEMA],
    ).fetchall():
        needs[table] |= {other} - {table}
    ordered: list[str] = []
    while len(ordered) < len(needs):
        ready = sorted(n for n in needs if n not in ordered and needs[n] <= set(ordered))
        if not ready:
            raise BuildError("the marts' foreign keys go round in a circle", where=str(needs))
        ordered += ready
    return ordered


def _copy_table(connection: duckdb.DuckDBPyConnection, table: _Table) -> None:
    """Copy rows, then declare the key: an index over rows that are there is the cheaper one.

    Foreign keys cannot be added later and are declared before; a view becomes the rows it shows.
    """
    place = f"{SCHEMA}.{quoted(table.name)}"
    columns = connection.execute(
        "select column_name, data_type, is_nullable from duckdb_columns() "
        "where database_name = 'build' and schema_name = ? and table_name = ? "
        "order by column_index",
        [SCHEMA, table.name],
    ).fetchall()
    declared = [f"{quoted(n)} {kind}{'' if null else ' not null'}" for n, kind, null in columns]
    connection.execute(f"create table {place} ({', '.join([*declared, *table.constraints])})")
    connection.execute(f"insert into {place} select * from build.{place} order by {table.order_by}")
    if table.key:
        connection.execute(f"alter table {place} add primary key ({_listed(table.key)})")
    if table.comment:
        connection.execute(f"comment on table {place} is '{escaped(table.comment)}'")
    for column, comment in connection.execute(
        "select column_name, comment from duckdb_columns() where database_name = 'build' "
        "and schema_name = ? and table_name = ? and comment is not null",
        [SCHEMA, table.name],
    ).fetchall():
        connection.execute(f"comment on column {place}.{quoted(column)} is '{escaped(comment)}'")


def _require_promised(
    home: Home, connection: duckdb.DuckDBPyConnection, tables: Sequence[_Table], as_of: date
) -> None:
    where = str(home.warehouse / "build.duckdb")
    missing = sorted(set(PROMISED_TABLES) - {table.name for table in tables})
    if missing:
        raise BuildError(
            f"the built warehouse lacks {', '.join(missing)}", where=where, remedy="build it again"
        )
    days = connection.execute(
        f"select distinct as_of_date from build.{SCHEMA}.mart_scorecard order by 1"
    ).fetchall()
    if days and (as_of,) not in days:
        raise BuildError(
            f"the warehouse was built for {days[-1][0]}, not for {as_of}",
            where=where,
            remedy=f"build it for {as_of}, then publish",
        )


def content_of(connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[int, str]:
    """Rows of ``relation`` and 32 hex digits of a checksum that ignores the rows' order.

    The sums of DuckDB's hash of each row and of the hash of that one: to be compared within one
    version of DuckDB, which the manifest names.
    """
    row = connection.execute(
        "select count(*), sum(code::hugeint), sum(hash(code)::hugeint) "
        f"from (select hash(each) as code from {relation} as each)"
    ).fetchone()
    assert row is not None
    halves = (f"{(part or 0) % 2**64:016x}" for part in row[1:])
    return row[0], "".join(halves)


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(map(quoted, columns))


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def escaped(text: str | Path) -> str:
    return str(text).replace("'", "''")
