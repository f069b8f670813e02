"""Time: the total deadline of a pull, waits that respect it, and a rate limit for each host."""

from __future__ import annotations

import random
import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

from task_warehouse.transports.attempts import Fault, failed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import TypeVar

    from task_warehouse.sources.model import Limits

    Got = TypeVar("Got")

LONGEST_BACKOFF_SECONDS = 30.0


class Deadline:
    """A moment after which a pull has failed, whatever the other side is doing.

    A time-out of a socket starts anew with each byte, so a server that sends one byte a second
    never trips it. Sockets given to :meth:`watch` are shut down when the deadline passes; a read
    that waits on one ends at once. Of ``seconds`` there may be less ``left`` from the beginning;
    ``code`` is the kind of the fault.
    """

    def __init__(
        self, seconds: float, *, left: float | None = None, code: str = "transport.deadline"
    ) -> None:
        self.seconds = seconds
        self._code = code
        self._end = time.monotonic() + (seconds if left is None else left)
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            if self._timer:
                self._timer.cancel()
            for one in self._sockets:
                one.close()
            self._sockets.clear()

    @property
    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._end - time.monotonic())

    def check(self) -> None:
        """Raise the fault of a passed deadline."""
        if self.remaining <= 0:
            raise self.fault()

    def fault(self) -> Fault:
        return failed(self._code, f"{self.seconds:g}")

    def watch(self, connected: socket.socket) -> None:
        """Shut the connection down when the deadline passes."""
        # A copy of the descriptor stays valid when TLS takes the socket over.
        copy = connected.dup()
        with self._lock:
            self._sockets.append(copy)
            if self._timer is None:
                self._timer = threading.Timer(self.remaining, self._cut)
                self._timer.daemon = True
                self._timer.start()

    def wait(self, seconds: float, otherwise: Fault) -> None:
        """Sleep; raise ``otherwise`` at once where the deadline would pass meanwhile."""
        if seconds >= self.remaining:
            raise otherwise
        time.sleep(seconds)

    def _cut(self) -> None:
        with self._lock:
            for one in self._sockets:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)


class Allowance:
    """How long one source may keep us busy with all its datasets together.

    What counts is the time in which at least one pull of it runs, so that datasets pulled side by
    side do not use it up faster than one after the other.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._used = 0.0
        self._running = 0
        self._since = 0.0
        self._lock = threading.Lock()

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[Deadline]:
        """A deadline of ``seconds``, or of what is left of the allowance if that is less."""
        with self._lock:
            now = time.monotonic()
            if not self._running:
                self._since = now
            self._running += 1
            left = max(0.0, self._seconds - self._used - (now - self._since))
        try:
            with self._within(seconds, left) as deadline:
                yield deadline
        finally:
            with self._lock:
                self._running -= 1
                if not self._running:
                    self._used += time.monotonic() - self._since

    def _within(self, seconds: float, left: float) -> Deadline:
        if seconds <= left:
            return Deadline(seconds)
        return Deadline(self._seconds, code="transport.source_deadline", left=left)


def backoff_seconds(base: float, attempt: int) -> float:
    """Exponential with full jitter, so that sources that fail together do not return together."""
    # Not a secret: spreading only.
    return random.uniform(0.5, 1.0) * min(base * 2**attempt, LONGEST_BACKOFF_SECONDS)  # noqa: S311


def keep_trying(
    limits: Limits,
    deadline: Deadline,
    act: Callable[[], Got],
    is_mended: Callable[[Fault], bool] = lambda _fault: False,
) -> Got:
    """What ``act`` gives, tried again with growing waits while its Fault says that may help.

    ``is_mended`` may remove the cause of a fault; the next try then costs no wait and counts as
    none. Raises the last Fault, which is then not worth another try.
    """
    attempt = 0
    while True:
        deadline.check()
        try:
            return act()
        except Fault as fault:
            if is_mended(fault):
                continue
            if not fault.again or attempt == limits.retries:
                fault.again = False
                raise
            pause = backoff_seconds(limits.backoff_seconds, attempt)
            deadline.wait(pause if fault.wait is None else fault.wait, fault)
            attempt += 1


class RateLimiter:
    """At most so many requests a second to one host, over all threads of a batch."""

    def __init__(self) -> None:
        self._next: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, host: str, per_second: float | None, deadline: Deadline) -> None:
        """Wait for this host's next turn; the fault of the deadline where it is too far away."""
        if per_second is None:
            return
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next.get(host, 0.0))
            self._next[host] = turn + 1.0 / per_second
        deadline.wait(turn - now, deadline.fault())
