"""Secrets that Airflow keeps: a source file's ``secret: NAME`` is the connection of that name.

Fields: ``password`` is the secret (token, API key, password, secret key of S3); ``login`` the user
or the id of a key, unless the source file names one; the extra fields ``private_key`` and
``private_key_passphrase`` are those of Airflow's own SSH connections.
"""

from __future__ import annotations

from task_warehouse.transports.signing import Stored


def look_up(name: str) -> Stored | None:
    """The Airflow connection of this name; None where there is none. For use inside a task."""
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        found = Connection.get(name)
    except AirflowNotFoundException:
        return None
    extra = found.extra_dejson
    return Stored(
        found.password or None,
        found.login or None,
        extra.get("private_key") or None,
        extra.get("private_key_passphrase") or None,
    )
