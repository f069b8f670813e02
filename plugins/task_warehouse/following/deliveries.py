"""One delivery: its receipts, its place in the ledger, and the rows of it that were refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import urlsplit

from task_warehouse import landing
from task_warehouse.contracts import DATASETS
from task_warehouse.following.library import Reading, Row
from task_warehouse.ledger import SECRET

DELIVERY_ID = re.compile(r"[0-9a-f]{20}")
PAGE_ROWS = 50
VERDICTS = ("accept", "accept_with_warnings", "hold", "refuse")
COUNTS = (
    "rows_received",
    "rows_accepted",
    "rows_rejected",
    "rows_duplicate",
    "rows_warned",
    "rows_held",
)

# Secret: the delivery itself, or any other with the very same bytes.
_IS_SECRET = f"""
    exists (
        select 1 from ledger inner join receipts using (delivery_id)
        where (ledger.reason_code = '{SECRET}' or ledger.secret_rows > 0)
            and (receipts.delivery_id = $delivery or receipts.sha256 in (
                select sha256 from receipts where delivery_id = $delivery
            ))
    )
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as its page shows it. ``entry`` is its ledger row, None before it is checked."""

    delivery_id: str
    receipts: list[Row]
    entry: Row | None
    is_secret: bool

    @property
    def first(self) -> Row:
        """The receipt of the landing, or of the first attempt."""
        landed = (receipt for receipt in self.receipts if receipt.outcome == "landed")
        return next(landed, self.receipts[0])

    @property
    def may_show_content(self) -> bool:
        """Whether its content was checked and found to be ours to hold."""
        return self.entry is not None and not self.is_secret


def find(reading: Reading, delivery_id: str) -> Delivery | None:
    """The delivery of this id; None when no receipt has it."""
    reading.open_rooms("receipts", "ledger")
    mine = {"delivery": delivery_id}
    sightings = reading.rows(
        "select * from receipts where delivery_id = $delivery"
        " order by business_date, received_at, receipt_id",
        mine,
    )
    if not sightings:
        return None
    for receipt in sightings:
        receipt.origin = shown_origin(receipt.origin)
        receipt.original_name = base_name(receipt.original_name)
    return Delivery(
        delivery_id=delivery_id,
        receipts=sightings,
        entry=reading.row("select * from ledger where delivery_id = $delivery", mine),
        is_secret=bool(reading.number(f"select ({_IS_SECRET})::int", mine)),
    )


def content(reading: Reading, delivery: Delivery) -> Path | None:
    """The landed bytes; None where they are not ours to show or not held."""
    sha256 = delivery.first.sha256
    if not delivery.may_show_content or not sha256:
        return None
    path = landing.path_of(reading.home, sha256)
    return path if path.is_file() else None


def findings(reading: Reading, delivery_id: str, page: int) -> tuple[list[Row], int]:
    """A page of the refused and warned rows of a delivery, and how many findings it has."""
    reading.open_rooms("rejects", "warnings")
    found = """
        from (
            select * from rejects where delivery_id = $delivery
            union all select * from warnings where delivery_id = $delivery
        )
    """
    mine: dict[str, Any] = {"delivery": delivery_id}
    total = reading.number(f"select count(*) {found}", mine)
    rows = reading.rows(
        f"select * {found} order by record nulls first, line, check_id, reject_id"
        f" limit {PAGE_ROWS} offset $skipped",
        {**mine, "skipped": (page - 1) * PAGE_ROWS},
    )
    return without_secrets(reading, rows), total


def without_secrets(reading: Reading, rows: list[Row]) -> list[Row]:
    """The same findings; those of deliveries with secret rows say only which check it was."""
    reading.open_rooms("ledger", "receipts")
    secret = reading.rows(
        f"""
        select distinct twin.delivery_id
        from receipts as twin inner join receipts as found using (sha256)
        inner join ledger on found.delivery_id = ledger.delivery_id
        where (ledger.reason_code = '{SECRET}' or ledger.secret_rows > 0)
            and twin.delivery_id in (select unnest($ids::varchar[]))
        """,
        {"ids": sorted({row.delivery_id for row in rows if row.delivery_id})},
    )
    hidden = {row.delivery_id for row in secret}
    for row in rows:
        if row.delivery_id in hidden:
            row.value = row.message_vi = row.message_en = None
    return rows


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of deliveries is limited to; empty is no limit."""

    source: str = ""
    dataset: str = ""
    verdict: str = ""
    reason: str = ""
    having: str = ""
    page: int = 1


def entries(reading: Reading, wanted: Wanted) -> tuple[list[Row], Row]:
    """A page of ledger rows, newest first, and the sums over the whole list."""
    reading.open_rooms("ledger")
    tests, values = _limits(wanted)
    values["day"] = reading.manifest.as_of_date
    chosen = f"from ledger where business_date <= $day and {tests}"
    sums = ", ".join(f"coalesce(sum({name}), 0)::bigint as {name}" for name in COUNTS)
    total = reading.row(f"select count(*) as deliveries, {sums} {chosen}", values)
    assert total is not None
    rows = reading.rows(
        f"select * {chosen} order by business_date desc, received_at desc, source, dataset,"
        f" delivery_id limit {PAGE_ROWS} offset $skipped",
        {**values, "skipped": (wanted.page - 1) * PAGE_ROWS},
    )
    return rows, total


def _limits(wanted: Wanted) -> tuple[str, dict[str, Any]]:
    columns = {
        "source": wanted.source,
        "dataset": wanted.dataset,
        "verdict": wanted.verdict,
        "reason_code": wanted.reason,
    }
    given = {name: value for name, value in columns.items() if value}
    tests = ["true", *(f"{name} = ${name}" for name in given)]
    if wanted.having in COUNTS:
        tests.append(f"{wanted.having} > 0")
    return " and ".join(tests), dict(given)


def totals(reading: Reading) -> tuple[list[Row], Row]:
    """The ledger up to the as-of date: a row a dataset, and the sums of all."""
    reading.open_rooms("ledger")
    sums = ", ".join(f"coalesce(sum({name}), 0)::bigint as {name}" for name in COUNTS)
    query = f"""
        select dataset, count(*) as deliveries, {sums},
            count(*) filter (where verdict = 'refuse') as refused
        from ledger where business_date <= $day group by grouping sets ((dataset), ())
    """
    rows = reading.rows(query, {"day": reading.manifest.as_of_date})
    order = {name: place for place, name in enumerate(DATASETS)}
    of_datasets = sorted(
        (row for row in rows if row.dataset), key=lambda row: order.get(row.dataset, 99)
    )
    return of_datasets, next(row for row in rows if row.dataset is None)


def shown_origin(origin: str | None) -> str | None:
    """An address without user, query and fragment; of a file only its name, not where it lies."""
    if not origin:
        return None
    if "://" not in origin:
        return base_name(origin)
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https", "sftp", "s3"):
        return base_name(parts.path)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def base_name(name: str | None) -> str | None:
    """The last part of a path of either system."""
    return PureWindowsPath(PurePosixPath(name).name).name if name else None
