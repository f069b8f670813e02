"""What rows may refer to: documents, tasks and indicators that were received before."""

from __future__ import annotations

import duckdb

from task_warehouse.contracts import Contract
from task_warehouse.ledger import batches, scan_of
from task_warehouse.mapping import of_delivery, table_of
from task_warehouse.settings import Home

KEY_OF = {"documents": "document_code", "tasks": "task_code", "indicators": "indicator_code"}


def create_known(con: duckdb.DuckDBPyConnection, home: Home, dataset: str) -> None:
    """Create ``known_<dataset>``: codes with the first moment each was received, by source.

    Only committed batches count; rows of the batch being checked are added by :func:`add_known`.
    """
    folder = home.accepted / dataset
    committed = set(batches(home.ledger))
    files = [folder / f"{batch}.parquet" for batch in batches(folder) if batch in committed]
    schema = "source varchar, code varchar, received_at timestamptz"
    con.execute(f"create or replace table known_{dataset} ({schema})")
    if files:
        _insert(con, dataset, scan_of(folder, files))


def add_known(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Add the accepted rows of this batch."""
    if contract.dataset in KEY_OF:
        table = table_of(contract.dataset)
        _insert(
            con, contract.dataset, f"(select *, {of_delivery('source')} as source from {table})"
        )


def _insert(con: duckdb.DuckDBPyConnection, dataset: str, rows: str) -> None:
    con.execute(
        f"insert into known_{dataset} select source, {KEY_OF[dataset]}, min(received_at)"
        f" from {rows} group by all"
    )
