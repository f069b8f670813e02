"""One row for every attempt to collect, kept for ever: what came, what did not, and why.

A batch writes its rows at its end, one Parquet file a business date, whole or not at all. Running
the same batch again keeps what it had achieved: a landing is not turned into "unchanged" by its
own repetition. Former months are one file each (:mod:`task_warehouse.compacting`); :func:`files`
knows which files are in force.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from task_warehouse.storage import written_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime
    from pathlib import Path

    import duckdb

    from task_warehouse.settings import Home

INSTANT = pa.timestamp("us", tz="UTC")
SCHEMA = pa.schema(
    [
        ("receipt_id", pa.string()),
        ("batch", pa.string()),
        ("source", pa.string()),
        ("organisation_code", pa.string()),
        ("dataset", pa.string()),
        ("mode", pa.string()),
        ("business_date", pa.date32()),
        ("received_at", INSTANT),
        ("due_at", INSTANT),
        ("expected", pa.bool_()),
        ("outcome", pa.string()),
        ("origin", pa.string()),
        ("original_name", pa.string()),
        ("size_bytes", pa.int64()),
        ("sha256", pa.string()),
        ("delivery_id", pa.string()),
        ("format", pa.string()),
        ("options", pa.string()),
        ("reason_code", pa.string()),
        ("reason_vi", pa.string()),
        ("reason_en", pa.string()),
        ("attempts", pa.int32()),
        ("elapsed_ms", pa.int64()),
        ("etag", pa.string()),  # of a paged collection: JSON pairs of step and tag, page by page
        ("last_modified", pa.string()),  # of a file: its time of change, to the nanosecond
    ]
)
# Outcomes after which the bytes of the delivery are ours.
HELD = ("landed", "unchanged", "duplicate")
ACHIEVED = (*HELD, "nothing_arose")
TROUBLE = ("failed", "refused")
MONTHS = "months"  # folder of the files of former months
REPLACES = "replaces"  # key of their footer

_DUCKDB_TYPES = {
    pa.string(): "VARCHAR",
    pa.date32(): "DATE",
    INSTANT: "TIMESTAMPTZ",
    pa.bool_(): "BOOLEAN",
    pa.int64(): "BIGINT",
    pa.int32(): "INTEGER",
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """One attempt: source, dataset and file or pull."""

    batch: str
    source: str
    organisation_code: str
    dataset: str
    mode: str
    business_date: date
    received_at: datetime
    due_at: datetime | None
    expected: bool
    outcome: str
    origin: str
    original_name: str | None = None
    size_bytes: int | None = None
    sha256: str | None = None
    delivery_id: str | None = None
    format: str | None = None
    options: str | None = None
    reason_code: str | None = None
    reason_vi: str | None = None
    reason_en: str | None = None
    attempts: int = 1
    elapsed_ms: int = 0
    etag: str | None = None
    last_modified: str | None = None

    @property
    def receipt_id(self) -> str:
        said = (self.batch, self.source, self.dataset, self.sha256 or "", self.origin)
        return hashlib.sha256("|".join(said).encode()).hexdigest()[:20]


def delivery_id_of(source: str, dataset: str, sha256: str) -> str:
    """The name of a delivery: the same bytes from the same source and dataset are one."""
    return hashlib.sha256(f"{source}|{dataset}|{sha256}".encode()).hexdigest()[:20]


def write_receipts(home: Home, batch: str, receipts: Iterable[Receipt]) -> list[Path]:
    """Write a batch's receipts, one file a business date; returns the files.

    What an earlier run of the same batch wrote is kept: an attempt that achieved something is not
    replaced by its repetition, any other is. Raises StorageError when the disk does not take it.
    """
    by_date: dict[date, list[Receipt]] = defaultdict(list)
    replaced = {
        home.receipts / name: month for month in month_files(home) for name in replaced_by(month)
    }
    for receipt in receipts:
        by_date[receipt.business_date].append(receipt)
    written = []
    for business_date, rows in sorted(by_date.items()):
        path = home.receipts / f"business_date={business_date.isoformat()}" / f"{batch}.parquet"
        if month := replaced.get(path):
            # Its first telling lies in a former month: what it achieved there is not told again.
            achieved = _achieved(month, batch)
            rows = [row for row in rows if row.receipt_id not in achieved]
            path = path.with_name(f"{batch}~again.parquet")
        _write(path, _with_earlier(path, rows))
        written.append(path)
    return written


def scan(con: duckdb.DuckDBPyConnection, home: Home, *, view: str = "receipts") -> None:
    """Create the DuckDB view of all receipts; it is empty, with its columns, where none exist."""
    columns = ", ".join(f'"{name}"' for name in SCHEMA.names)
    if found := files(home):
        body = f"select {columns} from {scan_of(found)}"
    else:
        nothing = ", ".join(
            f'null::{_DUCKDB_TYPES[field.type]} as "{field.name}"' for field in SCHEMA
        )
        body = f"select {nothing} where false"
    con.execute(f'create or replace temp view "{view}" as {body}')


def scan_of(found: Sequence[Path]) -> str:
    """The table function that reads these files of receipts."""
    quoted = ", ".join("'" + str(path).replace("'", "''") + "'" for path in found)
    return f"read_parquet([{quoted}], union_by_name = true, hive_partitioning = false)"


def files(home: Home) -> list[Path]:
    """The files of receipts in force: former months, and the days that no month replaces."""
    months = month_files(home)
    replaced = {home.receipts / name for month in months for name in replaced_by(month)}
    days = home.receipts.glob("business_date=*/*.parquet")
    return [*months, *sorted(path for path in days if path not in replaced)]


def month_files(home: Home) -> list[Path]:
    """One file a month that is over, oldest first."""
    return sorted((home.receipts / MONTHS).glob("*.parquet"))


def replaced_by(month: Path) -> list[str]:
    """Names, below the receipts, of the files whose rows a month file holds."""
    footer = pq.read_metadata(month).metadata or {}
    said: list[str] = json.loads(footer.get(REPLACES.encode(), b"[]"))
    return said


def _achieved(month: Path, batch: str) -> set[str]:
    """Ids of a batch's receipts that achieved something."""
    wanted = [("batch", "=", batch), ("outcome", "in", ACHIEVED)]
    held = pq.read_table(month, columns=["receipt_id"], filters=wanted, partitioning=None)
    return set(held["receipt_id"].to_pylist())


def _with_earlier(path: Path, rows: Sequence[Receipt]) -> list[dict[str, object]]:
    merged: dict[str, dict[str, object]] = {}
    if path.exists():
        for row in pq.read_table(path, schema=SCHEMA, partitioning=None).to_pylist():
            merged[row["receipt_id"]] = row
    for receipt in rows:
        earlier = merged.get(receipt.receipt_id)
        if earlier is None or earlier["outcome"] not in ACHIEVED:
            merged[receipt.receipt_id] = {"receipt_id": receipt.receipt_id, **asdict(receipt)}
    return sorted(
        merged.values(), key=lambda row: (row["source"], row["dataset"], row["receipt_id"])
    )


def _write(path: Path, rows: list[dict[str, object]]) -> None:
    with written_whole(path) as temporary:
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), temporary, compression="zstd")


assert {field.name for field in fields(Receipt)} | {"receipt_id"} == set(SCHEMA.names)
