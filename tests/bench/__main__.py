"""``make bench``: time and memory by step, beside the same work done barely by DuckDB.

Not a test: absolute times are of the machine; the ratios are taken within one run. Each step is a
process of its own, so that its peak memory (the largest process in it) is its own.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.measuring import Measure, measure

AS_OF = "2025-11-14"
MOMENT = f"{AS_OF}T06:00:00+07:00"
ROWS = 1_000_000
FILES = 56

# The floor: the same CSV files as text, six conditions a row, accepted and refused as Parquet.
BARE = """
import sys
import duckdb
folder, out = sys.argv[1:3]
connection = duckdb.connect()
connection.execute(f'''
    create table progress as
    select *, try_cast("Tỷ lệ hoàn thành" as double) as percent,
        try_strptime("Ngày báo cáo", '%d/%m/%Y') as reported,
        try_strptime("Thời điểm cập nhật", '%d/%m/%Y %H:%M:%S') as updated
    from read_csv('{folder}/*/tien_do.csv', all_varchar = true, header = true, delim = ',',
        quote = '"', filename = true)
''')
broken = '''
    "Mã nhiệm vụ" is null
    or reported is null
    or ("Tỷ lệ hoàn thành" is not null and percent is null)
    or percent not between 0 and 100
    or ("Thời điểm cập nhật" is not null and updated is null)
    or length("Kết quả") > 10000
'''
connection.execute(
    f"copy (from progress where not coalesce({broken}, false)) to '{out}/accepted.parquet'"
    " (compression zstd)")
connection.execute(
    f"copy (from progress where coalesce({broken}, false)) to '{out}/rejects.parquet'"
    " (compression zstd)")
"""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "task_warehouse.cli", *arguments]


def environment(home: Path, sources: Path) -> dict[str, str]:
    return {
        **os.environ,
        "TASK_WAREHOUSE_HOME": str(home),
        "TASK_WAREHOUSE_SOURCES": str(sources),
        "GX_ANALYTICS_ENABLED": "False",
    }


def sample_day(folder: Path) -> list[Measure]:
    """The default sample through the whole road, twice, then step by step."""
    variables = environment(folder / "home", folder / "home/sample/sources")
    return [
        measure("sample: whole day, first run", command("demo", "--as-of", AS_OF), variables),
        measure("sample: whole day, second run", command("demo", "--as-of", AS_OF), variables),
    ]


def million_rows(folder: Path) -> list[Measure]:
    """1,000,000 progress rows of 56 files: read, check, accepted and rejects, beside the floor."""
    from task_warehouse import sample

    load = folder / "load"
    sample.write_progress_load(load, rows=ROWS, files=FILES)
    variables = environment(folder / "load-home", load / "sources")
    bare = folder / "bare"
    bare.mkdir()
    collected = command("collect", "--as-of", AS_OF, "--received-at", MOMENT)
    imported = [sys.executable, "-c", "import great_expectations.expectations"]
    floor = [sys.executable, "-c", BARE, str(load / "exports"), str(bare)]
    return [
        measure("load: collect 56 files", collected, variables),
        measure("load: import Great Expectations", imported, variables),
        measure("load: read and check 1,000,000 rows", command("check"), variables),
        measure("load: bare DuckDB, the same work", floor, variables),
    ]


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    options.add_argument("--load-only", action="store_true", help="leave the sample's days out")
    chosen = options.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory(prefix="task-warehouse-bench-") as scratch:
        folder = Path(scratch)
        measures: list[Measure] = []
        if not chosen.load_only:
            console.print("The default sample, twice …")
            measures += sample_day(folder)
        console.print("1,000,000 progress rows …")
        measures += million_rows(folder)
    table = Table("step", "wall s", "processor s", "peak MiB")
    for each in measures:
        table.add_row(each.name, f"{each.wall:.1f}", f"{each.processor:.1f}", f"{each.peak:.0f}")
    console.print(table)
    _, imported, checked, bare = measures[-4:]
    ratio = (checked.wall - imported.wall) / bare.wall
    console.print(f"read + check beyond the import, over bare DuckDB: {ratio:.2f}")


if __name__ == "__main__":
    main()
