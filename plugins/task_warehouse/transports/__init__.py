"""Ways an export is handed over. A transport fetches bytes; it decides nothing about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from task_warehouse.transports.folder import pull_folder
from task_warehouse.transports.web import pull_web

if TYPE_CHECKING:
    from collections.abc import Callable

    from task_warehouse.transports.attempts import Attempt, Pull

TRANSPORTS: dict[str, Callable[[Pull], list[Attempt]]] = {
    "folder": pull_folder,
    "http": pull_web,
}


def pull_dataset(pull: Pull) -> list[Attempt]:
    """Fetch one dataset of one source. A source's fault is an attempt, never an exception."""
    return TRANSPORTS[pull.dataset.transport](pull)
