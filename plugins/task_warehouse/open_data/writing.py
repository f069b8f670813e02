"""Write the extract: the CSV files first, then what describes them."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb

from task_warehouse.dashboard.wording import plain
from task_warehouse.errors import UsageError
from task_warehouse.open_data import describing
from task_warehouse.open_data.tables import TABLES, Both, OpenTable
from task_warehouse.snapshots import DATABASE_NAME, Manifest

LICENCE_VARIABLE = "TASK_WAREHOUSE_OPEN_DATA_LICENCE"
FORMULAE = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it was written; ``kind`` is DuckDB's type."""

    name: str
    kind: str
    description: Both


@dataclass(frozen=True, slots=True)
class Written:
    """A CSV file: ``rows`` without the header, the file's bytes and SHA-256."""

    table: OpenTable
    columns: Sequence[Column]
    rows: int
    size: int
    sha256: str


def write(snapshot: Path, folder: Path) -> list[Written]:
    """Write the extract of a snapshot (its database and manifest) into ``folder``, made for it.

    A table whose mart the snapshot lacks is left out. Raises UsageError for a licence that is not
    ``NAME`` or ``NAME https://…``.
    """
    licence = licence_from_environment()
    manifest = Manifest.read(snapshot)
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(snapshot / DATABASE_NAME), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        described = _described(connection)
        written = [
            _write(connection, t, described[t.mart], folder) for t in TABLES if t.mart in described
        ]
    describing.write(folder, manifest, written, licence)
    return written


def licence_from_environment() -> tuple[str, str | None] | None:
    """Name and address of the licence that the publisher chose; None where none was chosen."""
    value = os.environ.get(LICENCE_VARIABLE, "").split()
    if not value:
        return None
    if len(value) > 2 or (len(value) == 2 and urlsplit(value[1]).scheme not in ("http", "https")):
        raise UsageError(
            f"{LICENCE_VARIABLE} is not a licence",
            where="environment",
            remedy="write its short name, and its address if it has one: 'CC-BY-4.0 https://…'",
        )
    return value[0], value[1] if len(value) == 2 else None


def _described(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """The comments of the marts' columns, by table and column."""
    found: dict[str, dict[str, str]] = {}
    for table, column, comment in connection.execute(
        "select table_name, column_name, coalesce(comment, '') from duckdb_columns() "
        "where schema_name = 'marts' order by table_name, column_index"
    ).fetchall():
        found.setdefault(table, {})[column] = comment
    return found


def _write(
    connection: duckdb.DuckDBPyConnection,
    table: OpenTable,
    comments: dict[str, str],
    folder: Path,
) -> Written:
    names = ", ".join(f'"{name}"' for name in table.columns)
    keys = ", ".join(f'"{name}"' for name in table.key)
    found = connection.execute(f"select {names} from ({table.sql}) order by {keys}")
    columns = [
        Column(name, str(kind), table.own.get(name) or in_both(comments.get(name, "")))
        for name, kind, *_ in found.description or []
    ]
    rows = found.fetchall()
    path = folder / f"{table.name}.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow(table.columns)
        writer.writerows([_cell(value) for value in row] for row in rows)
    octets = path.read_bytes()
    return Written(table, columns, len(rows), len(octets), hashlib.sha256(octets).hexdigest())


def in_both(comment: str) -> Both:
    """A mart's comment 'Vietnamese / English' as the two: parted after the last accented letter."""
    last = max((n for n, letter in enumerate(comment) if not letter.isascii()), default=0)
    cut = comment.find(" / ", last)
    if cut < 0:
        return comment, comment
    return comment[:cut].strip(), comment[cut + 3 :].strip()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, (int, date)):
        return str(value)
    said = " ".join(plain(value).split())
    # A name that a spreadsheet would run is written as the text it is.
    return f"'{said}" if said.startswith(FORMULAE) else said
