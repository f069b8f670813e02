"""Progress of long work, told to whoever watches.

A step calls :func:`tell`. Under ``task-warehouse run`` the steps run inside Airflow in another
process, so the events travel through an append-only file of JSON lines named in the environment;
without it they go to the log alone.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from task_warehouse.errors import TaskWarehouseError

PROGRESS_VARIABLE = "TASK_WAREHOUSE_PROGRESS"

log = logging.getLogger(__name__)


def tell(step: str, message: str, *, done: int | None = None, total: int | None = None) -> None:
    """Say what ``step`` is doing; ``done`` of ``total`` units where they are known."""
    count = f" ({done}/{total})" if total else ""
    log.info("%s: %s%s", step, message, count)
    _append({"step": step, "message": message, "done": done, "total": total})


@contextmanager
def timed(step: str, message: str) -> Iterator[None]:
    """Tell that ``step`` began, and how it ended: its seconds, or the error with its remedy."""
    tell(step, message)
    began = time.monotonic()
    try:
        yield
    except Exception as error:
        exit_code = error.exit_code if isinstance(error, TaskWarehouseError) else 1
        told = str(error) or type(error).__name__
        _append({"step": step, "error": told, "exit_code": exit_code})
        raise
    _append({"step": step, "seconds": round(time.monotonic() - began, 3)})


def _append(event: dict[str, object]) -> None:
    target = os.environ.get(PROGRESS_VARIABLE)
    if not target:
        return
    line = json.dumps({"at": time.time(), **event}, ensure_ascii=False)
    with Path(target).open("a", encoding="utf-8") as stream:
        stream.write(line + "\n")
