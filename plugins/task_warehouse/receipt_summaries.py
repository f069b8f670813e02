"""What is still asked of former months of receipts, so that a day's look into them stays cheap.

Beside each month file (:mod:`task_warehouse.compacting`) two small files say what of it matters
later: the ids of its deliveries, and the few rows from which "what was the newest", "when did it
last come" and "did it fail" follow; with a hash of each day's sightings. They name the month file
they were made of. Where they are missing or of another one, the month itself is read: they are
derived, and may be deleted.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pyarrow.parquet as pq

from task_warehouse.receipts import (
    ACHIEVED,
    HELD,
    MONTHS,
    REPLACES,
    SCHEMA,
    files,
    month_files,
    scan,
    scan_of,
)
from task_warehouse.storage import written_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from task_warehouse.settings import Home

FOLDER = "summaries"
MADE_OF, SIGHTINGS = "made_of", "sightings"  # keys of a footer
COLUMNS = ", ".join(f'"{name}"' for name in SCHEMA.names)

# Hashed where the rows are: a year of receipts is millions of them.
_SIGHTINGS = """
    with sightings as (
        select business_date, source, dataset, expected, due_at, reason_code,
            if(outcome = 'unchanged', 'landed', outcome) as outcome,
            delivery_id, min(received_at) as received_at
        from {told}
        group by all
    ),

    lines as (
        select business_date, cast(row(
            source, dataset, expected, epoch_us(due_at), reason_code, outcome, delivery_id,
            epoch_us(received_at)
        ) as varchar) as line
        from sightings
    )

    select business_date, sha256(string_agg(line, chr(10) order by line)) from lines
    group by business_date
"""
# Of each file or address the newest that is held; of each export the last good day, the last good,
# landed and other attempt, and all bad ones after the last good; bytes that said nothing arose.
_TELLING = f"""
    with judged as (
        select *,
            outcome in {HELD} or (outcome = 'nothing_arose' and sha256 is not null) as is_held,
            outcome in {ACHIEVED} as is_good
        from {{told}}
    ),

    placed as (
        select *,
            row_number() over (partition by source, dataset, origin, is_held
                order by received_at desc, business_date desc, receipt_id desc) as nth_of_place,
            row_number() over (partition by source, dataset, is_good
                order by business_date desc, receipt_id) as nth_good,
            row_number() over (partition by source, dataset, is_good, outcome = 'landed'
                order by received_at desc, receipt_id) as nth,
            max(received_at) filter (is_good) over (partition by source, dataset) as good_at
        from judged
    )

    select {COLUMNS} from placed
    where (is_held and nth_of_place = 1) or (is_good and nth_good = 1) or nth = 1
        or (not is_good and received_at > coalesce(good_at, '-infinity'))
        or (outcome = 'nothing_arose' and size_bytes > 0)
    order by source, dataset, received_at, receipt_id
"""
_KNOWN = f"""
    select source, delivery_id from {{told}}
    where outcome in {HELD} and delivery_id is not null group by all order by all
