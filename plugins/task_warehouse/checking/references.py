"""What rows may refer to: documents, tasks and indicators that were received before.

Of indicators also what they are (derived from others, cumulative), and of their values the series
so far, so that a value can be held against the one before it.
"""

from __future__ import annotations

import duckdb

from task_warehouse.checking import organisations
from task_warehouse.contracts import Contract
from task_warehouse.ledger import batches, scan_of
from task_warehouse.mapping import of_delivery, table_of
from task_warehouse.settings import Home

VALUES = "indicator_values"
KEY_OF = {"documents": "document_code", "tasks": "task_code", "indicators": "indicator_code"}

TRAITS = "is_derived boolean, is_cumulative boolean"
SERIES = (
    "source varchar, indicator_code varchar, organisation varchar, period varchar,"
    " breakdown varchar, value varchar, received_at timestamptz"
)


def create_known(con: duckdb.DuckDBPyConnection, home: Home, dataset: str) -> None:
    """Create ``known_<dataset>``: codes with the first moment each was received, by source.

    Only committed batches count; rows of the batch being checked are added by :func:`add_known`.
    """
    folder = home.accepted / dataset
    committed = set(batches(home.ledger))
    files = [folder / f"{batch}.parquet" for batch in batches(folder) if batch in committed]
    schema = "source varchar, code varchar, received_at timestamptz"
    con.execute(f"create or replace table known_{dataset} ({schema})")
    if dataset == "indicators":
        con.execute(f"create or replace table indicator_traits ({schema}, {TRAITS})")
        _create_values(con, home)
    if files:
        _insert(con, dataset, scan_of(folder, files))


def add_known(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Add the accepted rows of this batch."""
    if contract.dataset in KEY_OF:
        table = table_of(contract.dataset)
        _insert(
            con, contract.dataset, f"(select *, {of_delivery('source')} as source from {table})"
        )


def _create_values(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Create ``known_values``: what was accepted before of the indicators in this batch.

    Per source and series the value received last; empty when the batch holds no values.
    """
    con.execute(f"create or replace table known_values ({SERIES}, organisation_code varchar)")
    folder = home.accepted / VALUES
    committed = set(batches(home.ledger))
    files = [folder / f"{batch}.parquet" for batch in batches(folder) if batch in committed]
    table = table_of(VALUES)
    is_there = con.execute(
        "select count(*) from duckdb_tables() where table_name = ?", [table]
    ).fetchone()
    if not files or is_there == (0,):
        return
    con.execute(
        "insert into known_values by name select source, indicator_code, organisation, period,"
        " breakdown, arg_max(value, received_at) as value, max(received_at) as received_at,"
        f" organisation_code from {scan_of(folder, files)}"
        f" where indicator_code in (select indicator_code from {table})"
        " group by source, indicator_code, organisation, period, breakdown, organisation_code"
    )
    organisations.add_known(con, "known_values", "organisation")


def _insert(con: duckdb.DuckDBPyConnection, dataset: str, rows: str) -> None:
    if dataset == "indicators":
        con.execute(
            "insert into indicator_traits select source, indicator_code, received_at,"
            f" formula is not null, coalesce(kind = 'cumulative', false) from {rows}"
        )
    con.execute(
        f"insert into known_{dataset} select source, {KEY_OF[dataset]}, min(received_at)"
        f" from {rows} group by all"
    )
