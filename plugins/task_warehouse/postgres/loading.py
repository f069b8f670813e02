"""Load a published snapshot beside the one being served, then switch to it."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import psycopg
from psycopg import sql

from task_warehouse.errors import StorageError, UsageError
from task_warehouse.exporting import SCHEMA
from task_warehouse.postgres.access import SOURCE_TABLE, ensure_roles, secure
from task_warehouse.postgres.address import Address, connected
from task_warehouse.postgres.copying import copy_table
from task_warehouse.postgres.declaring import (
    comment,
    comment_on,
    create_table,
    declare_keys,
    declare_relations,
)
from task_warehouse.postgres.imprint import IMPRINT_TABLES, write_imprint
from task_warehouse.postgres.relations import Table, read_tables, source_owners
from task_warehouse.postgres.switching import (
    Patience,
    Served,
    Together,
    built_upon,
    drop_retired,
    free_name,
    in_force,
    lock_loads,
    register,
    switch,
)
from task_warehouse.progress import tell
from task_warehouse.snapshots import DATABASE_NAME, Manifest, sha256_of

STEP = "postgres"
KEEP_VARIABLE = "TASK_WAREHOUSE_POSTGRES_KEEP_MINUTES"
KEEP_MINUTES = 60
# Part of what is compared with the schema being served: raise it when what is declared over the
# same rows changes, so that the next load is not taken for one that was already done.
LOADER_VERSION = 2


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a load did. ``outcome`` is ``loaded`` or ``unchanged`` (it was being served already).

    ``alone``: the switch happened while nobody was reading; False: beside readers that would not
    end. ``dropped``: schemas of earlier mornings that were removed. ``notes``: relations that do
    not hold, schemas that could not be dropped.
    """

    outcome: str
    snapshot_id: str
    as_of_date: date
    place: str
    tables: int
    rows: int
    seconds: float = 0.0
    replaced: str | None = None
    alone: bool | None = None
    dropped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def load_snapshot(
    snapshot: Path,
    address: str,
    *,
    keep: timedelta | None = None,
    patience: Patience | None = None,
    together: Together = nullcontext,
) -> LoadResult:
    """Serve the snapshot folder ``snapshot`` as schema ``marts`` of the database at ``address``.

    The schema that was served is renamed aside and dropped by the first load later than ``keep``
    (``TASK_WAREHOUSE_POSTGRES_KEEP_MINUTES``, 60). ``together`` switches what is to be switched in
    the same moment: entered last before the commit, left after it, with the error if it fails; what
    it raises itself undoes the switch. Raises UsageError for an address that is none,
    a wrong setting or a schema ``marts`` of somebody else, StorageError for a damaged snapshot and
    for a server that is away, full or refuses us, BusyError for another load or a session that
    holds the schema, AuditError when rows are lost on the way. After any of them the schema being
    served is what it was.
    """
    began = time.monotonic()
    target = Address.parse(address)
    patience = patience or Patience()
    keep = keep if keep is not None else keep_from_environment()
    manifest = Manifest.read(snapshot.resolve())
    with connected(target) as connection:
        result = _load(connection, target.place, manifest, keep, patience, together)
    result = replace(result, seconds=round(time.monotonic() - began, 3))
    _tell_outcome(result)
    return result


def _load(
    connection: psycopg.Connection,
    place: str,
    manifest: Manifest,
    keep: timedelta,
    patience: Patience,
    together: Together,
) -> LoadResult:
    content = _content_of(manifest)
    lock_loads(connection, place, patience)
    ensure_roles(connection)
    old = in_force(connection, place)
    dropped, notes = drop_retired(connection, keep, patience)
    result = LoadResult(
        outcome="unchanged",
        snapshot_id=manifest.snapshot_id,
        as_of_date=manifest.as_of_date,
        place=place,
        tables=len(manifest.tables),
        rows=sum(entry.rows for entry in manifest.tables.values()),
        dropped=tuple(dropped),
        notes=tuple(notes),
    )
    if old and _is_whole(old, content, manifest):
        with together():
            return result
    new, said = _build(connection, manifest, content)
    alone = switch(connection, place, new, old, patience, together)
    replaced = old.snapshot_id if old else None
    if old and (upon := built_upon(connection, old)):
        said.append(f"{upon} still shows the morning that was replaced: make it anew, of {SCHEMA}")
    return replace(result, outcome="loaded", notes=(*notes, *said), alone=alone, replaced=replaced)


