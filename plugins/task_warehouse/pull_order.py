"""Which export is pulled next: what is in trouble goes behind what is well."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from task_warehouse.history import History
    from task_warehouse.sources import Source

    Export = tuple[Source, str]  # of a source, the dataset of this name


class PullOrder:
    """Exports one after the other, for many threads.

    In the order given, but last those that failed the last time, and what is left of a source once
    one of its exports has failed today: the morning of the healthy does not lengthen with the
    trouble of others.
    """

    def __init__(self, exports: Iterable[Export], history: History) -> None:
        self._ahead: deque[Export] = deque()
        self._behind: deque[Export] = deque()
        self._troubled: set[str] = set()
        self._lock = threading.Lock()
        for source, name in exports:
            failing = history.is_failing(source.source, name)
            (self._behind if failing else self._ahead).append((source, name))

    def take(self) -> Export:
        """The next export. Raises IndexError where all were taken."""
        with self._lock:
            while self._ahead:
                source, name = self._ahead.popleft()
                if source.source not in self._troubled:
                    return source, name
                self._behind.append((source, name))
            return self._behind.popleft()

    def put_behind(self, source: Source) -> None:
        """An export of this source failed or was refused: the rest of it is taken last."""
        with self._lock:
            self._troubled.add(source.source)
