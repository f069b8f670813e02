"""Where the columns of a delivery stood: by it a report names the very cell to mend.

``layouts/<check batch>.parquet`` holds one row a part of each delivery that was mapped:
``columns`` (canonical names), and beside each its ``positions`` (1-based among the cells, null
where it was not there) and ``headers`` (as found). ``first_column`` is the column of the sheet in
which the cells begin. Of a delivery refused as a whole nothing is kept: it may be secret.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from task_warehouse.contracts import Contracts
from task_warehouse.ledger import write_parquet
from task_warehouse.mapping import create_from
from task_warehouse.settings import Home


def write_layouts(
    con: duckdb.DuckDBPyConnection, home: Home, contracts: Contracts, work: Path, batch: str
) -> None:
    """Write ``layouts/<batch>.parquet`` from the reader's layouts and ``layout_positions``.

    To be called when the last delivery that is refused as a whole is known.
    """
    names = {dataset: list(contract.names) for dataset, contract in contracts.by_dataset.items()}
    table = pa.table({"dataset": list(names), "columns": list(names.values())})
    create_from(con, "dataset_columns", table)
    found = f"read_parquet('{str(work / 'layouts.parquet').replace(chr(39), chr(39) * 2)}')"
    query = (
        "select found.delivery_id, found.part, found.format, found.first_column,"
        " dataset_columns.columns, place.positions,"
        " list_transform(place.positions, lambda position: found.headers[position]) as headers"
        f" from {found} as found join layout_positions as place"
        " on place.delivery_id = found.delivery_id and place.part = found.part"
        " join deliveries on deliveries.delivery_id = found.delivery_id"
        " join dataset_columns on dataset_columns.dataset = deliveries.dataset"
        " where found.delivery_id in (select delivery_id from open_deliveries)"
        " order by all"
    )
    write_parquet(con, query, home.layouts / f"{batch}.parquet")
