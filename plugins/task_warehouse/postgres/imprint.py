"""Two tables beside the marts that say which snapshot they are, for any tool that can read one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import psycopg
from psycopg import sql

from task_warehouse.postgres.access import open_to_all
from task_warehouse.postgres.declaring import comment_columns, comment_on
from task_warehouse.snapshots import Manifest

SNAPSHOT_TABLE = "published_snapshot"
TABLE_TABLE = "published_table"
IMPRINT_TABLES = frozenset({SNAPSHOT_TABLE, TABLE_TABLE})

DEFINITIONS = {
    SNAPSHOT_TABLE: """create table {} (
        snapshot_id text primary key, run_id text not null, as_of_date date not null,
        published_at timestamptz not null, loaded_at timestamptz not null, tables integer not null,
        rows bigint not null, content text not null)""",
    TABLE_TABLE: """create table {} (
        table_name text primary key, rows bigint not null, content text not null)""",
}
COMMENTS = {
    SNAPSHOT_TABLE: "Bản công bố đang phục vụ, một dòng / One row: the snapshot being served.",
    TABLE_TABLE: "One row per table of the snapshot / Mỗi bảng của bản công bố một dòng.",
}
COLUMN_COMMENTS = {
    "snapshot_id": "Mã bản công bố, giống ở tệp DuckDB và Parquet / Same as in the other doors",
    "run_id": "Lượt chạy đã công bố / Run that published it (mart_run)",
    "as_of_date": "Ngày chốt số liệu / Day the marts describe",
    "published_at": "Thời điểm công bố / When it was published",
    "loaded_at": "Thời điểm nạp vào cơ sở dữ liệu này / When it was loaded here",
    "tables": "Số bảng / Tables",
    "rows": "Số dòng / Rows",
    "content": "Mã kiểm nội dung / Checksum of the content",
    "table_name": "Tên bảng / Name of the table",
}


def write_imprint(
    connection: psycopg.Connection,
    schema: str,
    manifest: Manifest,
    content: str,
    loaded_at: datetime,
) -> None:
    """Create and fill both tables; part of the transaction that builds the schema."""
    entries = sorted(manifest.tables.items())
    one = (
        manifest.snapshot_id,
        manifest.run_id,
        manifest.as_of_date,
        manifest.published_at,
        loaded_at,
        len(entries),
        sum(entry.rows for _, entry in entries),
        content,
    )
    each = [(name, entry.rows, entry.content) for name, entry in entries]
    _write(connection, schema, SNAPSHOT_TABLE, [one])
    _write(connection, schema, TABLE_TABLE, each)
    for name in sorted(IMPRINT_TABLES):
        open_to_all(connection, schema, name)


def _write(
    connection: psycopg.Connection, schema: str, name: str, rows: Sequence[tuple[object, ...]]
) -> None:
    place = sql.Identifier(schema, name)
    connection.execute(sql.SQL(DEFINITIONS[name]).format(place))
    # Frozen as the marts are: a reader whose transaction began earlier sees the rows too.
    with (
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("copy {} from stdin (freeze)").format(place)) as copy,
    ):
        for row in rows:
            copy.write_row(row)
    comment_on(connection, sql.SQL("table {}").format(place), COMMENTS[name])
    columns = connection.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0",
        (place.as_string(connection),),
    ).fetchall()
    comment_columns(connection, schema, name, {c: COLUMN_COMMENTS[c] for (c,) in columns})
