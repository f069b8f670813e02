"""Untrusted bytes to one text table, in child processes with limits.

``read_batch`` reads many deliveries into ``text.arrow`` and ``layouts.parquet``; ``read_file``
reads one file for a person who asks what the pipeline sees in it. The reading itself happens in
:mod:`task_warehouse.reading.child`; nothing in this process opens the bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from task_warehouse.reading.request import Limits, ReadRequest

if TYPE_CHECKING:
    from task_warehouse.reading.batch import read_batch
    from task_warehouse.reading.faithful import FileReading, read_file
    from task_warehouse.reading.headers import normalise_header
    from task_warehouse.reading.writing import LAYOUTS_FILE, open_text

__all__ = [
    "LAYOUTS_FILE",
    "FileReading",
    "Limits",
    "ReadRequest",
    "normalise_header",
    "open_text",
    "read_batch",
    "read_file",
]

_HOMES = {
    "read_batch": "batch",
    "read_file": "faithful",
    "FileReading": "faithful",
    "normalise_header": "headers",
    "LAYOUTS_FILE": "writing",
    "open_text": "writing",
}


def __getattr__(name: str) -> object:
    # The child imports this package too and pays for every import before its first delivery.
    if name not in _HOMES:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module(f"task_warehouse.reading.{_HOMES[name]}"), name)
