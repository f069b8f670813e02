"""The validation results of a check, kept as JSON: ``validations/<check batch>.json``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from task_warehouse import ledger
from task_warehouse.errors import UsageError
from task_warehouse.mapping import RECORD_BITS
from task_warehouse.settings import Home
from task_warehouse.storage import written_whole

KEEP_VARIABLE = "TASK_WAREHOUSE_KEEP_DATA_DOCS"
KEEP_DAYS = 90


def folder_of(home: Home) -> Path:
    """Where the results are kept."""
    return home.root / "validations"


def keep(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    batch: str,
    outcomes: Mapping[str, Mapping[str, Any]],
) -> None:
    """Keep ``outcomes`` (dataset to Great Expectations' result) of a check batch.

    Reads ``failures`` and ``deliveries`` of the check's database for the counts by source. Written
    before the ledger: what belongs to no committed batch is never shown. StorageError when the disk
    does not take it.
    """
    first, last, deliveries, sources = con.execute(
        "select cast(min(business_date) as varchar), cast(max(business_date) as varchar),"
        " count(*), count(distinct source) from deliveries"
    ).fetchone() or ("", "", 0, 0)
    kept = {
        "batch": batch,
        "first_business_date": first,
        "last_business_date": last,
        "deliveries": deliveries,
        "sources": sources,
        "datasets": dict(outcomes),
        "by_source": _by_source(con),
    }
    target = folder_of(home) / f"{batch}.json"
    with written_whole(target) as aside:
        aside.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")


def _by_source(con: duckdb.DuckDBPyConnection) -> dict[str, list[list[Any]]]:
    """For each broken rule the sources that broke it, with their rows, the most first."""
    found = con.execute(
        f"select check_id, source, count(distinct row_id) as broken from failures"
        f" join deliveries on number = row_id >> {RECORD_BITS}"
        f" group by all order by check_id, broken desc, source"
    ).fetchall()
    told: dict[str, list[list[Any]]] = {}
    for check_id, source, broken in found:
        told.setdefault(check_id, []).append([source, broken])
    return told


def keep_days() -> int:
    """How many days of runs are shown; UsageError for a setting that is no number."""
    value = os.environ.get(KEEP_VARIABLE, str(KEEP_DAYS))
    if not value.isdecimal():
        raise UsageError(
            f"{KEEP_VARIABLE} is {value!r}", where="environment", remedy="give a whole number"
        )
    return int(value)


def runs(home: Home, as_of: date) -> Iterator[dict[str, Any]]:
    """Results of the committed checks of the last days up to ``as_of``, the newest first.

    Older ones are deleted: their rejects stay in the warehouse.
    """
    committed = set(ledger.batches(home.ledger))
    oldest = (as_of - timedelta(days=keep_days())).isoformat()
    found = []
    for path in sorted(folder_of(home).glob("*.json")):
        run = json.loads(path.read_text(encoding="utf-8"))
        if run["last_business_date"] < oldest:
            path.unlink()
        elif run["batch"] in committed and run["first_business_date"] <= as_of.isoformat():
            found.append(run)
    found.sort(key=lambda run: (run["last_business_date"], run["batch"]), reverse=True)
    yield from found
