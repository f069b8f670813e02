"""What earlier runs received of some sources, and which bytes are known to hold secrets."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from task_warehouse import receipt_summaries, receipts
from task_warehouse.receipts import delivery_id_of
from task_warehouse.transports.attempts import Earlier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from task_warehouse.settings import Home

Key = tuple[str, str]  # source, dataset

# Of each file or address the newest sighting: what it was before that can no longer be asked for.
_NEWEST = """
    with places as (
        select source, dataset, max(received_at) as seen_at, arg_max(
            {business_date: business_date, origin: origin, original_name: original_name,
                sha256: sha256, size_bytes: size_bytes, etag: etag, last_modified: last_modified},
            (received_at, business_date, receipt_id)
        ) as held
        from mine
        where outcome in ('landed', 'unchanged', 'duplicate')
            or (outcome = 'nothing_arose' and sha256 is not null)
        group by source, dataset, origin
    )

    select source, dataset, seen_at, unnest(held)
    from places
    order by source, dataset, seen_at desc, held.business_date desc, held.origin
"""
# Years of rows pass through; what is kept of them is little.
MEMORY = "400MB"
ID_BYTES = 10


@dataclass(frozen=True)
class Known:
    """Ids of deliveries, millions of them in ten bytes each."""

    ids: bytes = b""  # sorted

    def __contains__(self, delivery_id: str) -> bool:
        wanted = bytes.fromhex(delivery_id)
        place = bisect_left(range(len(self.ids) // ID_BYTES), wanted, key=self._at)
        return self._at(place) == wanted

    def _at(self, place: int) -> bytes:
        return self.ids[place * ID_BYTES : (place + 1) * ID_BYTES]


@dataclass
class History:
    """Of some sources: deliveries we hold (newest first), good pulls, and secret bytes."""

    newest: pa.Table | None = None  # Earlier sightings, those of a source and dataset together
    places: Mapping[Key, tuple[int, int]] = field(default_factory=dict)  # first row, rows
    deliveries: Known = Known()
    nothing: frozenset[str] = frozenset()
    successes: Mapping[Key, date] = field(default_factory=dict)
    failing: frozenset[Key] = frozenset()
    secret: frozenset[str] = frozenset()

    def of(self, source: str, dataset: str) -> tuple[Earlier, ...]:
        """The newest sighting of each file or address, newest first."""
        place = self.places.get((source, dataset))
        if place is None or self.newest is None:
            return ()
        return tuple(Earlier(**row) for row in self.newest.slice(*place).to_pylist())

    def knows(self, source: str, dataset: str, sha256: str) -> bool:
        """Did these bytes come before, from this source for this dataset?"""
        return delivery_id_of(source, dataset, sha256) in self.deliveries

    def said_nothing(self, source: str, dataset: str, sha256: str) -> bool:
        """Did these bytes say before that nothing arose?"""
        return delivery_id_of(source, dataset, sha256) in self.nothing

    def last_success(self, source: str, dataset: str) -> date | None:
        """Business date of the last good pull before the as-of date."""
        return self.successes.get((source, dataset))

    def is_failing(self, source: str, dataset: str) -> bool:
        """Did the last attempt fail? Such a pull is tried last, not to hold up the others."""
        return (source, dataset) in self.failing


def read_history(home: Home, sources: Sequence[str], as_of: date) -> History:
    """Read the history of ``sources`` from the data root; empty where there is none."""
    with duckdb.connect() as connection:
        connection.execute(f"set memory_limit = '{MEMORY}'")
        receipts.scan(connection, home)
        connection.execute("create temp table wanted as select unnest(?) as source", [sources])
        receipt_summaries.scan_history(connection, home, as_of)
        connection.execute("create temp view mine as from told where source in (from wanted)")
        newest = connection.execute(_NEWEST).to_arrow_table()
        return History(
            newest.drop_columns(["source", "dataset", "seen_at"]),
            _places(newest),
            _known(connection),
            frozenset(
                delivery_id_of(*row)
                for row in connection.execute(
                    "select distinct source, dataset, sha256 from mine "
                    "where outcome = 'nothing_arose' and size_bytes > 0"
                ).fetchall()
            ),
            _successes(connection, as_of),
            _failing(connection),
            _secret_bytes(connection, home),
        )


def _known(connection: duckdb.DuckDBPyConnection) -> Known:
    held = connection.execute(
        "select unhex(delivery_id) from known "
        "where delivery_id is not null and source in (from wanted) order by all"
    ).to_arrow_table()
    ids = held.column(0).cast(pa.binary(ID_BYTES)).combine_chunks()
    octets = ids.buffers()[1]
    return Known(octets.to_pybytes()[: len(ids) * ID_BYTES] if octets else b"")


def _places(newest: pa.Table) -> dict[Key, tuple[int, int]]:
    """Where the rows of each source and dataset begin, and how many they are."""
    keys = zip(newest["source"].to_pylist(), newest["dataset"].to_pylist(), strict=True)
    places: dict[Key, tuple[int, int]] = {}
    for row, key in enumerate(keys):
        first, count = places.get(key, (row, 0))
        places[key] = (first, count + 1)
    return places


def _successes(connection: duckdb.DuckDBPyConnection, as_of: date) -> dict[Key, date]:
    rows = connection.execute(
        """
        select source, dataset, max(business_date) from mine
        where business_date < ? and outcome in
            ('landed', 'unchanged', 'duplicate', 'nothing_arose')
        group by all
        """,
        [as_of],
    ).fetchall()
    return {(source, dataset): day for source, dataset, day in rows}


def _failing(connection: duckdb.DuckDBPyConnection) -> frozenset[Key]:
    rows = connection.execute(
        "select source, dataset from mine group by all "
        "having arg_max(outcome, received_at) = 'failed'"
    ).fetchall()
    return frozenset((source, dataset) for source, dataset in rows)


def _secret_bytes(connection: duckdb.DuckDBPyConnection, home: Home) -> frozenset[str]:
    """Hashes of deliveries of any source in which rows were found that are not ours to hold."""
    if not any(home.ledger.glob("*.parquet")):
        return frozenset()
    where = str(home.ledger / "*.parquet").replace("'", "''")
    return _all(
        connection,
        f"""
        select distinct sha256 from receipts
        where sha256 is not null and delivery_id in (
            select delivery_id from read_parquet('{where}', union_by_name = true)
            where secret_rows > 0
        )
        """,
    )


def _all(connection: duckdb.DuckDBPyConnection, query: str) -> frozenset[Any]:
    return frozenset(connection.execute(query).to_arrow_table().column(0).to_pylist())
