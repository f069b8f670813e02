"""Rows from DuckDB to PostgreSQL in bulk: DuckDB casts, Arrow writes CSV, COPY takes it.

Nothing touches the disk in between and no value passes through Python one by one.
"""

from __future__ import annotations

import duckdb
import psycopg
import pyarrow as pa
from psycopg import sql
from pyarrow import csv

from task_warehouse.errors import AuditError
from task_warehouse.exporting import SCHEMA, quoted
from task_warehouse.postgres.relations import Column, Table

BATCH_ROWS = 20_000
# Every value quoted and no null quoted: an empty text and no text stay two things.
CSV = csv.WriteOptions(include_header=False, quoting_style="all_valid")


def copy_table(
    snapshot: duckdb.DuckDBPyConnection,
    connection: psycopg.Connection,
    schema: str,
    table: Table,
    rows: int,
) -> None:
    """Fill the new, empty table; AuditError when not exactly ``rows`` arrive.

    Must run in the transaction that created the table: its rows are written frozen, so that a
    reader whose transaction began earlier finds them all instead of none, and nothing is rewritten
    by a later vacuum. The snapshot's time zone must be UTC.
    """
    cells = ", ".join(f"{_cell(column)} as {quoted(column.name)}" for column in table.columns)
    reader = snapshot.execute(f"select {cells} from {SCHEMA}.{quoted(table.name)}").to_arrow_reader(
        BATCH_ROWS
    )
    statement = sql.SQL("copy {} from stdin (format csv, freeze)").format(
        sql.Identifier(schema, table.name)
    )
    with connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for batch in reader:
                sink = pa.BufferOutputStream()
                csv.write_csv(batch, sink, CSV)
                copy.write(memoryview(sink.getvalue()))
        if cursor.rowcount != rows:
            raise AuditError(
                f"{cursor.rowcount} rows of {table.name} arrived in PostgreSQL, not {rows}",
                where=f"{schema}.{table.name}",
                remedy="publish the snapshot again, then load it",
            )


def _cell(column: Column) -> str:
    """The column as text that COPY reads back as the same value.

    PostgreSQL cannot hold the character zero in a text; it becomes the replacement character.
    """
    name = quoted(column.name)
    if column.type.endswith("[]"):
        escaped = _without_zero("each") + r""".replace('\', '\\').replace('"', '\"')"""
        element = f"""case when each is null then 'NULL' else '"' || {escaped} || '"' end"""
        texts = f"list_transform({name}::varchar[], lambda each: {element})"
        return (
            f"case when {name} is not null then '{{' || array_to_string({texts}, ',') || '}}' end"
        )
    return _without_zero(name) if column.type == "VARCHAR" else f"{name}::varchar"


def _without_zero(text: str) -> str:
    return f"replace({text}, chr(0), '\N{REPLACEMENT CHARACTER}')"
