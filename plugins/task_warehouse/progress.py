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
from pathlib import Path

PROGRESS_VARIABLE = "TASK_WAREHOUSE_PROGRESS"

log = logging.getLogger(__name__)


def tell(step: str, message: str, *, done: int | None = None, total: int | None = None) -> None:
    """Say what ``step`` is doing; ``done`` of ``total`` units where they are known."""
    count = f" ({done}/{total})" if total else ""
    log.info("%s: %s%s", step, message, count)
    target = os.environ.get(PROGRESS_VARIABLE)
    if not target:
        return
    event = {"at": time.time(), "step": step, "message": message, "done": done, "total": total}
    with Path(target).open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(event, ensure_ascii=False) + "\n")
