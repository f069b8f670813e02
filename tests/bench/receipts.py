"""``python -m tests.bench.receipts``: what the daily look into the receipts costs as years go by.

Receipts of every ministry, province and commune, five exports a day each, are made for few and for
many days: two in three sightings unchanged, one in a hundred failed. Former months are compacted
as the collecting does it. Then each part of a day that looks into them runs in a process of its
own. What matters is the last column: a day must not cost more because many went before it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from task_warehouse.receipts import SCHEMA, delivery_id_of
from task_warehouse.settings import Home
from tests.bench.measuring import Measure, measure

LAST_DAY = date(2025, 11, 14)
SOURCES = 3377
DATASETS = ("tasks", "progress", "indicator_values", "feedback", "control_totals")
CHANGES_EVERY = 3  # days

_DAY = f"""
    create or replace temp table told as
    select source, dataset, 'day-' || $day || '-' || number % 2 as batch,
        'VN' as organisation_code, 'full' as mode, $day::date as business_date,
        $day::date + interval '5 hours' as received_at, $day::date + interval '6 hours' as due_at,
        true as expected,
        case when $no % 100 = spread % 100 then 'failed' when $no < 3 or $no % {CHANGES_EVERY}
            = spread % {CHANGES_EVERY} then 'landed' else 'unchanged' end as outcome,
        'https://' || source || '.gov.vn/api/v1/' || dataset as origin, dataset as original_name,
        60000 as size_bytes,
        if(outcome = 'failed', null, sha256(source || dataset
            || ($no - ($no - spread) % {CHANGES_EVERY}))) as sha256,
        left(sha256(source || '|' || dataset || '|' || sha256), 20) as delivery_id,
        left(sha256(source || dataset || $day), 20) as receipt_id,
        '{{"format": "json-seq", "headers": {{"Mã nhiệm vụ": "task_code"}}}}' as options,
        1 as attempts, 20 + number % 80 as elapsed_ms,
        if(sha256 is null, null, '[["?page=1","' || left(sha256, 24) || '"]]') as etag,
        if(outcome = 'failed', 'transport.server_error', null) as reason_code,
        if(outcome = 'failed', 'Máy chủ trả lời lỗi 500', null) as reason_vi,
        if(outcome = 'failed', 'The server answered with error 500', null) as reason_en
    from (
        select 'xa-' || lpad(number::varchar, 5, '0') as source, number,
            unnest($datasets) as dataset, hash(number || dataset) % 3000 as spread
        from range($sources) as numbers(number)
    )
"""
_LEDGER = """
    select delivery_id, batch, source, organisation_code, dataset, business_date, received_at,
        'accept' as verdict, 60 as rows_received, 60 as rows_accepted, 0 as rows_rejected,
        0 as rows_duplicate, 0 as rows_warned, 0 as secret_rows
    from told where outcome = 'landed' and business_date < $last
