"""Sources by outcome with their history, and refused rows by cause."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from task_warehouse.defect_kinds import load_defect_kinds
from task_warehouse.following.library import Reading, Row

PAGE_ROWS = 50
HISTORY_ROWS = 200
WORST_FIRST = ("refused", "held", "missing", "late", "duplicate", "nothing_arose", "on_time")

_NAMED = """
    left join dim_organisation as organisations
        on reported.organisation_code = organisations.organisation_code
        and organisations.is_current
"""
# The last obligation of each source and dataset; failing since the first day after the last good.
_STATE = f"""
    with reported as (
        select * from mart_reporting where business_date <= $day
    ),
    good as (
        select source, dataset, max(business_date) as good_on
        from reported where status not in ('missing', 'refused', 'held') group by all
    ),
    bad as (
        select reported.source, reported.dataset, min(reported.business_date) as failing_since,
            count(*) as failed_days
        from reported left join good using (source, dataset)
        where reported.status in ('missing', 'refused', 'held')
            and (good.good_on is null or reported.business_date > good.good_on)
        group by all
    ),
    latest as (
        select * from reported
        qualify row_number() over (
            partition by source, dataset order by business_date desc
        ) = 1
    )
    select reported.*, good.good_on, bad.failing_since, bad.failed_days,
        coalesce(organisations.name, reported.source) as name,
        coalesce(organisations.name_en, reported.source) as name_en
    from latest as reported
    left join good using (source, dataset)
    left join bad using (source, dataset)
    {_NAMED}
"""


def outcomes(reading: Reading) -> list[Row]:
    """How many sources and datasets are in each state now."""
    return reading.rows(
        f"select status, count(*) as obligations, count(distinct source) as sources"
        f" from ({_STATE}) group by status"
        f" order by list_position({list(WORST_FIRST)!r}, status)",
        {"day": reading.manifest.as_of_date},
    )


def states(reading: Reading, status: str) -> list[Row]:
    """The last obligation of each source and dataset, the worst and longest failing first."""
    return reading.rows(
        f"select * from ({_STATE}) where $status = '' or status = $status"
        " order by failing_since is null, failing_since, source, dataset",
        {"day": reading.manifest.as_of_date, "status": status},
    )


def state_of(reading: Reading, source: str) -> list[Row]:
    """The last obligation of each dataset of one source."""
    return reading.rows(
        f"select * from ({_STATE}) where source = $source order by dataset",
        {"day": reading.manifest.as_of_date, "source": source},
    )


def history(reading: Reading, source: str) -> list[Row]:
    """What came of a source's obligations, newest first."""
    return reading.rows(
        "select * from mart_reporting where source = $source and business_date <= $day"
        f" order by business_date desc, dataset limit {HISTORY_ROWS}",
        {"day": reading.manifest.as_of_date, "source": source},
    )


def attempts(reading: Reading, source: str) -> list[Row]:
    """The receipts of a source, newest first, with the delivery each of them saw."""
    reading.open_rooms("receipts")
    return reading.rows(
        "select receipt_id, dataset, business_date, received_at, outcome, expected, delivery_id,"
        " size_bytes, reason_code, attempts, elapsed_ms from receipts where source = $source"
        f" order by business_date desc, received_at desc, dataset, receipt_id limit {HISTORY_ROWS}",
        {"source": source},
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of refused rows is limited to; empty is no limit."""

    check: str = ""
    source: str = ""
    dataset: str = ""
    page: int = 1


def causes(reading: Reading, wanted: Wanted) -> list[Row]:
    """Refused rows by check, the most frequent first."""
    tests, values = _limits(reading, wanted)
    return reading.rows(
        "select check_id, dataset, severity, responsibility, count(*) as findings,"
        " count(distinct delivery_id) as deliveries, count(distinct source) as sources,"
        f" max(business_date) as last_on from mart_reject where {tests}"
        " group by all order by findings desc, check_id, dataset",
        values,
    )


def rejects(reading: Reading, wanted: Wanted) -> tuple[list[Row], int]:
    """A page of refused rows, newest first, and how many there are."""
    tests, values = _limits(reading, wanted)
    total = reading.number(f"select count(*) from mart_reject where {tests}", values)
    rows = reading.rows(
        f"select * from mart_reject where {tests} order by business_date desc, source, dataset,"
        f" delivery_id, record, check_id, reject_id limit {PAGE_ROWS} offset $skipped",
        {**values, "skipped": (wanted.page - 1) * PAGE_ROWS},
    )
    return rows, total


def _limits(reading: Reading, wanted: Wanted) -> tuple[str, dict[str, Any]]:
    columns = {"check_id": wanted.check, "source": wanted.source, "dataset": wanted.dataset}
    values: dict[str, Any] = {name: value for name, value in columns.items() if value}
    tests = ["business_date <= $day", *(f"{name} = ${name}" for name in values)]
    return " and ".join(tests), {**values, "day": reading.manifest.as_of_date}


@cache
def cause_texts() -> dict[str, tuple[str, str]]:
    """What each check says, Vietnamese and English, with an ellipsis in place of what it found."""
    from task_warehouse.contracts import load_contracts

    texts = {
        name: (_general(row["title_vi"]), _general(row["title_en"]))
        for name, row in load_defect_kinds().items()
    }
    for contract in load_contracts().by_dataset.values():
        for rule in contract.rules:
            texts[rule.check_id] = (_general(rule.title_vi), _general(rule.title_en))
    return texts


def _general(text: str) -> str:
    for name in ("{value}", "{expected}", "{column}"):
        text = text.replace(f"'{name}'", "…").replace(name, "…")
    return text
