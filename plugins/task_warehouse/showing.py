"""Answers on the command line: one file as it is read, the marts, the declared sources."""

from __future__ import annotations

import csv
import difflib
import itertools
import tempfile
from collections import Counter
from datetime import date
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from task_warehouse import looking_back, publishing
from task_warehouse.defect_kinds import load_defect_kinds
from task_warehouse.errors import NoDataError, UsageError
from task_warehouse.settings import TIMEZONE, Home
from task_warehouse.terminal import Terminal, print_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from task_warehouse.looking_back import Known

FETCHED_ROWS = 10_000
SAMPLE_ROWS = 3
SOURCE_COLUMNS = ("source", "dataset", "state", "silent_since", "failing_since", "last_outcome")
ONE_SOURCE_COLUMNS = (*SOURCE_COLUMNS[1:], "last_came", "reason")
HELD_COLUMNS = ("delivery_id", "source", "dataset", "held_since", "rows_received", "reason_en")


def show_query(out: Terminal, home: Home, sql: str, output: str) -> None:
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
        connection.execute(f"set timezone = '{TIMEZONE}'")
        try:
            cursor = connection.execute(sql)
        except duckdb.Error as error:
            raise UsageError(
                str(error), remedy="the tables are in schema marts: 'show tables'"
            ) from None
        names = [column[0] for column in cursor.description or []]
        rows = chain.from_iterable(iter(partial(cursor.fetchmany, FETCHED_ROWS), []))
        print_rows(out, names, rows, output)


def show_file(
    out: Terminal,
    file: Path,
    to: Path | None,
    *,
    format_: str | None,
    sheet: str | None,
    encoding: str | None,
    delimiter: str | None,
    records: str | None,
) -> None:
    """Print the dialect, the header and the first rows of ``file``; write all of it to ``to``.

    Raises :class:`UsageError` with the reason when the pipeline would refuse the whole file.
    """
    from task_warehouse import reading

    with tempfile.TemporaryDirectory(prefix="task-warehouse-read-") as folder:
        target = to or Path(folder) / "read.csv"
        found = reading.read_file(
            file,
            format=format_,
            sheet=sheet,
            encoding=encoding,
            delimiter=delimiter,
            records=records,
            header_hints=_known_headers(),
            out=target,
        )
        if found.refused is not None:
            raise UsageError(
                f"the whole file is refused: {found.refused} ({found.refused_detail})",
                where=str(file),
                remedy=load_defect_kinds()[found.refused]["message_en"],
            )
        for layout in found.layouts:
            _print_layout(out, layout)
        _print_first_rows(out, target)
    if to is not None:
        written = f"{to}, {found.rejects}" if found.damaged else f"{to}"
        out.say(f"written: {written}")


def _known_headers() -> frozenset[str]:
    """The headers that any contract knows: they help to find the header row."""
    from task_warehouse import reading
    from task_warehouse.contracts import DATASETS, load_contracts

    contracts = load_contracts()
    return frozenset(
        reading.normalise_header(header)
        for dataset in DATASETS
        for header in contracts.known_headers(dataset)
    )


def _print_layout(out: Terminal, layout: dict[str, Any]) -> None:
    about = {
        "part": layout["part"] or None,
        "format": layout["format"],
        "encoding": layout["encoding"],
        "delimiter": repr(layout["delimiter"]) if layout["delimiter"] else None,
        "quote": layout["quote"],
        "header": f"line {layout['header_line']}: {', '.join(layout['headers'] or [])}",
        "records": f"{layout['records']:,}, of these damaged: {layout['damaged']:,}",
        "notes": "; ".join(layout["notes"] or []) or None,
    }
    for name, value in about.items():
        if value is not None:
            out.say(f"{name:<10} {value}")


def _print_first_rows(out: Terminal, table: Path) -> None:
    """The first records one cell a line: exports are wider than any terminal."""
    with table.open(encoding="utf-8", newline="") as stream:
        header, *rows = list(itertools.islice(csv.reader(stream), SAMPLE_ROWS + 1)) or [[]]
    for number, row in enumerate(rows, start=1):
        out.print(f"\nrecord {number}")
        for name, value in zip(header, row, strict=True):
            out.say(f"  {name}: {value}")