def keep_from_environment() -> timedelta:
    """How long a replaced schema stays; UsageError when the setting is no whole number."""
    value = os.environ.get(KEEP_VARIABLE, str(KEEP_MINUTES))
    if not value.isdecimal():
        raise UsageError(
            f"{KEEP_VARIABLE} is {value!r}", where="environment", remedy="give whole minutes"
        )
    return timedelta(minutes=int(value))


def _tell_outcome(result: LoadResult) -> None:
    for note in result.notes:
        tell(STEP, note)
    said = f"{result.snapshot_id}: {result.outcome}, {result.tables} tables, {result.rows} rows"
    tell(STEP, f"{said} in {result.seconds} s at {result.place}")


def _content_of(manifest: Manifest) -> str:
    """What is served, in 64 hex digits: equal for equal rows of an equal snapshot."""
    tables = {name: (entry.rows, entry.content) for name, entry in manifest.tables.items()}
    basis = json.dumps([LOADER_VERSION, manifest.snapshot_id, sorted(tables.items())])
    return hashlib.sha256(basis.encode()).hexdigest()


def _is_whole(served: Served, content: str, manifest: Manifest) -> bool:
    return served.content == content and set(manifest.tables) <= set(served.tables)


def _build(
    connection: psycopg.Connection, manifest: Manifest, content: str
) -> tuple[Served, list[str]]:
    """Build the snapshot's schema under a name of its own, in one transaction."""
    with _opened(manifest) as snapshot:
        tables, notes = read_tables(snapshot)
        _compare(manifest, tables)
        with connection.transaction():
            schema = free_name(connection, manifest.snapshot_id)
            connection.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
            for done, table in enumerate(tables.values(), start=1):
                create_table(connection, schema, table)
                copy_table(snapshot, connection, schema, table, manifest.tables[table.name].rows)
                tell(STEP, table.name, done=done, total=len(tables))
            _declare(connection, schema, tables)
            secure(connection, schema, tables, source_owners(snapshot, tables))
            write_imprint(connection, schema, manifest, content, datetime.now(UTC))
            comment_on(
                connection,
                sql.SQL("schema {}").format(sql.Identifier(schema)),
                f"Số liệu đến hết ngày {manifest.as_of_date:%d/%m/%Y} / "
                f"Marts as of {manifest.as_of_date}, snapshot {manifest.snapshot_id}",
            )
            built = register(connection, schema, manifest.snapshot_id, content)
    return built, notes


def _declare(connection: psycopg.Connection, schema: str, tables: Mapping[str, Table]) -> None:
    for table in tables.values():
        declare_keys(connection, schema, table)
    for table in tables.values():
        declare_relations(connection, schema, table)
        comment(connection, schema, table)
        # Without it the first queries of the morning would be planned blindly.
        connection.execute(sql.SQL("analyze {}").format(sql.Identifier(schema, table.name)))


@contextmanager
def _opened(manifest: Manifest) -> Iterator[duckdb.DuckDBPyConnection]:
    """The snapshot's database, read-only, once its bytes are what the manifest says."""
    path = manifest.path / DATABASE_NAME
    remedy = "publish the snapshot again, then load it"
    try:
        if sha256_of(path) != manifest.database_sha256:
            raise StorageError(
                "the snapshot's database is not what was published", where=str(path), remedy=remedy
            )
        config: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": False,
            "python_enable_replacements": False,
        }
        with duckdb.connect(str(path), read_only=True, config=config) as connection:
            connection.execute("set timezone = 'UTC'")
            yield connection
    except (OSError, duckdb.Error) as error:
        raise StorageError(
            f"the snapshot's database cannot be read: {error}", where=str(path), remedy=remedy
        ) from error


def _compare(manifest: Manifest, tables: Mapping[str, Table]) -> None:
    where = str(manifest.path)
    if set(tables) != set(manifest.tables):
        names = ", ".join(sorted(set(tables) ^ set(manifest.tables)))
        raise StorageError(
            f"manifest and database of the snapshot differ in {names}",
            where=where,
            remedy="publish the snapshot again, then load it",
        )
    if taken := sorted(set(tables) & {*IMPRINT_TABLES, SOURCE_TABLE}):
        raise UsageError(
            f"{', '.join(taken)} is a name that schema {SCHEMA} needs for itself",
            where=where,
            remedy="give that mart another name",
        )
