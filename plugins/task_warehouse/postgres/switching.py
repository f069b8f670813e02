"""Which schemas the pipeline built, the switch from one to the next, and their end.

A rename of a schema needs no lock on its tables, so no reader can stop it. A statement that is
being parsed in that very moment could find one table before and another after it, so the rename is
first tried while nobody reads: all old tables locked, for milliseconds, and never waited for longer
than ``Patience.lock_ms``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from datetime import timedelta

import psycopg
from psycopg import errors, sql

from task_warehouse.errors import BusyError, UsageError
from task_warehouse.exporting import SCHEMA
from task_warehouse.postgres.access import CONTROL
from task_warehouse.postgres.carrying import apply_additions, read_additions

log = logging.getLogger(__name__)

Together = Callable[[], AbstractContextManager[None]]

LOCK_KEY = "task_warehouse.postgres.load_snapshot"
POLL_SECONDS = 0.2

# What others put into a schema of ours, or made of its tables: it would be dropped with them.
OUTSIDERS = """
select distinct dependent.oid::regclass::text
from pg_class as own
join pg_depend on refclassid = 'pg_class'::regclass and refobjid = own.oid
    and classid = 'pg_rewrite'::regclass
join pg_rewrite on pg_rewrite.oid = objid
join pg_class as dependent on dependent.oid = ev_class
where own.relnamespace = %(schema)s and dependent.relnamespace <> %(schema)s
union
select conrelid::regclass::text
from pg_constraint
join pg_class as own on own.oid = confrelid and own.relnamespace = %(schema)s
where connamespace <> %(schema)s
union
select own.oid::regclass::text
from pg_class as own
where own.relnamespace = %(schema)s and own.relkind in ('r', 'v', 'm', 'p', 'f')
    and relname <> all (%(relations)s)
"""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the switch waits for readers, and a load for another load."""

    load_seconds: float = 60.0
    lock_ms: int = 250
    tries: int = 8
    pause_seconds: float = 0.5


@dataclass(frozen=True, slots=True)
class Served:
    """A schema of the register: its present name, what it holds, what we built in it.

    ``relations`` are those of ours that are still there, ``tables`` those to be locked.
    """

    oid: int
    name: str
    snapshot_id: str
    content: str
    state: str
    relations: list[str]
    tables: list[str]


def lock_loads(connection: psycopg.Connection, place: str, patience: Patience) -> None:
    """Be the only load of this database until the connection ends, or raise BusyError."""
    deadline = time.monotonic() + patience.load_seconds
    while not _one(connection, "select pg_try_advisory_lock(hashtextextended(%s, 0))", LOCK_KEY):
        if time.monotonic() >= deadline:
            raise BusyError(
                "another load of this database is going on",
                where=place,
                remedy="wait for it to end (pg_stat_activity shows it as task-warehouse)",
            )
        time.sleep(POLL_SECONDS)


def register(connection: psycopg.Connection, schema: str, snapshot_id: str, content: str) -> Served:
    """Note that ``schema`` is built; part of the transaction that builds it."""
    connection.execute(
        f"insert into {CONTROL}.served_schema (schema_oid, snapshot_id, content, relations, state) "
        "select oid, %s, %s, array(select relname::text from pg_class "
        "where relnamespace = n.oid and relkind in ('r', 'v')), 'built' "
        "from pg_namespace as n where nspname = %s",
        (snapshot_id, content, schema),
    )
    return next(each for each in registered(connection) if each.name == schema)


def registered(connection: psycopg.Connection) -> list[Served]:
    """The schemas this pipeline built that still exist, the latest first."""
    connection.execute(
        f"delete from {CONTROL}.served_schema "
        "where schema_oid not in (select oid from pg_namespace)"
    )
    rows = connection.execute(
        "select schema_oid, nspname, snapshot_id, content, state, relations, "
        "array(select relname::text from pg_class where relnamespace = schema_oid "
        "and relkind = 'r' and relname = any (relations) order by 1) "
        f"from {CONTROL}.served_schema join pg_namespace as n on n.oid = schema_oid "
        "order by built_at desc"
    ).fetchall()
    return [Served(*row) for row in rows]


def in_force(connection: psycopg.Connection, place: str) -> Served | None:
    """The schema served as ``marts``; UsageError when it is not one that this pipeline built."""
    found = next((s for s in registered(connection) if s.name == SCHEMA), None)
    if found is None and _one(connection, "select to_regnamespace(%s) is not null", SCHEMA):
        raise UsageError(
            f"the database has a schema {SCHEMA} that this pipeline did not make",
            where=place,
            remedy="rename or drop that schema, or give another database",
        )
    return found


