"""Ways an export is handed over. A transport fetches bytes; it decides nothing about them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from task_warehouse.transports.attempts import Attempt, Pull

# Loaded at the first use: what no source declares costs no start-up.
TRANSPORTS = {
    "folder": ("folder", "pull_folder"),
    "http": ("web", "pull_web"),
    "sftp": ("sftp", "pull_sftp"),
    "s3": ("bucket", "pull_s3"),
}


def pull_dataset(pull: Pull) -> list[Attempt]:
    """Fetch one dataset of one source. A source's fault is an attempt, never an exception."""
    module, function = TRANSPORTS[pull.dataset.transport]
    attempts: list[Attempt] = getattr(import_module(f"{__name__}.{module}"), function)(pull)
    return attempts