"""
# Another way of summing up makes other summaries.
_WAYS = hashlib.sha256((_SIGHTINGS + _TELLING + _KNOWN).encode()).hexdigest()


def write_missing(home: Home) -> list[Path]:
    """Sum up the months that have no summary, or that were written anew; the files written."""
    written = []
    for month in month_files(home):
        if _is_summed_up(month):
            continue
        told = scan_of([month])
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            found = connection.execute(_SIGHTINGS.format(told=told)).fetchall()
            sightings = json.dumps({f"{day}": hashed for day, hashed in found})
            for path, query in zip(_paths(month), (_TELLING, _KNOWN), strict=True):
                _write(connection, path, query.format(told=told), _identity(month), sightings)
                written.append(path)
    return written


def _write(
    connection: duckdb.DuckDBPyConnection, path: Path, query: str, identity: str, sightings: str
) -> None:
    with written_whole(path) as temporary:
        target = str(temporary).replace("'", "''")
        connection.execute(
            f"copy ({query}) to '{target}' (format parquet, compression zstd,"
            f" kv_metadata {{{MADE_OF}: '{identity}', {SIGHTINGS}: '{sightings}'}})"
        )


def _paths(month: Path) -> tuple[Path, Path]:
    """Of a month file: the rows that still tell something, and the ids of deliveries."""
    folder = month.parent.parent / FOLDER
    return folder / f"{month.stem}.rows.parquet", folder / f"{month.stem}.known.parquet"


def _identity(month: Path) -> str:
    """Of which month file a summary is, and in which way it was made."""
    replaces = (pq.read_metadata(month).metadata or {}).get(REPLACES.encode(), b"")
    return hashlib.sha256(replaces + f"{month.stat().st_size}{_WAYS}".encode()).hexdigest()


def _is_summed_up(month: Path) -> bool:
    identity = _identity(month).encode()
    return all(
        path.exists() and (pq.read_metadata(path).metadata or {}).get(MADE_OF.encode()) == identity
        for path in _paths(month)
    )


def scan_history(connection: duckdb.DuckDBPyConnection, home: Home, before: date) -> None:
    """Create the views ``told`` and ``known`` of all that was collected.

    ``told`` has the columns of receipts and, of the months before that of ``before``, the rows
    alone that tell the newest of each place, the last good day, and the last attempts;
    ``known`` has source and delivery_id of all that we ever held.
    """
    rows: list[Path] = []
    known: list[Path] = []
    whole: list[Path] = []
    for path in files(home):
        is_over = path.parent.name == MONTHS and path.stem < f"{before:%Y-%m}"
        if is_over and _is_summed_up(path):
            telling, ids = _paths(path)
            rows.append(telling)
            known.append(ids)
        else:
            whole.append(path)
    told = " union all ".join(f"select {COLUMNS} from {one}" for one in _scans(whole, rows))
    ids_of = [
        f"select source, delivery_id from {one} where outcome in {HELD}" for one in _scans(whole)
    ] + [f"select source, delivery_id from {one}" for one in _scans(known)]
    if not told:
        scan(connection, home, view="told")  # nothing was collected yet
        ids_of = ["select source, delivery_id from told"]
    else:
        connection.execute(f"create temp view told as {told}")
    connection.execute(f"create temp view known as {' union all '.join(ids_of)}")


def _scans(*groups: Sequence[Path]) -> list[str]:
    return [scan_of(group) for group in groups if group]


def sightings(home: Home, until: date) -> list[tuple[date, str]]:
    """By day, up to ``until``, a hash of what was sighted; a former month's is not told anew."""
    hashed: dict[date, str] = {}
    whole: list[Path] = []
    found = files(home)
    changed = {_day(path) for path in found if path.parent.name != MONTHS}
    for path in found:
        if path.parent.name != MONTHS:
            if _day(path) <= until:
                whole.append(path)
        elif not _is_summed_up(path):
            whole.append(path)
            changed |= _days_of(path)
        else:
            known = _hashed(path)
            hashed |= known
            if changed & known.keys():
                whole.append(path)
    if whole:
        days = ", ".join(f"date '{day}'" for day in changed)
        told = f"(from {scan_of(whole)} where business_date in ({days}))"
        with duckdb.connect() as connection:
            hashed |= dict(connection.execute(_SIGHTINGS.format(told=told)).fetchall())
    return sorted((day, said) for day, said in hashed.items() if day <= until)


def _day(path: Path) -> date:
    return date.fromisoformat(path.parent.name.removeprefix("business_date="))


def _days_of(month: Path) -> set[date]:
    days: Iterable[date] = pq.read_table(month, columns=["business_date"], partitioning=None)[
        "business_date"
    ].to_pylist()
    return set(days)


def _hashed(month: Path) -> dict[date, str]:
    footer = pq.read_metadata(_paths(month)[0]).metadata or {}
    said = json.loads(footer[SIGHTINGS.encode()])
    return {date.fromisoformat(day): text for day, text in said.items()}
