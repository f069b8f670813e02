"""So many pulls at a time, and those that only wait step aside for the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

PATIENCE_SECONDS = 0.5
LOOKED_EVERY_SECONDS = 0.1


class Slots:
    """``at_a_time`` slots. Who holds one longer than a moment waits for a slow server: his slot
    goes to the next, while he goes on waiting. So the slow never hold up the quick.
    """

    def __init__(self, at_a_time: int, patience: float = PATIENCE_SECONDS) -> None:
        self._free = threading.Semaphore(at_a_time)
        self._patience = patience
        self._since: dict[int, float] = {}  # by thread, of those that still hold their slot
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._look, name="slots", daemon=True)

    def __enter__(self) -> Self:
        self._watch.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._watch.join()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Wait for a slot and hold it while the block runs, or until patience ends."""
        self._free.acquire()
        me = threading.get_ident()
        with self._lock:
            self._since[me] = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                still_mine = self._since.pop(me, None) is not None
            if still_mine:
                self._free.release()

    def _look(self) -> None:
        while not self._ended.wait(LOOKED_EVERY_SECONDS):
            with self._lock:
                longest = time.monotonic() - self._patience
                slow = [thread for thread, since in self._since.items() if since < longest]
                for thread in slow:
                    del self._since[thread]
            for _ in slow:
                self._free.release()
