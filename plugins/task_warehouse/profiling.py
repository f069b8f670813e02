"""What a delivery looks like in a few numbers, kept once: the marts never scan its rows again.

``profiles/<check batch>.parquet`` holds facts about each delivery that the batch checked:

- ``empty``: of how many accepted rows a column holds nothing (``name`` the column);
- ``code``: how many accepted rows hold a code (``name`` the column, ``code`` the code);
- ``defect``: how many records break a rule of a dimension of quality (``name`` the dimension),
  refused and warned ones, each counted once; faults of ours are not counted.

A profile is a function of the files of its batch and of the contracts. A batch without one gets
it here, whenever it was checked; a profile without its batch is the rest of a replay and goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from task_warehouse import ledger, locking
from task_warehouse.checking.quoting import literal, quote
from task_warehouse.contracts import Contract, Contracts, load_contracts
from task_warehouse.settings import Home

LOCK_WAIT_SECONDS = 600.0
PROFILE = {
    "delivery_id": "varchar",
    "fact": "varchar",
    "name": "varchar",
    "code": "varchar",
    "rows": "bigint",
}
# Dimensions of the contracts (ODCS) to those of the scores.
DIMENSIONS = {
    "completeness": "completeness",
    "coverage": "completeness",
    "conformity": "validity",
    "accuracy": "validity",
    "uniqueness": "uniqueness",
    "consistency": "consistency",
    "timeliness": "timeliness",
}
# Damaged records break no rule of a contract; they cannot be read as what they should be.
DAMAGED = "validity"


def profile_pending(home: Home) -> list[str]:
    """Write the profile of every batch of the ledger that has none; returns those batches."""
    with locking.hold(home, "check", wait_seconds=LOCK_WAIT_SECONDS):
        checked = set(ledger.batches(home.ledger))
        for gone in set(ledger.batches(home.profiles)) - checked:
            (home.profiles / f"{gone}.parquet").unlink()
        pending = sorted(checked - set(ledger.batches(home.profiles)))
        if pending:
            contracts = load_contracts()
            with duckdb.connect() as con:
                _create_dimensions(con, contracts)
                for batch in pending:
                    _write_profile(con, home, contracts, batch)
    return pending


def _create_dimensions(con: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    rules = [rule for contract in contracts.by_dataset.values() for rule in contract.rules]
    con.register(
        "arrow_dimensions",
        pa.table(
            {
                "check_id": [rule.check_id for rule in rules],
                "dimension": [DIMENSIONS[rule.dimension] for rule in rules],
            }
        ),
    )
    con.execute("create temp table dimensions as from arrow_dimensions")
    con.unregister("arrow_dimensions")


def _write_profile(
    con: duckdb.DuckDBPyConnection, home: Home, contracts: Contracts, batch: str
) -> None:
    facts = list(_facts(home, contracts, batch))
    nothing = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in PROFILE.items())
    query = " union all ".join([f"select {nothing} where false", *facts])
    target = home.profiles / f"{batch}.parquet"
    ledger.write_parquet(con, f"select * from ({query}) order by all", target)


def _facts(home: Home, contracts: Contracts, batch: str) -> Iterator[str]:
    """One query a kind of fact and dataset, with the columns of ``PROFILE``."""
    defects = [
        folder / f"{batch}.parquet" for folder in (home.rejects, ledger.warnings_directory(home))
    ]
    present = [path for path in defects if path.is_file()]
    if present:
        yield _defects(present)
    for contract in contracts.by_dataset.values():
        path = home.accepted / contract.dataset / f"{batch}.parquet"
        if path.is_file():
            yield _empty_cells(contract, path)
            for column in contract.columns:
                if column.code_list:
                    yield _codes(column.name, path)


def _defects(paths: list[Path]) -> str:
    return (
        f"select delivery_id, 'defect', coalesce(dimension, '{DAMAGED}'), cast(null as varchar),"
        f" count(distinct record) from {ledger.scan_of(paths[0].parent, paths)}"
        " left join dimensions using (check_id)"
        " where record is not null and responsibility = 'source' group by all"
    )


def _empty_cells(contract: Contract, path: Path) -> str:
    counts = ", ".join(
        f"count(*) - count({quote(name)}) as {quote(name)}" for name in contract.names
    )
    names = ", ".join(quote(name) for name in contract.names)
    rows = f"select delivery_id, {counts} from {ledger.scan_of(path.parent, [path])} group by all"
    return (
        f"select delivery_id, 'empty', name, cast(null as varchar), rows"
        f" from (unpivot ({rows}) on {names} into name name value rows)"
    )


def _codes(column: str, path: Path) -> str:
    return (
        f"select delivery_id, 'code', {literal(column)}, {quote(column)}, count(*)"
        f" from {ledger.scan_of(path.parent, [path])} where {quote(column)} is not null"
        " group by all"
    )
