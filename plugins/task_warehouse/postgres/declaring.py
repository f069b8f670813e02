"""The marts' tables in PostgreSQL's own words: types, keys, relations, indexes, comments."""

from __future__ import annotations

import re
from collections.abc import Mapping

import psycopg
from psycopg import sql

from task_warehouse.errors import BuildError
from task_warehouse.postgres.relations import Column, Table

TYPES = {
    "BOOLEAN": "boolean",
    "TINYINT": "smallint",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "HUGEINT": "numeric(39, 0)",
    "UTINYINT": "smallint",
    "USMALLINT": "integer",
    "UINTEGER": "bigint",
    "UBIGINT": "numeric(20, 0)",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "VARCHAR": "text",
    "UUID": "uuid",
}


def type_of(table: str, column: Column) -> str:
    """PostgreSQL's type that holds every value of the column; BuildError when there is none."""
    if column.type.endswith("[]"):
        element = type_of(table, Column(column.name, column.type[:-2], True, None))
        if not element.endswith("[]"):
            return f"{element}[]"
    elif found := re.fullmatch(r"DECIMAL\((\d+),\s?(\d+)\)", column.type):
        return f"numeric({found[1]}, {found[2]})"
    elif column.type in TYPES:
        return TYPES[column.type]
    raise BuildError(
        f"a column of type {column.type} cannot be served in PostgreSQL",
        where=f"marts.{table}.{column.name}",
        remedy="cast it in the model to text, a number, a date or a list of text",
    )


def create_table(connection: psycopg.Connection, schema: str, table: Table) -> None:
    """Create ``table`` without keys: they are cheaper to declare over rows that are there."""
    columns = [
        sql.SQL("{} {}{}").format(
            sql.Identifier(column.name),
            sql.SQL(type_of(table.name, column)),
            sql.SQL("" if column.nullable else " not null"),
        )
        for column in table.columns
    ]
    connection.execute(
        sql.SQL("create table {} ({})").format(_place(schema, table.name), _listed(columns))
    )


def declare_keys(connection: psycopg.Connection, schema: str, table: Table) -> None:
    """Declare primary key, unique keys and the indexes of the usual look-ups."""
    place = _place(schema, table.name)
    if table.key:
        connection.execute(
            sql.SQL("alter table {} add primary key ({})").format(place, _names(table.key))
        )
    for unique in table.uniques:
        connection.execute(sql.SQL("alter table {} add unique ({})").format(place, _names(unique)))
    for column in table.indexes:
        connection.execute(sql.SQL("create index on {} ({})").format(place, sql.Identifier(column)))


def declare_relations(connection: psycopg.Connection, schema: str, table: Table) -> None:
    """Declare the foreign keys; the keys they point at must be there."""
    for relation in table.foreign_keys:
        connection.execute(
            sql.SQL("alter table {} add foreign key ({}) references {} ({})").format(
                _place(schema, table.name),
                _names(relation.columns),
                _place(schema, relation.table),
                _names(relation.referenced),
            )
        )


def comment(connection: psycopg.Connection, schema: str, table: Table) -> None:
    """Copy the comments of the table and its columns."""
    if table.comment:
        comment_on(
            connection, sql.SQL("table {}").format(_place(schema, table.name)), table.comment
        )
    comment_columns(
        connection, schema, table.name, {c.name: c.comment for c in table.columns if c.comment}
    )


def comment_columns(
    connection: psycopg.Connection, schema: str, relation: str, comments: Mapping[str, str]
) -> None:
    """Say what the columns of a table or view mean."""
    for name, text in comments.items():
        column = sql.SQL("column {}").format(sql.Identifier(schema, relation, name))
        comment_on(connection, column, text)


def comment_on(connection: psycopg.Connection, thing: sql.Composable, text: str) -> None:
    connection.execute(sql.SQL("comment on {} is {}").format(thing, sql.Literal(text)))


def _place(schema: str, table: str) -> sql.Identifier:
    return sql.Identifier(schema, table)


def _names(columns: tuple[str, ...]) -> sql.Composed:
    return _listed([sql.Identifier(column) for column in columns])


def _listed(parts: list[sql.Composed] | list[sql.Identifier]) -> sql.Composed:
    return sql.SQL(", ").join(parts)
