"""Secrets by name: looked up late, sent to the declared host only, never written anywhere."""

from __future__ import annotations

import base64
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from task_warehouse.transports.attempts import failed

if TYPE_CHECKING:
    from collections.abc import Callable

    from task_warehouse.sources.model import Auth
    from task_warehouse.transports.attempts import Fault

SECRET_PREFIX = "TASK_WAREHOUSE_SECRET_"  # noqa: S105 - the name of a variable
HIDDEN = "•••"
SHORTEST_HIDDEN = 4


@dataclass(frozen=True, slots=True, repr=False)
class Stored:
    """What a place of secrets holds under one name. Without a ``repr``: it must not be printed."""

    password: str | None = None
    login: str | None = None
    private_key: str | None = None
    passphrase: str | None = None


class Secrets:
    """Secrets of one batch: from ``look_up`` (Airflow's connections), else the environment.

    Remembers what it handed out, so that :meth:`hide` can take it out of any text.
    """

    def __init__(self, look_up: Callable[[str], Stored | None] | None = None) -> None:
        self._look_up = look_up
        self._found: dict[str, Stored] = {}
        self._lock = threading.Lock()
        self._forms: tuple[str, ...] = ()  # the longest first

    def get(self, name: str) -> str:
        """The secret of this name. Raises a Fault (ours to mend) where there is none."""
        value = self._stored(name).password
        if not value:
            raise _absent(name)
        if not _fits_a_header(value):
            raise failed("transport.secret_unusable", name)
        return value

    def _stored(self, name: str) -> Stored:
        # Once a batch: each look-up may be a question to Airflow's server.
        with self._lock:
            if name not in self._found:
                found = self._look_up(name) if self._look_up else None
                found = found or Stored(os.environ.get(SECRET_PREFIX + name))
                for value in (found.password, found.private_key, found.passphrase):
                    self.remember(value or "")
                self._found[name] = found
            return self._found[name]

    def remember(self, value: str) -> None:
        """Take this value, its lines, and the forms it travels in, for secret."""
        parts = {value, *value.splitlines(), *(value.split(":", 1) if ":" in value else ())}
        forms = {part for part in parts if len(part) >= SHORTEST_HIDDEN}
        for part in tuple(forms):
            encoded = base64.b64encode(part.encode()).decode()
            forms |= {quote(part, safe=""), encoded}
        # One assignment: other threads are hiding meanwhile.
        self._forms = tuple(sorted(forms.union(self._forms), key=len, reverse=True))

    def hide(self, text: str) -> str:
        """The text without any secret handed out so far."""
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        return text

    def user_and_password(self, auth: Auth) -> tuple[str, str]:
        """Of a pair: the user of the file or of the connection, or 'user:password' in one."""
        value = self.get(auth.secret)
        user = auth.user or self._stored(auth.secret).login
        if user:
            return user, value
        user, colon, password = value.partition(":")
        if not colon:
            raise failed("transport.secret_unusable", auth.secret)
        return user, password

    def user_and_key(self, auth: Auth) -> tuple[str, str, str | None]:
        """The user, the text of a private key, and its passphrase where it has one."""
        stored = self._stored(auth.secret)
        key, user = stored.private_key or stored.password, auth.user or stored.login
        if not key:
            raise _absent(auth.secret)
        if not user:
            raise failed("transport.secret_unusable", auth.secret)
        passphrase = self.get(auth.passphrase) if auth.passphrase else stored.passphrase
        return user, key, passphrase

    def headers(self, auth: Auth | None) -> dict[str, str]:
        """The header that opens the door; OAuth2 and S3 have their own ways."""
        if auth is None or auth.kind in ("oauth2", "access_key"):
            return {}
        if auth.kind == "basic":
            pair = ":".join(self.user_and_password(auth))
            self.remember(pair)
            return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        value = self.get(auth.secret)
        if auth.kind == "header":
            return {auth.header: value}
        return {"Authorization": f"Bearer {value}"}


def _absent(name: str) -> Fault:
    return failed("transport.secret_missing", name, SECRET_PREFIX + name)


def _fits_a_header(value: str) -> bool:
    return value.isprintable() and value.strip() == value
