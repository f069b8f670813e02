"""The published snapshot and the rooms, opened for reading only.

The snapshot in force is opened on its real path and given up when ``published/current`` points
elsewhere: a snapshot never changes, so a page sees one morning, whole. SQL that the pages run can
reach the snapshot and the rooms of this data root and no other file.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb

from task_warehouse import ledger, receipts
from task_warehouse.errors import NoDataError
from task_warehouse.holding import rooms
from task_warehouse.settings import Home
from task_warehouse.snapshots import DATABASE_NAME, LINK_NAME, Manifest

Row = SimpleNamespace
"""One row of an answer; its columns are attributes."""

MEMORY_LIMIT = "2GB"
SNAPSHOT = "snapshot"


class Morning:
    """One snapshot in force."""

    def __init__(self, home: Home, folder: Path) -> None:
        self.home = home
        self.folder = folder
        self.manifest = Manifest.read(folder)
        # Attached to a database in memory, where the views over the rooms can be made.
        self._database = duckdb.connect(config={"memory_limit": MEMORY_LIMIT})
        self._database.execute("set timezone = 'UTC'; set temp_directory = ''")
        path = str(folder / DATABASE_NAME).replace("'", "''")
        self._database.execute(f"attach '{path}' as {SNAPSHOT} (read_only)")
        self._confine(home)

    def _confine(self, home: Home) -> None:
        rooms = (home.accepted, home.receipts, home.ledger, home.rejects, _warnings(home))
        folders = ", ".join("'" + str(room).replace("'", "''") + "/'" for room in rooms)
        self._database.execute(f"set allowed_directories = [{folders}]")
        self._database.execute("set enable_external_access = false")
        self._database.execute("set lock_configuration = true")

    @contextmanager
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of the caller's own; its unqualified tables are the snapshot's."""
        with self._database.cursor() as own:
            own.execute(f"use {SNAPSHOT}.marts")
            yield own

    def tables(self, connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
        """Names of the marts this snapshot has."""
        found = connection.execute(
            "select table_name from duckdb_tables() where database_name = ? and schema_name ="
            " 'marts'",
            [SNAPSHOT],
        ).fetchall()
        return frozenset(name for (name,) in found)


class Library:
    """Hands out the morning in force; opens the next one when the link moves."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._lock = threading.Lock()
        self._morning: Morning | None = None

    def morning(self) -> Morning:
        """The morning in force. Raises NoDataError before the first publication."""
        link = self.home.published / LINK_NAME
        with self._lock:
            if not link.is_symlink() or not (folder := link.resolve()).is_dir():
                raise NoDataError("nothing is published yet", where="published/current")
            if self._morning is None or self._morning.folder != folder:
                # The old one closes when the last page that reads it is done.
                self._morning = Morning(self.home, folder)
            return self._morning


class Reading:
    """What one page reads: a morning and a connection of its own."""

    def __init__(self, morning: Morning, connection: duckdb.DuckDBPyConnection) -> None:
        self.morning = morning
        self.home = morning.home
        self.manifest = morning.manifest
        self.connection = connection
        self._rooms: set[str] = set()

    def rows(self, sql: str, values: Mapping[str, Any] | None = None) -> list[Row]:
        """The rows of a query; everything that a person gave is in ``values``."""
        self.connection.execute(sql, dict(values) if values else None)
        names = [column[0] for column in self.connection.description or []]
        return [Row(**dict(zip(names, row, strict=True))) for row in self.connection.fetchall()]

    def row(self, sql: str, values: Mapping[str, Any] | None = None) -> Row | None:
        """The first row of a query, or None."""
        return next(iter(self.rows(sql, values)), None)

    def number(self, sql: str, values: Mapping[str, Any] | None = None) -> int:
        """The one whole number that a query gives."""
        self.connection.execute(sql, dict(values) if values else None)
        found = self.connection.fetchone()
        return int(found[0]) if found and found[0] is not None else 0

    def has(self, table: str) -> bool:
        """Whether the snapshot has this mart."""
        return table in self.morning.tables(self.connection)

    def open_rooms(self, *names: str) -> None:
        """Make rooms readable as views: receipts, ledger, rejects, warnings, tasks, progress.

        What persons decided of held deliveries is laid over them; rows that wait are left out.
        Only batches that a check has committed are in them, as the ledger says.
        """
        for name in names:
            if name in self._rooms:
                continue
            if name == "receipts":
                receipts.scan(self.connection, self.home)
            elif name == "ledger":
                self._lay_decisions()
                decided = rooms.decided("checked", "decisions")
                self.connection.execute(f"create or replace temp view ledger as {decided}")
            elif name in ("tasks", "progress"):
                self._lay_decisions()
                self.connection.execute(
                    f"create or replace temp view {name} as from ({self._room(name)})"
                    " where delivery_id not in (from withheld)"
                )
            else:
                self.connection.execute(f"create or replace temp view {name} as {self._room(name)}")
            self._rooms.add(name)

    def _lay_decisions(self) -> None:
        """Make the ledger as checks wrote it, and what persons decided since."""
        if "decisions" in self._rooms:
            return
        rooms.create_decisions(self.connection, self.home, "decisions", temporary=True)
        self.connection.execute(f"create or replace temp view checked as {self._room('ledger')}")
        waiting = rooms.withheld("checked", "decisions")
        self.connection.execute(f"create or replace temp table withheld as {waiting}")
        self._rooms.add("decisions")

    def _room(self, name: str) -> str:
        committed = set(ledger.batches(self.home.ledger))
        folder, columns = {
            "ledger": (self.home.ledger, ledger.LEDGER),
            "rejects": (self.home.rejects, ledger.REJECTS),
            "warnings": (_warnings(self.home), ledger.REJECTS),
            "tasks": (self.home.accepted / "tasks", _TASKS),
            "progress": (self.home.accepted / "progress", _PROGRESS),
        }[name]
        files = [path for path in sorted(folder.glob("*.parquet")) if path.stem in committed]
        return _scan(files, columns)


_TASK_TEXTS = (
    "task_code title kind group_name document_code parent_task_code lead cooperating"
    " responsible_position assigned_on deadline product priority updated_at"
)
_REPORT_TEXTS = (
    "task_code reported_on percent_complete status_reported completed_on evidence result"
    " difficulty proposal extension_to approval_state updated_at task_source"
)
_TASKS = {**ledger.ACCEPTED_BEFORE, **dict.fromkeys(_TASK_TEXTS.split(), "varchar")}
_PROGRESS = {**ledger.ACCEPTED_BEFORE, **dict.fromkeys(_REPORT_TEXTS.split(), "varchar")}


def _warnings(home: Home) -> Path:
    return ledger.warnings_directory(home)


def _scan(files: list[Path], columns: Mapping[str, str]) -> str:
    """A query over these files; a column that older files do not have is null."""
    nothing = ", ".join(f'null::{kind} as "{name}"' for name, kind in columns.items())
    if not files:
        return f"select {nothing} where false"
    names = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
    said = ", ".join(f'"{name}"' for name in columns)
    return (
        f"select {said} from (select {nothing} where false union all by name"
        f" from read_parquet([{names}], union_by_name = true, hive_partitioning = false))"
    )
