"""Secrets by name: looked up late, sent to the declared host only, never written anywhere."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING
from urllib.parse import quote

from task_warehouse.transports.attempts import failed

if TYPE_CHECKING:
    from collections.abc import Callable

    from task_warehouse.sources.model import Auth

SECRET_PREFIX = "TASK_WAREHOUSE_SECRET_"  # noqa: S105 - the name of a variable
HIDDEN = "•••"
SHORTEST_HIDDEN = 4


class Secrets:
    """Secrets of one batch: from the environment, else from ``look_up`` (Airflow's connections).

    Remembers what it handed out, so that :meth:`hide` can take it out of any text.
    """

    def __init__(self, look_up: Callable[[str], str | None] | None = None) -> None:
        self._look_up = look_up
        self._forms: set[str] = set()

    def get(self, name: str) -> str:
        """The secret of this name. Raises a Fault (ours to mend) where there is none."""
        value = os.environ.get(SECRET_PREFIX + name)
        if not value and self._look_up:
            value = self._look_up(name)
        if not value:
            raise failed("transport.secret_missing", name, SECRET_PREFIX + name)
        if not _fits_a_header(value):
            raise failed("transport.secret_unusable", name)
        self.remember(value)
        return value

    def remember(self, value: str) -> None:
        """Take this value, and the forms it travels in, for secret."""
        parts = [value, *value.split(":", 1)] if ":" in value else [value]
        for part in parts:
            if len(part) >= SHORTEST_HIDDEN:
                encoded = base64.b64encode(part.encode()).decode()
                self._forms |= {part, quote(part, safe=""), encoded}

    def hide(self, text: str) -> str:
        """The text without any secret handed out so far."""
        for form in sorted(self._forms, key=len, reverse=True):
            text = text.replace(form, HIDDEN)
        return text

    def user_and_password(self, auth: Auth) -> tuple[str, str]:
        """For basic and OAuth2: the user of the file with the secret, or 'user:password'."""
        value = self.get(auth.secret)
        if auth.user is not None:
            return auth.user, value
        user, colon, password = value.partition(":")
        if not colon:
            raise failed("transport.secret_unusable", auth.secret)
        return user, password

    def headers(self, auth: Auth | None) -> dict[str, str]:
        """The header that opens the door; OAuth2 has its own way to a bearer token."""
        if auth is None or auth.kind == "oauth2":
            return {}
        if auth.kind == "basic":
            pair = ":".join(self.user_and_password(auth))
            self.remember(pair)
            return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        value = self.get(auth.secret)
        if auth.kind == "header":
            return {auth.header: value}
        return {"Authorization": f"Bearer {value}"}


def _fits_a_header(value: str) -> bool:
    return value.isprintable() and value.strip() == value
