"""What a source's earlier deliveries of a dataset were like, kept small.

One row a source and dataset holds its latest deliveries: how many rows each had, and the headers of
the last. It follows from the ledger and says of which ledger; where that is another one, it is
made anew. So the cost of a check is that of its batch, not of the history behind it.
"""

from __future__ import annotations

import bisect
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from task_warehouse import holding, ledger
from task_warehouse.mapping import Delivery
from task_warehouse.settings import Home
from task_warehouse.storage import written_whole
from task_warehouse.verdict_limits import LONGEST_WINDOW

Key = tuple[str, str]  # source, dataset
Order = tuple[Any, ...]  # received at, business date, delivery

# Held deliveries count once they are released, and must be there then.
KEPT = LONGEST_WINDOW + 8
BATCHES = b"ledger"
SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("dataset", pa.string()),
        ("received_at", pa.list_(pa.timestamp("us", tz="UTC"))),
        ("business_date", pa.list_(pa.date32())),
        ("ids", pa.list_(pa.string())),
        ("rows", pa.list_(pa.int64())),
        ("held", pa.list_(pa.bool_())),
        ("headers", pa.list_(pa.list_(pa.string()))),
        ("columns", pa.list_(pa.list_(pa.string()))),
    ]
)


@dataclass(frozen=True, slots=True)
class Judged:
    """An earlier delivery; headers and columns are known of the last ones only."""

    order: Order
    rows: int
    is_held: bool
    headers: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


class Pasts:
    """The pasts of sources and datasets, each oldest first."""

    def __init__(self, by_key: dict[Key, list[Judged]]) -> None:
        self._by_key = by_key

    @classmethod
    def load(cls, home: Home, deliveries: Iterable[Delivery]) -> Pasts:
        """The pasts as the ledger tells them, before these deliveries are judged."""
        kept = _read(home)
        if kept is None or _any_forgotten(kept, deliveries):
            kept = _from_ledger(home)
        return cls(kept)

    def before(self, delivery: Delivery, released: Mapping[str, datetime]) -> Sequence[Judged]:
        """The deliveries before this one that count, oldest first.

        A held one counts if it had been released by the time this one came; so a check derived
        again later judges as the first one did.
        """
        past = self._by_key.get((delivery.source, delivery.dataset), [])
        order = holding.order_of(delivery)
        return [item for item in past if item.order < order and _counts(item, delivery, released)]

    def add(self, delivery: Delivery, judged: Judged) -> None:
        """Add a delivery to the past of those after it."""
        past = self._by_key.setdefault((delivery.source, delivery.dataset), [])
        bisect.insort(past, judged, key=attrgetter("order"))

    def write(self, home: Home) -> None:
        """Keep the pasts beside the ledger they follow from; called when that is committed."""
        rows = [_row(key, past[-KEPT:]) for key, past in sorted(self._by_key.items())]
        table = pa.Table.from_pylist(rows, schema=SCHEMA)
        said = {BATCHES: _ledger_name(home).encode()}
        target = _path(home)
        with written_whole(target) as aside:
            pq.write_table(table.replace_schema_metadata(said), aside, compression="zstd")


def _counts(item: Judged, delivery: Delivery, released: Mapping[str, datetime]) -> bool:
    if not item.is_held:
        return True
    moment = released.get(item.order[-1])
    return moment is not None and moment <= delivery.received_at


def _path(home: Home) -> Path:
    return home.root / "past" / "past.parquet"


def _ledger_name(home: Home) -> str:
    """A name for the ledger as it is: which batches it has."""
    return hashlib.sha256("\n".join(ledger.batches(home.ledger)).encode()).hexdigest()


def _read(home: Home) -> dict[Key, list[Judged]] | None:
    path = _path(home)
    if not path.is_file():
        return None
    table = pq.read_table(path)
    if (table.schema.metadata or {}).get(BATCHES) != _ledger_name(home).encode():
        return None
    return {(row["source"], row["dataset"]): _past(row) for row in table.to_pylist()}


def _past(row: Mapping[str, Any]) -> list[Judged]:
    orders = zip(row["received_at"], row["business_date"], row["ids"], strict=True)
    # Headers are kept of the latest deliveries, aligned at the end.
    bare: list[tuple[str, ...]] = [()] * (len(row["ids"]) - len(row["headers"]))
    headers = [*bare, *(tuple(names) for names in row["headers"])]
    columns = [*bare, *(tuple(names) for names in row["columns"])]
    each = zip(orders, row["rows"], row["held"], headers, columns, strict=True)
    return [Judged(*item) for item in each]


def _row(key: Key, past: Sequence[Judged]) -> dict[str, Any]:
    # The newest that counts has the headers; those held after it may never count.
    since = max((at for at, item in enumerate(past) if not item.is_held), default=0)
    return {
        "source": key[0],
        "dataset": key[1],
        "received_at": [item.order[0] for item in past],
        "business_date": [item.order[1] for item in past],
        "ids": [item.order[2] for item in past],
        "rows": [item.rows for item in past],
        "held": [item.is_held for item in past],
        "headers": [list(item.headers) for item in past[since:]],
        "columns": [list(item.columns) for item in past[since:]],
    }


def _any_forgotten(kept: Mapping[Key, Sequence[Judged]], deliveries: Iterable[Delivery]) -> bool:
    """Does a delivery come before the last that is kept, so that more must be known?"""
    return any(
        past[-1].order > holding.order_of(delivery)
        for delivery in deliveries
        if (past := kept.get((delivery.source, delivery.dataset)))
    )


def _from_ledger(home: Home) -> dict[Key, list[Judged]]:
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        found = con.execute(
            "select source, dataset, received_at, business_date, delivery_id, rows_received,"
            " verdict = 'hold', headers, columns"
            f" from {ledger.scan_of(home.ledger)}"
            " where verdict != 'refuse' and rows_received > 0 order by 3, 4, 5"
        ).fetchall()
    pasts: dict[Key, list[Judged]] = {}
    for source, dataset, came, day, name, rows, is_held, headers, columns in found:
        named = tuple(headers or ()), tuple(columns or ())
        judged = Judged((came.astimezone(UTC), day, name), rows, is_held, *named)
        pasts.setdefault((source, dataset), []).append(judged)
    return pasts
