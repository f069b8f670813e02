"""``python -m tests.bench.warehouse``: the dbt part of a day after few and after many days.

Prints seconds and peak memory of building one more day, beside the same marts by full refresh.
Ratios within one run matter; absolute times are of the machine.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from task_warehouse import building
from tests.bench.history import History, Size
from tests.bench.measuring import Measure, measure

NATION = Size(organisations=3377, tasks=1_000_000, reports=100_000)


def build_day(history: History, *, anew: bool) -> Measure:
    """Build the last day in a process of its own; ``anew`` without what was built before."""
    if anew:
        (history.home.warehouse / building.DATABASE_NAME).unlink(missing_ok=True)
    how = "full refresh" if anew else "after the day before"
    arguments = [sys.executable, "-m", "tests.bench.warehouse", "--child"]
    request = json.dumps({"home": str(history.home.root), "as_of": history.as_of.isoformat()})
    return measure(f"day {history.days}: {how}", [*arguments, request], None)


def _child(request: str) -> None:
    from datetime import date

    from task_warehouse.settings import Home

    given = json.loads(request)
    run = {"run_id": "bench", "started_at": None, "published_at": None}
    built = building.build(Home(Path(given["home"])), date.fromisoformat(given["as_of"]), run)
    print(f"{built.seconds:.1f} s of dbt")


def measure_days(folder: Path, size: Size, days: list[int]) -> list[Measure]:
    """For each number of days: the last one after the one before, then all by full refresh."""
    history = History(folder, size)
    measures: list[Measure] = []
    for day in sorted(days):
        history.write_days(day - history.days - 1)
        build_day(history, anew=False)
        history.write_days(1)
        measures.append(build_day(history, anew=False))
        measures.append(build_day(history, anew=True))
    return measures


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.bench.warehouse", description=__doc__)
    options.add_argument("--organisations", type=int, default=340)
    options.add_argument("--tasks", type=int, default=100_000)
    options.add_argument("--reports", type=int, default=10_000, help="rows of progress a day")
    options.add_argument("--days", type=int, nargs="+", default=[10, 40])
    options.add_argument("--nation", action="store_true", help="3,377 bodies, 1,000,000 tasks")
    options.add_argument("--child", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.child:
        _child(chosen.child)
        return
    size = NATION if chosen.nation else Size(chosen.organisations, chosen.tasks, chosen.reports)
    with tempfile.TemporaryDirectory(prefix="task-warehouse-bench-") as scratch:
        measures = measure_days(Path(scratch), size, chosen.days)
    show(size, measures)


def show(size: Size, measures: list[Measure]) -> None:
    """Print the table, and the last incremental day over the first."""
    console = Console()
    console.print(f"{size.organisations} bodies, {size.tasks} tasks, {size.reports} reports a day")
    table = Table("build of", "wall s", "processor s", "peak MiB")
    for each in measures:
        table.add_row(each.name, f"{each.wall:.1f}", f"{each.processor:.1f}", f"{each.peak:.0f}")
    console.print(table)
    daily = measures[::2]
    if len(daily) > 1:
        ratio = daily[-1].wall / daily[0].wall
        console.print(f"{daily[-1].name} over {daily[0].name}: {ratio:.2f}")


if __name__ == "__main__":
    main()
