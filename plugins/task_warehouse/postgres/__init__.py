"""The PostgreSQL door: a published snapshot served as schema ``marts`` of a database.

:func:`load_snapshot` is the step. What it reads is a snapshot folder and nothing else, so the
tables in PostgreSQL are those of the DuckDB file and the Parquet files beside it, row for row.
"""

from task_warehouse.postgres.address import ADDRESS_VARIABLE, address_from_environment
from task_warehouse.postgres.loading import LoadResult, load_snapshot
from task_warehouse.postgres.switching import Together

__all__ = [
    "ADDRESS_VARIABLE",
    "LoadResult",
    "Together",
    "address_from_environment",
    "load_snapshot",
]
