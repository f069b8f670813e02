"""What a day came to, for the person who ran it: read from the published snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from rich.table import Table

from task_warehouse import publishing
from task_warehouse.errors import NoDataError
from task_warehouse.settings import TIMEZONE, Home
from task_warehouse.terminal import Terminal

# How reporting stands: of each source and dataset the latest day it owed or gave something.
_REPORTING = """
    select
        count(*) filter (where expected) as expected,
        count(*) filter (where status in ('on_time', 'late', 'duplicate', 'nothing_arose')),
        count(*) filter (where status = 'late'),
        count(*) filter (where status = 'missing' and expected),
        count(*) filter (where status = 'refused'),
        count(*) filter (where status = 'held')
    from marts.mart_reporting
    where is_latest
"""

# What was owed on the day itself, and whether anything at all came on it, of whatever date.
_ARRIVALS = f"""
    select count(distinct source) filter (expected and business_date = $day),
        coalesce(bool_or(status != 'missing' and (
            business_date = $day or (received_at at time zone '{TIMEZONE}')::date = $day
        )), false)
    from marts.mart_reporting
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


def show(out: Terminal, home: Home, as_of: date, seconds: Mapping[str, float]) -> None:
    """Print the summary of ``as_of``: what came, what was refused, the nation's tasks, where.

    Raises :class:`NoDataError` when nothing is published.
    """
    manifest = publishing.current(home)
    if manifest is None:
        raise NoDataError("nothing is published", where=str(home.published))
    with duckdb.connect(str(manifest.path / "warehouse.duckdb"), read_only=True) as connection:
        reporting = connection.execute(_REPORTING).fetchall()[0]
        nation = _first(connection, _NATION, as_of)
    out.print(_arrivals(reporting))
    out.print(_rows(manifest.ledger))
    out.print(_tasks(nation))
    out.print(_durations(seconds))
    _places(out, home)
    if reporting[-1]:
        out.print("What is held waits for a decision: task-warehouse held")


def require_arrivals(home: Home, as_of: date) -> None:
    """Raise :class:`NoDataError` where of all that was owed on ``as_of`` nothing came.

    The morning is published all the same, of what came before, and says so at its top.
    """
    manifest = publishing.current(home)
    if manifest is None or manifest.as_of_date != as_of:
        return
    with duckdb.connect(str(manifest.path / "warehouse.duckdb"), read_only=True) as connection:
        owing, came = connection.execute(_ARRIVALS, {"day": as_of}).fetchall()[0]
    if owing and not came:
        raise NoDataError(
            f"nothing arrived on {as_of}: {owing} sources owed something",
            where=f"{manifest.path} is published of what came before, and says so at its top",
            remedy="look at the network and the folders of this machine, then at the senders: "
            "task-warehouse sources --troubled",
        )


def _first(connection: duckdb.DuckDBPyConnection, sql: str, as_of: date) -> tuple[Any, ...]:
    row = connection.execute(sql, [as_of]).fetchone()
    if row is None:
        raise NoDataError(f"the published snapshot does not describe {as_of}")
    return row


def _arrivals(row: tuple[Any, ...]) -> Table:
    names = (
        "exports expected",
        "  arrived",
        "  of these late",
        "  missing",
        "  refused",
        "  held for a person",
    )
    return _figures("Exports", zip(names, row, strict=True))


def _rows(ledger: Mapping[str, int]) -> Table:
    names = ("received", "accepted", "rejected", "duplicate", "held")
    figures = [(f"  {name}", ledger.get(f"rows_{name}", 0)) for name in names]
    return _figures("Rows", [("deliveries", ledger["deliveries"]), *figures])


def _tasks(row: tuple[Any, ...]) -> Table:
    names = (name if name == "tasks" else f"  {name}" for name in _CLASSES)
    return _figures("Tasks of the nation", zip(names, row, strict=True))


def _durations(seconds: Mapping[str, float]) -> Table:
    return _figures("Time by step", ((step, f"{taken:.1f} s") for step, taken in seconds.items()))


def _figures(title: str, rows: Iterable[tuple[str, int | str]]) -> Table:
    table = Table("", "", title=title, show_header=False, title_justify="left", min_width=36)
    table.columns[1].justify = "right"
    for name, value in rows:
        table.add_row(name, value if isinstance(value, str) else f"{value:,}")
    return table


def _places(out: Terminal, home: Home) -> None:
    current: Path = home.published / "current"
    for name, place in (
        ("Marts (DuckDB)", current / "warehouse.duckdb"),
        ("Marts (Parquet)", current / "parquet"),
        ("Dashboard", current / "dashboard" / "index.html"),
    ):
        out.say(f"{name:<16} {place}")
