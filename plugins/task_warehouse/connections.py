"""Connections that Airflow keeps: secrets of sources, and where the marts are served.

``task_warehouse_marts``, of type Postgres, is the database of the marts; ``task_warehouse_smtp``,
of type SMTP, the server that mail goes out by. A source file's
``secret: NAME`` is the connection of that name.

Fields: ``password`` is the secret (token, API key, password, secret key of S3); ``login`` the user
or the id of a key, unless the source file names one; the extra fields ``private_key`` and
``private_key_passphrase`` are those of Airflow's own SSH connections.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from task_warehouse.transports.signing import Stored

MARTS = "task_warehouse_marts"
MAIL = "task_warehouse_smtp"


def marts_address() -> str | None:
    """The address of the database that serves the marts; None without such a connection."""
    found = _connection(MARTS)
    if found is None:
        return None
    user, password = (quote(part or "", safe="") for part in (found.login, found.password))
    place = f"{found.host or ''}:{found.port}" if found.port else found.host or ""
    options = urlencode({name: str(value) for name, value in found.extra_dejson.items()})
    return f"postgresql://{user}:{password}@{place}/{found.schema or ''}" + (
        f"?{options}" if options else ""
    )


def smtp_address() -> str | None:
    """The mail server, of type SMTP, read as Airflow's own provider reads it; None without it."""
    found = _connection(MAIL)
    if found is None:
        return None
    extra = found.extra_dejson
    scheme, query = ("smtp", "") if _is_on(extra.get("disable_ssl")) else ("smtps", "")
    if scheme == "smtp" and _is_on(extra.get("disable_tls")):
        query = "?tls=no"
    user, password = (quote(part or "", safe="") for part in (found.login, found.password))
    who = f"{user}:{password}@" if user else ""
    return f"{scheme}://{who}{found.host or ''}" + (f":{found.port}" if found.port else "") + query


def _is_on(value: object) -> bool:
    return str(value).casefold() in ("true", "1")


def look_up(name: str) -> Stored | None:
    """The Airflow connection of this name; None where there is none. For use inside a task."""
    found = _connection(name)
    if found is None:
        return None
    extra = found.extra_dejson
    return Stored(
        found.password or None,
        found.login or None,
        extra.get("private_key") or None,
        extra.get("private_key_passphrase") or None,
    )


def _connection(name: str) -> Any:
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return Connection.get(name)
    except AirflowNotFoundException:
        return None
