"""One writer at a time: a lock file that says who holds it.

The lock is the kernel's (``flock``), so it ends with the process that holds it, however that ends,
and with every process that was given its descriptor.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from task_warehouse.errors import BusyError
from task_warehouse.settings import Home

POLL_SECONDS = 0.2


@contextmanager
def hold(home: Home, name: str, *, wait_seconds: float = 0) -> Iterator[int]:
    """Hold the lock ``name`` of this data root while the block runs; the descriptor of its file.

    Raises :class:`BusyError`, naming the process that holds it, when it is not free within
    ``wait_seconds``.
    """
    folder = home.root / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.lock"
    with path.open("a+", encoding="utf-8") as stream:
        _acquire(stream.fileno(), path, name, wait_seconds)
        stream.seek(0)
        stream.truncate()
        holder = {"pid": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")}
        stream.write(json.dumps(holder))
        stream.flush()
        yield stream.fileno()


def _acquire(descriptor: int, path: Path, name: str, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise BusyError(
                    f"another process is in the step '{name}' of this data root ({_holder(path)})",
                    where=str(path),
                    remedy="wait for it to end, or use another TASK_WAREHOUSE_HOME",
                ) from None
            time.sleep(POLL_SECONDS)
        else:
            return


def _holder(path: Path) -> str:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "process unknown"
    return f"process {held.get('pid')}, since {held.get('since')}"
