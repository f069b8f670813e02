"""Answers on the command line: one file as it is read, the marts, the declared sources."""

from __future__ import annotations

import csv
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from task_warehouse import publishing
from task_warehouse.errors import NoDataError, UsageError
from task_warehouse.settings import Home

SHOWN_ROWS = 200


def show_query(out: Console, home: Home, sql: str, output: str) -> None:
    """Run ``sql`` over the published snapshot, read-only, and print the rows.

    ``output``: ``table`` (at most 200 rows), ``csv`` or ``json`` (all rows, to standard output).
    """
    manifest = publishing.current(home)
    if manifest is None:
        raise NoDataError(
            "nothing is published yet",
            where=str(home.published),
            remedy="run a day first: task-warehouse run, or make run for the sample",
        )
    with duckdb.connect(str(manifest.path / "warehouse.duckdb"), read_only=True) as connection:
        connection.execute("set enable_external_access = false")
        connection.execute("set search_path = 'marts'")
        try:
            cursor = connection.execute(sql)
        except duckdb.Error as error:
            raise UsageError(
                str(error), remedy="the tables are in schema marts: 'show tables'"
            ) from None
        names = [column[0] for column in cursor.description or []]
        _print_rows(out, names, cursor, output)


def _print_rows(out: Console, names: list[str], cursor: Any, output: str) -> None:
    if output == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(names)
        while rows := cursor.fetchmany(10_000):
            writer.writerows(rows)
    elif output == "json":
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        json.dump(rows, sys.stdout, ensure_ascii=False, indent=2, default=str)
        sys.stdout.write("\n")
    elif output == "table":
        rows = cursor.fetchmany(SHOWN_ROWS + 1)
        out.print(_table(names, rows[:SHOWN_ROWS]))
        if len(rows) > SHOWN_ROWS:
            out.print(f"only the first {SHOWN_ROWS} rows; --output csv prints all")
    else:
        raise UsageError(f"no such output: {output}", remedy="table, csv or json")


def _table(names: list[str], rows: list[tuple[Any, ...]]) -> Table:
    table = Table(*names)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    return table


def show_file(out: Console, file: Path, to: Path | None, **options: str | None) -> None:
    """Print the dialect, the header and the first rows of ``file``; write all of it to ``to``."""
    from task_warehouse import reading

    if not file.is_file():
        raise UsageError("there is no such file", where=str(file))
    result = reading.read_file(file, out=to, **options)
    for line in result.describe():
        out.print(line, highlight=False, markup=False)
    if to is not None:
        out.print(f"written: {to}", highlight=False)


def show_sources(out: Console, home: Home, as_of: date | None) -> None:
    """Print one row a declared source and dataset, with what last came of it."""
    from task_warehouse import rundate, sources
    from task_warehouse.settings import sources_directory

    rows = sources.describe(home, sources_directory(), as_of or rundate.today())
    if not rows:
        raise NoDataError("no source is declared", where=str(sources_directory()))
    out.print(_table(list(rows[0]), [tuple(row.values()) for row in rows]))
