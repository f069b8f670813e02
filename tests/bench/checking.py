"""The check at full size: a million reports of 3,377 deliveries, one row in fifty with a defect.

``python -m tests.bench.checking`` (or ``python -m tests.bench --check-only``). Read and check are
one command of the pipeline; beside it the same conditions barely in DuckDB, and the same suite by
Great Expectations on pandas and by pandera on polars (extra ``bench``) on a part of the rows. What
the pipeline refused is held against what was planted, to the row.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import tempfile
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from task_warehouse import sample
from task_warehouse.sample.organisations import load_registry
from tests.bench.measuring import Measure, measure

AS_OF = "2025-11-14"
ROWS = 1_000_000
SLOW_ROWS = 100_000
DEFECT_SHARE = 0.02
LIMIT_RATIO, LIMIT_MIB = 3.0, 2048


def bodies() -> int:
    """Every ministry, agency, province and commune: a delivery of progress each."""
    return len(load_registry().of_kind("ministry", "agency", "province", "commune"))


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "task_warehouse.cli", *arguments]


def rival(what: str, load: Path, out: Path, rows: int | None = None) -> list[str]:
    limited = ["--rows", str(rows)] if rows else []
    module = [sys.executable, "-m", "tests.bench.rivals", what]
    return [*module, str(load / "exports"), str(out / what), *limited]


def check_at_size(folder: Path, rows: int, slow_rows: int, console: Console) -> list[Measure]:
    """Write the load, collect it, then measure; exits when other rows were refused than planted.

    The first three measures are import, read and check, and the floor.
    """
    load, home = folder / "load", folder / "home"
    files = min(bodies(), rows // 80)
    console.print(f"{rows:,} progress rows of {files:,} deliveries …")
    planted = sample.write_progress_load(
        load, rows=rows, files=files, defect_share=DEFECT_SHARE, kinds=sample.MANY_KINDS
    )
    variables = {
        **os.environ,
        "TASK_WAREHOUSE_HOME": str(home),
        "TASK_WAREHOUSE_SOURCES": str(load / "sources"),
    }
    moment = f"{AS_OF}T06:00:00+07:00"
    measure("collect", command("collect", "--as-of", AS_OF, "--received-at", moment), variables)
    imported = [sys.executable, "-c", "import task_warehouse.checking.expectations"]
    measures = [
        measure("import Great Expectations", imported, variables),
        measure(f"read + check, {rows:,} rows", command("check"), variables),
        measure(f"bare DuckDB, {rows:,} rows", rival("duckdb", load, folder), variables),
    ]
    _hold_against(home, planted)
    slow = min(rows, slow_rows)
    slower = rival("pandas", load, folder, slow)
    measures.append(measure(f"Great Expectations on pandas, {slow:,} rows", slower, variables))
    if importlib.util.find_spec("pandera") and importlib.util.find_spec("polars"):
        slower = rival("polars", load, folder, slow)
        measures.append(measure(f"pandera on polars, {slow:,} rows", slower, variables))
    else:
        console.print("pandera and polars are not installed (extra bench): left out")
    return measures


def _hold_against(home: Path, planted: sample.LoadSummary) -> None:
    with duckdb.connect() as con:
        found = con.execute(
            "select sum(rows_received), sum(rows_rejected), sum(rows_duplicate)"
            f" from read_parquet('{home}/ledger/*.parquet') where dataset = 'progress'"
        ).fetchone()
    wanted = (planted.rows, planted.rejected, planted.duplicate)
    if found != wanted:
        sys.exit(f"received, rejected, duplicate are {found}, planted were {wanted}")


def report(measures: list[Measure], console: Console) -> float:
    """Print the table; gives the seconds of read + check beyond the import."""
    table = Table("step", "wall s", "processor s", "peak MiB")
    for each in measures:
        table.add_row(each.name, f"{each.wall:.1f}", f"{each.processor:.1f}", f"{each.peak:.0f}")
    console.print(table)
    imported, checked, bare = measures[:3]
    beyond = checked.wall - imported.wall
    console.print(
        f"read + check beyond the import, over bare DuckDB: {beyond / bare.wall:.2f}"
        f" (wanted: at most {LIMIT_RATIO:.0f}); peak {checked.peak:.0f} MiB (under {LIMIT_MIB})"
    )
    return beyond


def run(rows: int = ROWS, slow_rows: int = SLOW_ROWS, times: int = 1) -> None:
    """Measure ``rows``; with ``times`` over 1 also that many times as many, and say the ratio."""
    console = Console()
    seconds: list[float] = []
    for factor in sorted({1, times}):
        with tempfile.TemporaryDirectory(prefix="task-warehouse-bench-") as scratch:
            measures = check_at_size(Path(scratch), rows * factor, slow_rows, console)
            seconds.append(report(measures, console))
    if len(seconds) > 1:
        console.print(f"{times} times the rows take {seconds[1] / seconds[0]:.1f} times as long")


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.bench.checking", description=__doc__)
    options.add_argument("--rows", type=int, default=ROWS)
    options.add_argument("--slow-rows", type=int, default=SLOW_ROWS, help="for pandas and polars")
    options.add_argument("--times", type=int, default=1, help="also this many times the rows")
    chosen = options.parse_args()
    run(chosen.rows, chosen.slow_rows, chosen.times)


if __name__ == "__main__":
    main()
