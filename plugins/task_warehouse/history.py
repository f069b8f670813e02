"""What earlier runs received of some sources, and which bytes are known to hold secrets."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb

from task_warehouse import receipts
from task_warehouse.transports.attempts import Earlier

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from task_warehouse.settings import Home

Key = tuple[str, str]  # source, dataset


@dataclass
class History:
    """Of some sources: deliveries we hold (newest first), good pulls, and secret bytes."""

    held: dict[Key, list[Earlier]] = field(default_factory=lambda: defaultdict(list))
    hashes: dict[Key, set[str]] = field(default_factory=lambda: defaultdict(set))
    successes: dict[Key, date] = field(default_factory=dict)
    failing: set[Key] = field(default_factory=set)
    secret: frozenset[str] = frozenset()

    def of(self, source: str, dataset: str) -> tuple[Earlier, ...]:
        return tuple(self.held.get((source, dataset), ()))

    def knows(self, source: str, dataset: str, sha256: str) -> bool:
        """Did these bytes come before, from this source for this dataset?"""
        return sha256 in self.hashes.get((source, dataset), ())

    def last_success(self, source: str, dataset: str) -> date | None:
        """Business date of the last good pull before the as-of date."""
        return self.successes.get((source, dataset))

    def is_failing(self, source: str, dataset: str) -> bool:
        """Did the last attempt fail? Such a pull is tried last, not to hold up the others."""
        return (source, dataset) in self.failing


def read_history(home: Home, sources: Sequence[str], as_of: date) -> History:
    """Read the history of ``sources`` from the data root; empty where there is none."""
    history = History()
    with duckdb.connect() as connection:
        receipts.scan(connection, home)
        connection.execute(
            "create temp table mine as from receipts where source in (select unnest(?))",
            [list(sources)],
        )
        for source, dataset, *rest in connection.execute(
            """
            select source, dataset, business_date, origin, original_name,
              sha256, size_bytes, etag, last_modified
            from mine where outcome in ('landed', 'unchanged', 'duplicate')
            order by received_at desc, business_date desc, receipt_id
            """
        ).fetchall():
            history.held[source, dataset].append(Earlier(*rest))
            history.hashes[source, dataset].add(history.held[source, dataset][-1].sha256)
        history.successes = {
            (source, dataset): day
            for source, dataset, day in connection.execute(
                """
                select source, dataset, max(business_date) from mine
                where business_date < ? and outcome in
                  ('landed', 'unchanged', 'duplicate', 'nothing_arose')
                group by all
                """,
                [as_of],
            ).fetchall()
        }
        history.failing = {
            (row[0], row[1])
            for row in connection.execute(
                "select source, dataset from mine group by all "
                "having arg_max(outcome, received_at) = 'failed'"
            ).fetchall()
        }
        history.secret = _secret_bytes(connection, home)
    return history


def _secret_bytes(connection: duckdb.DuckDBPyConnection, home: Home) -> frozenset[str]:
    """Hashes of deliveries of any source in which rows were found that are not ours to hold."""
    if not any(home.ledger.glob("*.parquet")):
        return frozenset()
    where = str(home.ledger / "*.parquet").replace("'", "''")
    rows = connection.execute(
        f"""
        select distinct receipts.sha256
        from receipts
        join read_parquet('{where}', union_by_name = true) as ledger using (delivery_id)
        where ledger.secret_rows > 0 and receipts.sha256 is not null
        """
    ).fetchall()
    return frozenset(row[0] for row in rows)
