"""What a day came to, for the person who ran it: read from the published snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from task_warehouse import publishing
from task_warehouse.errors import NoDataError
from task_warehouse.settings import Home

_REPORTING = """
    select
        count(*) filter (where expected) as expected,
        count(*) filter (where status in ('on_time', 'late', 'duplicate', 'nothing_arose')),
        count(*) filter (where status = 'late'),
        count(*) filter (where status = 'missing' and expected),
        count(*) filter (where status = 'refused'),
        coalesce(sum(rows_received), 0), coalesce(sum(rows_accepted), 0),
        coalesce(sum(rows_rejected), 0), coalesce(sum(rows_duplicate), 0)
    from marts.mart_reporting
    where business_date = ?
"""

_NATION = """
    select tasks, completed_on_time, completed_late, completed_undated,
        open_in_term, open_overdue, open_undated
    from marts.mart_scorecard
    where organisation_code = 'VN' and as_of_date = ?
"""

_CLASSES = (
    "tasks",
    "completed on time",
    "completed late",
    "completed, no deadline",
    "open in term",
    "open overdue",
    "open, no deadline",
)


def show(out: Console, home: Home, as_of: date, seconds: Mapping[str, float]) -> None:
    """Print the summary of ``as_of``: what came, what was refused, the nation's tasks, where.

    Raises :class:`NoDataError` when nothing is published.
    """
    snapshot = publishing.current_path(home)
    if snapshot is None:
        raise NoDataError("nothing is published", where=str(home.published))
    with duckdb.connect(str(snapshot / "warehouse.duckdb"), read_only=True) as connection:
        reporting = _first(connection, _REPORTING, as_of)
        nation = _first(connection, _NATION, as_of)
    out.print(_arrivals(reporting))
    out.print(_tasks(nation))
    out.print(_durations(seconds))
    _places(out, home)


def _first(connection: duckdb.DuckDBPyConnection, sql: str, as_of: date) -> tuple[Any, ...]:
    row = connection.execute(sql, [as_of]).fetchone()
    if row is None:
        raise NoDataError(f"the published snapshot does not describe {as_of}")
    return row


def _arrivals(row: tuple[Any, ...]) -> Table:
    expected, arrived, late, missing, refused, received, accepted, rejected, duplicate = row
    table = Table(title="Exports and rows of the day", show_header=False, title_justify="left")
    table.add_column()
    table.add_column(justify="right")
    for name, value in (
        ("exports expected", expected),
        ("  arrived", arrived),
        ("  of these late", late),
        ("  missing", missing),
        ("  refused", refused),
        ("rows received", received),
        ("  accepted", accepted),
        ("  rejected", rejected),
        ("  duplicate", duplicate),
    ):
        table.add_row(name, f"{value:,}")
    return table


def _tasks(row: tuple[Any, ...]) -> Table:
    table = Table(title="Tasks of the nation", show_header=False, title_justify="left")
    table.add_column()
    table.add_column(justify="right")
    for name, value in zip(_CLASSES, row, strict=True):
        table.add_row(name if name == "tasks" else f"  {name}", f"{value:,}")
    return table


def _durations(seconds: Mapping[str, float]) -> Table:
    table = Table(title="Time by step", show_header=False, title_justify="left")
    table.add_column()
    table.add_column(justify="right")
    for step, taken in seconds.items():
        table.add_row(step, f"{taken:.1f} s")
    return table


def _places(out: Console, home: Home) -> None:
    current: Path = home.published / "current"
    for name, place in (
        ("Marts (DuckDB)", current / "warehouse.duckdb"),
        ("Marts (Parquet)", current / "parquet"),
        ("Dashboard", current / "dashboard" / "index.html"),
    ):
        out.print(f"{name:<16} {place}", highlight=False, soft_wrap=True)