def free_name(connection: psycopg.Connection, snapshot_id: str) -> str:
    """A name no schema has, made of the snapshot's."""
    clean = "".join(c if c.isascii() and c.isalnum() else "_" for c in snapshot_id.lower())
    base = f"{SCHEMA}_{clean}"[:55]
    name, number = base, 1
    while _one(connection, "select exists (select from pg_namespace where nspname = %s)", name):
        number += 1
        name = f"{base}_{number}"
    return name


def switch(
    connection: psycopg.Connection,
    place: str,
    new: Served,
    old: Served | None,
    patience: Patience,
    together: Together = nullcontext,
) -> bool:
    """Serve ``new`` as ``marts``; whether it happened while nobody was reading.

    One transaction: the old schema is renamed aside, the new one takes its name and the rights an
    administrator gave on the old. ``together`` is entered last before the commit and left after it.
    Raises BusyError when even that is held up; ``old`` stays then.
    """
    for alone in (True, False):
        for _ in range(patience.tries):
            try:
                with ExitStack() as others, connection.transaction():
                    _limit_lock_wait(connection, patience)
                    if alone and old:
                        _lock_tables(connection, old)
                    _exchange(connection, new, old)
                    others.enter_context(together())
            except psycopg.Error as error:
                if not _is_contended(error):
                    raise
                time.sleep(patience.pause_seconds)
            else:
                return alone
        log.info("%s is held by readers or others", SCHEMA)
    raise BusyError(
        f"another session holds schema {SCHEMA} itself; the marts served are what they were",
        where=place,
        remedy="end that session (pg_locks names it), then load again",
    )


def _is_contended(error: psycopg.Error) -> bool:
    """Whether trying again may help; the server has no code of its own for the last one."""
    if isinstance(error, errors.LockNotAvailable | errors.DeadlockDetected):
        return True
    return "concurrently updated" in str(error)


def _limit_lock_wait(connection: psycopg.Connection, patience: Patience) -> None:
    connection.execute("select set_config('lock_timeout', %s, true)", (f"{patience.lock_ms}ms",))


def _lock_tables(connection: psycopg.Connection, old: Served) -> None:
    places = [sql.Identifier(old.name, table) for table in sorted(old.tables)]
    connection.execute(
        sql.SQL("lock table {} in access exclusive mode").format(sql.SQL(", ").join(places))
    )


def _exchange(connection: psycopg.Connection, new: Served, old: Served | None) -> None:
    rename = sql.SQL("alter schema {} rename to {}")
    marts = sql.Identifier(SCHEMA)
    if old:
        additions = read_additions(connection, old.oid, SCHEMA)
        aside = sql.Identifier(free_name(connection, old.snapshot_id))
        connection.execute(rename.format(marts, aside))
        _set_state(connection, old, "retired")
    connection.execute(rename.format(sql.Identifier(new.name), marts))
    _set_state(connection, new, "served")
    if old:
        apply_additions(connection, SCHEMA, additions)


def _set_state(connection: psycopg.Connection, schema: Served, state: str) -> None:
    connection.execute(
        sql.SQL("update {}.served_schema set state = %s, {} = now() where schema_oid = %s").format(
            sql.Identifier(CONTROL), sql.Identifier(f"{state}_at")
        ),
        (state, schema.oid),
    )


def built_upon(connection: psycopg.Connection, schema: Served) -> str:
    """What others put into ``schema`` or made of its tables; empty when nothing."""
    found = connection.execute(
        OUTSIDERS, {"schema": schema.oid, "relations": schema.relations}
    ).fetchall()
    return ", ".join(sorted(row[0] for row in found))


def drop_retired(
    connection: psycopg.Connection, keep: timedelta, patience: Patience
) -> tuple[list[str], list[str]]:
    """Drop what was built and never served, and what was retired longer than ``keep`` ago.

    Never one that somebody reads or built upon. Returns names dropped, and notes on those kept.
    """
    dropped: list[str] = []
    notes: list[str] = []
    due = connection.execute(
        f"select schema_oid from {CONTROL}.served_schema where state = 'built' "
        "or (state = 'retired' and retired_at < now() - %s)",
        (keep,),
    ).fetchall()
    for schema in registered(connection):
        if (schema.oid,) not in due:
            continue
        if upon := built_upon(connection, schema):
            notes.append(f"schema {schema.name} is kept: others built {upon} in it or upon it")
            continue
        try:
            with connection.transaction():
                _limit_lock_wait(connection, patience)
                drop = sql.SQL("drop schema {} cascade").format(sql.Identifier(schema.name))
                connection.execute(drop)
            dropped.append(schema.name)
        except psycopg.Error as error:
            if not _is_contended(error):
                raise
            notes.append(f"schema {schema.name} is kept until the next load: it is being read")
    return dropped, notes


def _one(connection: psycopg.Connection, query: str, *parameters: object) -> object:
    row = connection.execute(query, parameters).fetchone()
    return row[0] if row else None
