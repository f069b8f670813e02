"""Where the database is, how to reach it, and how to speak of both without the password.

libpq quotes the text it could not parse, password and all, so its words about an address are never
repeated, and the errors raised here have no cause that could carry them into a log.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg import conninfo, errors

from task_warehouse.errors import BusyError, StorageError, TaskWarehouseError, UsageError

ADDRESS_VARIABLE = "TASK_WAREHOUSE_POSTGRES"
SCHEMES = ("postgres://", "postgresql://")
OLDEST_SERVER = 15  # views that check the reader's own rights came with it
UNTOUCHED = "the marts served there are what they were"

# A network that vanishes must not hold a run for ever; an address may say otherwise.
CONNECTION_DEFAULTS: dict[str, str | int] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
    "application_name": "task-warehouse",
}
# Settings of the database or the role must not cut a load short; a loader that dies must not keep
# its locks until its last statement is done.
SESSION = {
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": "5s",
    "timezone": "UTC",
    "maintenance_work_mem": "256MB",
    "client_connection_check_interval": "1s",
}

REMEDIES: tuple[tuple[str, str], ...] = (
    ("password authentication failed", "mend user or password in the address"),
    ("no password supplied", "give the password in the address, PGPASSWORD or a password file"),
    ("no pg_hba.conf entry", "let this host in, in the server's pg_hba.conf"),
    (
        'database ".*" does not exist',
        "create that database (UTF8), or mend its name in the address",
    ),
    ('role ".*" does not exist', "create that role, or mend its name in the address"),
    ("(translate host name|resolve host)", "mend the host in the address"),
    ("refused", "start the server, or mend host and port in the address"),
    ("No such file", "start the server, or mend host and port in the address"),
    ("timeout", "look at the network between here and the server"),
)
STATE_REMEDIES = {
    "53100": "free space on the server's disk or enlarge it, then load again",
    "53200": "give the server more memory, then load again",
    "53300": "let the server take more connections, then load again",
    "42501": "give the loading role that right (it must own schema marts), then load again",
    "25006": "give the address of the primary, this server only reads",
    "22021": "give a database whose encoding is UTF8",
}


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed address; ``place`` is what may be shown: user, host, port and database."""

    uri: str = field(repr=False)
    place: str

    @classmethod
    def parse(cls, uri: str) -> Address:
        """The address in a libpq URI; UsageError, which never quotes it, when it is not one."""
        place = _place(uri)
        if place is None:
            raise UsageError(
                "the address of the PostgreSQL database cannot be understood (it is not repeated "
                "here: it may hold a password)",
                where=ADDRESS_VARIABLE,
                remedy="give postgresql://user:password@host:port/database with special letters "
                "of the password percent-encoded (@ is %40, / is %2F)",
            )
        return cls(uri, place)


def address_from_environment() -> str | None:
    """The URI in ``TASK_WAREHOUSE_POSTGRES``; None when this door is not configured."""
    return os.environ.get(ADDRESS_VARIABLE, "").strip() or None


def _place(uri: str) -> str | None:
    """What may be shown of ``uri``; None when it is no URI, or one libpq would read askew.

    A stray ``@`` or ``/`` in a password makes libpq take a piece of it for the host, the port or
    the database.
    """
    if not uri.startswith(SCHEMES) or uri.count("@") > 1:
        return None
    try:
        parts = {k: str(v) for k, v in conninfo.conninfo_to_dict(uri).items() if v is not None}
    except psycopg.ProgrammingError:
        return None
    hosts, ports = parts.get("host", ""), parts.get("port", "")
    shown = (hosts, parts.get("dbname", ""), parts.get("user", ""))
    if any("@" in each for each in shown) or not re.fullmatch(r"[\d,]*", ports):
        return None
    user = f"{parts['user']}@" if "user" in parts else ""
    return f"postgresql://{user}{hosts or 'localhost'}:{ports or 5432}/{parts.get('dbname', '')}"


@contextmanager
def connected(address: Address) -> Iterator[psycopg.Connection]:
    """A connection in autocommit, in UTC, to a server and a database that can hold the marts.

    Errors of the server inside the block become StorageError, BusyError or TaskWarehouseError.
    """
    connection = _connect(address)
    try:
        with _told(address.place):
            _settle(connection, address.place)
            yield connection
    finally:
        connection.close()


def _connect(address: Address) -> psycopg.Connection:
    given = conninfo.conninfo_to_dict(address.uri)
    settings = {k: v for k, v in CONNECTION_DEFAULTS.items() if k not in given}
    said = ""
    try:
        return psycopg.connect(
            address.uri,
            autocommit=True,
            client_encoding="UTF8",
            **settings,  # type: ignore[arg-type]
        )
    except psycopg.Error as error:
        said = " ".join(str(error).split())
    remedy = next(
        (r for phrase, r in REMEDIES if re.search(phrase, said)), "mend the address or the server"
    )
    # Outside the except block: the error has no context, so no traceback can show the address.
    raise StorageError(
        f"PostgreSQL cannot be reached, {UNTOUCHED}: {said}",
        where=address.place,
        remedy=f"{remedy}, then load again",
    )


def _settle(connection: psycopg.Connection, place: str) -> None:
    version = connection.info.server_version
    if version < OLDEST_SERVER * 10_000:
        raise StorageError(
            f"the server is PostgreSQL {version // 10_000}",
            where=place,
            remedy=f"give one of version {OLDEST_SERVER} or later",
        )
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise StorageError(
            f"the database is encoded in {encoding}, which cannot hold every letter",
            where=place,
            remedy="create one with: create database … encoding 'UTF8' template template0",
        )
    for name, value in SESSION.items():
        try:
            connection.execute("select set_config(%s, %s, false)", (name, value))
        except errors.InvalidParameterValue:  # the check of the client needs a Unix kernel
            if name != "client_connection_check_interval":
                raise


@contextmanager
def _told(place: str) -> Iterator[None]:
    """Turn what the server says into an error with a place and a remedy."""
    try:
        yield
    except (errors.LockNotAvailable, errors.DeadlockDetected) as error:
        raise BusyError(
            f"another session holds what the load needs, {UNTOUCHED}: {_said(error)}",
            where=place,
            remedy="look at pg_stat_activity for long transactions, then load again",
        ) from error
    except psycopg.Error as error:
        state = error.sqlstate or ""
        lost = not state or state.startswith(("08", "57P"))
        if lost or state in STATE_REMEDIES or state.startswith("53"):
            remedy = STATE_REMEDIES.get(state, "look at the server and its log, then load again")
            happened = "went away during the load" if lost else "could not take the load"
            raise StorageError(
                f"PostgreSQL {happened}, {UNTOUCHED}: {_said(error)}", where=place, remedy=remedy
            ) from error
        raise TaskWarehouseError(
            f"PostgreSQL refused a statement of the load ({state}), {UNTOUCHED}: {_said(error)}",
            where=place,
            remedy="report this with the log; the other doors are not touched",
        ) from error


def _said(error: psycopg.Error) -> str:
    """The server's message alone: its context would quote rows."""
    return error.diag.message_primary or " ".join(str(error).split())
