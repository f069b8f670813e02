"""What the snapshot's tables are: columns, comments, keys, and the relations that hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import duckdb

from task_warehouse.exporting import SCHEMA, quoted

# Column -> the table and key it points at. Declared only where every value is found there.
RELATIONS = {
    "task_key": ("dim_task", "task_key"),
    "document_code": ("dim_document", "document_code"),
    "parent_document_code": ("dim_document", "document_code"),
    "root_document_code": ("dim_document", "document_code"),
    "indicator_code": ("dim_indicator", "indicator_code"),
}
LOOKED_UP = (
    "organisation_code",
    "lead_code",
    "parent_code",
    "as_of_date",
    "business_date",
    "task_key",
    "document_code",
    "indicator_code",
    "source",
)
# An index entry of PostgreSQL holds at most 2,704 bytes; a longer code of some source must not
# stop the morning.
INDEXED_BYTES = 2500


@dataclass(frozen=True, slots=True)
class Column:
    """``type`` is DuckDB's name of it."""

    name: str
    type: str
    nullable: bool
    comment: str | None


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """``columns`` of the table that holds it point at ``referenced`` columns of ``table``."""

    columns: tuple[str, ...]
    table: str
    referenced: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One mart as DuckDB declares it, plus the relations and look-ups that hold in its rows."""

    name: str
    comment: str | None
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    uniques: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    indexes: tuple[str, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def read_tables(connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, Table], list[str]]:
    """Tables of schema ``marts`` by name, and notes on what could not be declared."""
    declared = {table.name: table for table in _declared(connection)}
    tables: dict[str, Table] = {}
    notes: list[str] = []
    for name, table in declared.items():
        tables[name], said = _fitted(connection, table, declared)
        notes += said
    # A relation needs its target's key, which may have been too long to declare.
    for name, table in tables.items():
        kept = tuple(f for f in table.foreign_keys if _is_key(tables[f.table], f.referenced))
        tables[name] = replace(table, foreign_keys=kept)
    return tables, notes


def source_owners(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Table]
) -> list[tuple[str, str]]:
    """Each source with the organisations it belongs to, as far as the marts say so."""
    known = [
        f"select source, {column} from {SCHEMA}.{table}"
        for table, column in (
            ("mart_reporting", "organisation_code"),
            ("dim_task", "source_organisation_code"),
        )
        if table in tables and {"source", column} <= set(tables[table].column_names)
    ]
    if not known:
        return []
    pairs = f"from ({' union '.join(known)}) as owned (source, code)"
    return connection.execute(
        f"select distinct source, code {pairs} where source is not null and code is not null"
        " order by all"
    ).fetchall()


def _declared(connection: duckdb.DuckDBPyConnection) -> list[Table]:
    columns: dict[str, list[Column]] = {}
    for table, *column in connection.execute(
        "select table_name, column_name, data_type, is_nullable, comment from duckdb_columns() "
        "where schema_name = ? order by table_name, column_index",
        [SCHEMA],
    ).fetchall():
        columns.setdefault(table, []).append(Column(*column))
    constraints = connection.execute(
        "select table_name, constraint_type, constraint_column_names, referenced_table, "
        "referenced_column_names from duckdb_constraints() where schema_name = ?",
        [SCHEMA],
    ).fetchall()
    found = []
    for name, comment in connection.execute(
        "select table_name, comment from duckdb_tables() where schema_name = ? order by 1",
        [SCHEMA],
    ).fetchall():
        own = [c for c in constraints if c[0] == name]
        found.append(
            Table(
                name,
                comment,
                tuple(columns[name]),
                key=next((tuple(c[2]) for c in own if c[1] == "PRIMARY KEY"), ()),
                uniques=tuple(tuple(c[2]) for c in own if c[1] == "UNIQUE"),
                foreign_keys=tuple(
                    ForeignKey(tuple(c[2]), c[3], tuple(c[4]))
                    for c in own
                    if c[1] == "FOREIGN KEY" and c[2]
                ),
            )
        )
    return found


def _fitted(
    connection: duckdb.DuckDBPyConnection, table: Table, tables: Mapping[str, Table]
) -> tuple[Table, list[str]]:
    """``table`` with the relations and indexes its rows allow, and what they do not allow."""
    notes: list[str] = []
    widths = _widths(connection, table)
    too_long = [key for key in (table.key, *table.uniques) if _width(widths, key) > INDEXED_BYTES]
    notes += [f"{table.name}: key ({', '.join(k)}) is too long for an index" for k in too_long]
    relations = list(table.foreign_keys)
    for column, (target, key) in RELATIONS.items():
        known = target in tables and tables[target].key == (key,)
        told = any(f.columns == (column,) for f in relations) or (table.name, column) == (
            target,
            key,
        )
        if column not in table.column_names or not known or told:
            continue
        astray = _astray(connection, table.name, column, target, key)
        if astray:
            notes.append(f"{table.name}.{column}: {astray} rows point at no {target}.{key}")
        else:
            relations.append(ForeignKey((column,), target, (key,)))
    wanted = [c for c in LOOKED_UP if c in table.column_names and table.key[:1] != (c,)]
    looked_up = _varied(connection, table, wanted)
    fitted = replace(
        table,
        key=() if table.key in too_long else table.key,
        uniques=tuple(u for u in table.uniques if u not in too_long),
        foreign_keys=tuple(relations),
        indexes=tuple(c for c in looked_up if widths.get(c, 0) <= INDEXED_BYTES),
    )
    return fitted, notes


def _astray(
    connection: duckdb.DuckDBPyConnection, table: str, column: str, target: str, key: str
) -> int:
    one, other = f"one.{quoted(column)}", f"other.{quoted(key)}"
    row = connection.execute(
        f"select count(*) from {SCHEMA}.{quoted(table)} as one "
        f"anti join {SCHEMA}.{quoted(target)} as other on {one} = {other} where {one} is not null"
    ).fetchone()
    assert row is not None
    return int(row[0])


def _widths(connection: duckdb.DuckDBPyConnection, table: Table) -> dict[str, int]:
    """Bytes of the longest value of each text column that a key or look-up may use."""
    wanted = {*table.key, *LOOKED_UP, *(c for unique in table.uniques for c in unique)}
    texts = [c.name for c in table.columns if c.type == "VARCHAR" and c.name in wanted]
    if not texts:
        return {}
    longest = ", ".join(f"max(strlen({quoted(name)}))" for name in texts)
    row = connection.execute(f"select {longest} from {SCHEMA}.{quoted(table.name)}").fetchone()
    assert row is not None
    return dict(zip(texts, (value or 0 for value in row), strict=True))


def _varied(connection: duckdb.DuckDBPyConnection, table: Table, columns: list[str]) -> list[str]:
    """Those of ``columns`` that hold more than one value: an index on one value finds nothing."""
    if not columns:
        return []
    ends = ", ".join(f"min({quoted(c)}) is distinct from max({quoted(c)})" for c in columns)
    row = connection.execute(f"select {ends} from {SCHEMA}.{quoted(table.name)}").fetchone()
    assert row is not None
    return [column for column, varies in zip(columns, row, strict=True) if varies]


def _width(widths: Mapping[str, int], columns: tuple[str, ...]) -> int:
    return sum(widths.get(column, 16) for column in columns)


def _is_key(table: Table, columns: tuple[str, ...]) -> bool:
    return columns == table.key or columns in table.uniques
