"""Tokens that were asked for, shared by the pulls of a batch, until they run out."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from task_warehouse.sources.model import Auth
    from task_warehouse.transports.attempts import Pull

# A token is renewed a little early, so that it does not run out on the way.
EARLY_SECONDS = 30.0

Key = tuple[str | None, ...]


class Tokens:
    """One token for each token address, client and scope."""

    def __init__(self) -> None:
        self._held: dict[Key, tuple[str, float]] = {}
        self._locks: dict[Key, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    def get(self, pull: Pull, auth: Auth, ask: Callable[[], tuple[str, float]]) -> str:
        """The token in force; ``ask`` gives a new one and the seconds it lives.

        Only pulls that need the same token wait for it, and none longer than its deadline.
        """
        key = _key(auth)
        with self._lock:
            lock = self._locks[key]
        if not lock.acquire(timeout=pull.deadline.remaining):
            raise pull.deadline.fault()
        try:
            token, until = self._held.get(key, ("", 0.0))
            if not token or time.monotonic() >= until:
                token, lives = ask()
                self._held[key] = token, time.monotonic() + lives - EARLY_SECONDS
            return token
        finally:
            lock.release()

    def forget(self, auth: Auth) -> None:
        """The token was refused."""
        self._held.pop(_key(auth), None)


def _key(auth: Auth) -> Key:
    return auth.token_url, auth.secret, auth.user, auth.scope, auth.client_in
