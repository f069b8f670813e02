"""The database of the last good build: how it is written in place, and never half.

A build that goes on from the last one writes into the same file. Until it ends, nothing of it
counts: DuckDB notes all changes in the log beside the file, or on blocks that the file does not
use, and brings them in with one checkpoint at the end, by a single write of the file's header.
What a build leaves that did not end is its log; without it the last good build is there as it was.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from task_warehouse.locking import hold
from task_warehouse.settings import Home

STEP = "build"  # the lock of who writes it
DATABASE_NAME = "build.duckdb"
NEVER = "1 TB"  # of log, before which DuckDB brings it in by itself


def hold_back_checkpoints(connection: duckdb.DuckDBPyConnection) -> None:
    """Let the log grow until a checkpoint is asked for, also when the last connection closes."""
    connection.execute(
        f"set wal_autocheckpoint = '{NEVER}';"
        "set auto_checkpoint_skip_wal_threshold = 1000000000000;"
        "pragma disable_checkpoint_on_shutdown"
    )


def discard_unfinished(home: Home) -> None:
    """Drop what a build left that did not end. The caller holds the lock :data:`STEP`."""
    for log in _logs(home):
        log.unlink(missing_ok=True)
    shutil.rmtree(home.warehouse / f"{DATABASE_NAME}.tmp", ignore_errors=True)


def _logs(home: Home) -> list[Path]:
    return sorted(home.warehouse.glob(f"{DATABASE_NAME}.wal*"))


def last_build(home: Home) -> Path:
    """The database of the last good build, fit to be read; there may be none.

    Raises :class:`~task_warehouse.errors.BusyError` while a build writes it.
    """
    if _logs(home):
        with hold(home, STEP):
            discard_unfinished(home)
    return home.warehouse / DATABASE_NAME