def show_sources(
    out: Terminal,
    home: Home,
    as_of: date | None,
    output: str,
    *,
    only: str | None = None,
    troubled: bool = False,
) -> None:
    """Print one row a declared source and dataset, with what last came of it.

    ``only`` one source, with its reasons; ``troubled``: what is silent or failing alone.
    ``output``: ``table`` (the columns a terminal holds), ``csv`` or ``json`` (all columns).
    """
    from task_warehouse import rundate, sources
    from task_warehouse.settings import sources_directory

    day = as_of or rundate.today()
    found = sources.describe(home, sources_directory(), day)
    if not found:
        raise NoDataError("no source is declared", where=str(sources_directory()))
    of_source = [row for row in found if only in (None, row["source"])]
    if not of_source:
        near = difflib.get_close_matches(only or "", {row["source"] for row in found}, n=3)
        raise UsageError(
            f"no source is called '{only}'",
            where=str(sources_directory()),
            remedy=f"did you mean {' or '.join(near)}?" if near else "list them: without a name",
        )
    rows = [row for row in of_source if not troubled or _is_troubled(row)]
    columns = ONE_SOURCE_COLUMNS if only else SOURCE_COLUMNS
    print_rows(out, list(found[0]), map(list, map(dict.values, rows)), output, columns)
    if output == "table":
        out.print(_in_short(of_source, day))


def _is_troubled(row: Mapping[str, Any]) -> bool:
    return row["silent_since"] is not None or row["failing_since"] is not None


def _in_short(rows: Sequence[Mapping[str, Any]], day: date) -> str:
    def count(*names: str) -> int:
        return sum(any(row[name] for name in names) for row in rows)

    sources = len({row["source"] for row in rows})
    return (
        f"{len(rows)} exports of {sources} source{'s' * (sources > 1)}: "
        f"{count('expected')} expected on "
        f"{day:%d/%m/%Y}, {count('silent_since')} silent, {count('failing_since')} failing"
    )


def show_metrics(out: Terminal, home: Home, names: list[str], by: list[str], output: str) -> None:
    """Print what the semantic layer answers from the last build; without names, what it defines."""
    from task_warehouse.metrics import Metrics

    metrics = Metrics(home)
    if not names:
        columns = ["metric", "description"]
        print_rows(out, columns, map(list, metrics.defined()), output, columns)
        return
    columns, rows = metrics.ask(names, by)
    print_rows(out, columns, map(list, rows), output, columns)


def show_differences(out: Terminal, home: Home, as_of: date, output: str) -> None:
    """Print the tasks that the morning of ``as_of`` showed otherwise than they are known now."""
    from task_warehouse import mornings

    found = mornings.differences(home, as_of)
    shown = ["task_key", "differs", "class_shown", "class_known", "cause", "delivery_id", "line"]
    print_rows(out, found.names, found.rows, output, shown)
    if output != "table":
        return
    out.print(f"{len(found.rows)} tasks: shown by {found.shown}, known by {found.known}")
    causes = Counter(row[found.names.index("cause")] for row in found.rows)
    for cause, tasks in causes.most_common():
        out.print(f"  {cause}: {tasks}, {mornings.CAUSES[cause]}")


def show_status(out: Terminal, home: Home, as_of: date, known: Known, output: str) -> None:
    """Print the status of every task on ``as_of``; as a table, how many are in each class."""
    columns, rows = looking_back.status_on(home, as_of, known)
    if output == "table":
        counts = Counter(row[columns.index("status_class")] for row in rows)
        columns, rows = ["status_class", "tasks"], sorted(counts.items())
    print_rows(out, columns, rows, output, columns)


def show_held(out: Terminal, home: Home, output: str) -> None:
    """Print the deliveries that wait for a person, the longest waiting first.

    ``output``: ``table`` (the columns a terminal holds), ``csv`` or ``json`` (all columns).
    """
    from task_warehouse import holding

    rows = [held.as_record() for held in holding.held_deliveries(home)]
    if not rows and output == "table":
        out.print("no delivery waits for a decision")
        return
    names = list(rows[0]) if rows else list(HELD_COLUMNS)
    print_rows(out, names, map(list, map(dict.values, rows)), output, HELD_COLUMNS)
