"""The terminal: what came from outside is shown, never obeyed."""

from __future__ import annotations

import csv
import itertools
import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from task_warehouse.errors import UsageError

SHOWN_ROWS = 200
UNBOUNDED = 1_000_000
# C0 (but tab and line feed), DEL, C1, marks that turn the direction of what follows.
_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """``text`` with every character that a terminal would obey written out, as ``\\x1b``."""
    return _COMMANDS.sub(lambda found: ascii(found[0])[1:-1], text)


class Terminal(Console):
    """A console that prints text as it is: no markup, no emoji codes, no control sequences."""

    def __init__(self, *, stderr: bool = False, width: int | None = None) -> None:
        super().__init__(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)

    def render_str(self, text: str, **how: Any) -> Text:
        """Every plain string that is printed, a cell of a table too, passes here."""
        return super().render_str(visible(text), **how)

    def say(self, text: str, style: str = "") -> None:
        """One line, however long: a path that is copied must not be broken."""
        self.print(Text(visible(text), style=style), soft_wrap=True)


def print_rows(
    out: Terminal,
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    output: str,
    columns: Sequence[str] | None = None,
) -> None:
    """Print ``rows``: the first 200 for a person (of ``columns``), or all as ``csv`` or ``json``.

    For a person: as a table, or, where words would have to be broken, a line a value.
    Raises :class:`UsageError` for another ``output``.
    """
    if output == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(names)
        writer.writerows(rows)
    elif output == "json":
        records = [dict(zip(names, row, strict=True)) for row in rows]
        json.dump(records, sys.stdout, ensure_ascii=False, indent=2, default=str)
        sys.stdout.write("\n")
    elif output == "table":
        first = list(itertools.islice(rows, SHOWN_ROWS + 1))
        _print_first(out, names, first[:SHOWN_ROWS], columns or names)
        if len(first) > SHOWN_ROWS:
            out.print(f"only the first {SHOWN_ROWS} rows; --output csv prints all")
    else:
        raise UsageError(f"no such output: {output}", remedy="table, csv or json")


def _print_first(
    out: Terminal, names: Sequence[str], rows: Sequence[Sequence[Any]], columns: Sequence[str]
) -> None:
    places = [names.index(name) for name in columns]
    cells = [["" if row[at] is None else str(row[at]) for at in places] for row in rows]
    table = Table(*columns)
    for line in cells:
        table.add_row(*line)
    wanted = Measurement.get(out, out.options.update_width(UNBOUNDED), table)
    if wanted.minimum <= out.width:
        out.print(table)
        return
    widest = max(map(len, columns))
    for number, line in enumerate(cells, start=1):
        out.say(f"row {number}", style="bold")
        for name, cell in zip(columns, line, strict=True):
            out.say(f"  {name:<{widest}}  {cell}")
