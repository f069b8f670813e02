"""Months of receipts in one file each, so that years of history stay cheap to read.

A day leaves a file a batch. Once a month is over, one file takes the place of all of them: the
same rows, ordered by source. It names the files it replaces in its own footer, so that the one
rename that brings it in also takes them out of force: there is no moment at which a row counts
twice or not at all. The replaced files go at the next compaction, when nobody reads them any more.
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING

import duckdb

from task_warehouse import locking, receipt_summaries
from task_warehouse.receipts import (
    MONTHS,
    REPLACES,
    SCHEMA,
    month_files,
    replaced_by,
    scan_of,
)
from task_warehouse.storage import our_storage, written_whole

if TYPE_CHECKING:
    from pathlib import Path

    from task_warehouse.settings import Home

LOCK = "receipts"
LOCK_WAIT_SECONDS = 600
# What comes a few days late finds its month still open.
DAYS_AFTER_MONTH = 7
# A month is written anew for so many late files, not for each of them.
ENOUGH_LATE_FILES = 32


def compact(home: Home, as_of: date) -> list[Path]:
    """Bring each month that ended a week before ``as_of`` into one file; the files written.

    May be killed anywhere and run again. Raises StorageError when the disk does not take it.
    """
    with locking.hold(home, LOCK, wait_seconds=LOCK_WAIT_SECONDS):
        months = {path.stem: path for path in month_files(home)}
        for path in months.values():
            _remove_replaced(home, path)
        written = []
        for month, files in sorted(_open_months(home, as_of).items()):
            if month not in months or len(files) >= ENOUGH_LATE_FILES:
                written.append(_write_month(home, month, files, months.get(month)))
        receipt_summaries.write_missing(home)
        return written


def _open_months(home: Home, as_of: date) -> dict[str, list[Path]]:
    """Day files of months that are over, by month."""
    last = (as_of - timedelta(days=DAYS_AFTER_MONTH)).replace(day=1)
    found: dict[str, list[Path]] = defaultdict(list)
    for path in home.receipts.glob("business_date=*/*.parquet"):
        day = path.parent.name.removeprefix("business_date=")
        if date.fromisoformat(day) < last:
            found[day[:7]].append(path)
    return found


def _remove_replaced(home: Home, month: Path) -> None:
    for name in replaced_by(month):
        path = home.receipts / name
        with our_storage(path):
            path.unlink(missing_ok=True)


def _write_month(home: Home, month: str, files: list[Path], earlier: Path | None) -> Path:
    target = home.receipts / MONTHS / f"{month}.parquet"
    replaces = sorted(str(path.relative_to(home.receipts)) for path in files)
    if earlier:
        # Gone from the disk, but a batch of theirs may be told again under the same name.
        replaces = sorted({*replaces, *replaced_by(earlier)})
    footer = json.dumps(replaces).replace("'", "''")
    columns = ", ".join(f'"{name}"' for name in SCHEMA.names)
    with written_whole(target) as temporary, duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(
            f"copy (select {columns} from {scan_of([*files, *([earlier] if earlier else [])])}"
            " order by source, dataset, business_date, received_at, receipt_id)"
            f" to '{str(temporary).replace(chr(39), chr(39) * 2)}'"
            " (format parquet, compression zstd, row_group_size 61440,"
            f" kv_metadata {{{REPLACES}: '{footer}'}})"
        )
    return target