"""


def write_history(home: Home, days: int, sources: int) -> None:
    """Receipts and ledger of ``days`` days up to the last one, whose deliveries wait for a check.

    Former months are compacted.
    """
    from task_warehouse.build_inputs import ROOMS
    from task_warehouse.compacting import compact

    first = LAST_DAY - timedelta(days=days - 1)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"create table ledger ({ROOMS['ledger']})")
        connection.register("receipts", SCHEMA.empty_table())
        home.ledger.mkdir(parents=True)
        connection.execute(f"copy ledger to '{home.ledger}/_schema.parquet' (format parquet)")
        for number in range(days):
            day = first + timedelta(days=number)
            given = {"day": f"{day}", "no": number, "sources": sources, "datasets": DATASETS}
            connection.execute(_DAY, given)
            _write_day(connection, home, day)
            if day.day == 8:
                compact(home, day)
    compact(home, LAST_DAY)


def _write_day(connection: duckdb.DuckDBPyConnection, home: Home, day: date) -> None:
    folder = home.receipts / f"business_date={day}"
    folder.mkdir(parents=True)
    columns = ", ".join(SCHEMA.names)
    for half in (0, 1):
        batch = f"day-{day}-{half}"
        connection.execute(
            f"copy (select {columns} from (from receipts union all by name from told)"
            f" where batch = '{batch}' order by source, dataset, receipt_id)"
            f" to '{folder}/{batch}.parquet' (format parquet, compression zstd)"
        )
    connection.execute("create or replace temp table checked as from ledger limit 0")
    query = _LEDGER.replace("$last", f"date '{LAST_DAY}'")
    connection.execute(f"insert into checked by name {query}")
    connection.execute(
        f"copy checked to '{home.ledger}/day-{day}.parquet' (format parquet, compression zstd)"
    )


def _nothing(home: Home) -> None:
    """What each of the others does before it begins."""
    _names()


def _history(home: Home) -> None:
    from task_warehouse.history import read_history

    for batch in (0, 1):
        names = _names()[batch::2]
        history = read_history(home, names, LAST_DAY)
        assert history.of(names[0], "tasks")
        sha256 = history.of(names[-1], "feedback")[0].sha256
        assert history.knows(names[-1], "feedback", sha256)
        assert not history.knows(names[-1], "feedback", delivery_id_of("a", "b", "c"))


def _names() -> list[str]:
    return [f"xa-{number:05d}" for number in range(SOURCES)]


def _pending(home: Home) -> None:
    from task_warehouse.checking.pending import pending_deliveries

    assert pending_deliveries(home)


def _secret(home: Home) -> None:
    from task_warehouse import ledger

    assert not ledger.secret_bytes(home)


def _fingerprint(home: Home) -> None:
    from task_warehouse import fingerprint

    assert fingerprint.of_inputs(home, LAST_DAY)


def _compact(home: Home) -> None:
    from task_warehouse.compacting import compact

    assert not compact(home, LAST_DAY)


def _describe(home: Home) -> None:
    from task_warehouse import sources

    (home.root / "sources").mkdir(exist_ok=True)
    assert sources.describe(home, home.root / "sources", LAST_DAY)


STEPS: Mapping[str, Callable[[Home], None]] = {
    "start and imports": _nothing,
    "what was held before (collect, two batches)": _history,
    "is there anything to compact": _compact,
    "what waits for a check": _pending,
    "which bytes are secret": _secret,
    "fingerprint of a build's input": _fingerprint,
    "task-warehouse sources": _describe,
}


# The parent stays small: what it holds would count as its children's.
CHILD = (sys.executable, "-m", "tests.bench.receipts", "--child")
MAKE = "make"


def measure_steps(home: Home, days: int) -> list[Measure]:
    """Each step in a process of its own."""
    return [measure(step, [*CHILD, step, *_options(home, days)], None) for step in STEPS]


def _options(home: Home, days: int) -> list[str]:
    return ["--home", str(home.root), "--days", f"{days}", f"{days}"]


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.bench.receipts", description=__doc__)
    options.add_argument("--days", type=int, nargs=2, default=[10, 400], metavar=("FEW", "MANY"))
    options.add_argument("--home", type=Path, help="keep (or look again at) what was made here")
    options.add_argument("--child", choices=[MAKE, *STEPS], help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.child == MAKE:
        write_history(Home(chosen.home), chosen.days[0], SOURCES)
        return
    if chosen.child:
        STEPS[chosen.child](Home(chosen.home))
        return
    found = []
    with tempfile.TemporaryDirectory(prefix="task-warehouse-bench-") as scratch:
        for days in chosen.days:
            home = Home((chosen.home or Path(scratch)) / f"{days}-days")
            if not home.receipts.exists():
                measure("history", [*CHILD, MAKE, *_options(home, days)], None)
            found.append(measure_steps(home, days))
    show(chosen.days, *found)


def show(days: list[int], few: list[Measure], many: list[Measure]) -> None:
    """Print both, and the one over the other; the first step is what all of them begin with."""
    console = Console()
    console.print(f"{SOURCES} sources, {SOURCES * len(DATASETS)} receipts a day")
    first, last = (f"day {count}: processor s" for count in days)
    table = Table("step", first, "peak MiB", last, "peak MiB", "more")
    for early, late in zip(few, many, strict=True):
        table.add_row(
            early.name,
            *(
                f"{early.processor:.1f}",
                f"{early.peak:.0f}",
                f"{late.processor:.1f}",
                f"{late.peak:.0f}",
            ),
            f"{late.processor - early.processor:.1f}",
        )
    console.print(table)


if __name__ == "__main__":
    main()
