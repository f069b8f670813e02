"""What is declared, what of it came, and since when a source is silent: one row a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb

from task_warehouse import obligations, receipt_summaries
from task_warehouse.sources.loading import load_sources
from task_warehouse.sources.model import DATASETS

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from task_warehouse.settings import Home
    from task_warehouse.sources.model import DatasetSource, Source

Past = tuple[Any, ...]
COLUMNS = (
    *("source", "family", "organisation", "dataset", "transport", "address", "secret", "cadence"),
    *("state", "valid_from", "valid_to", "expected", "last_came", "last_landed"),
    *("silent_since", "last_outcome", "failing_since", "reason"),
)

# Since when a source fails: the first attempt after the last one that achieved something.
_PAST = """
    with judged as (
        select source, dataset, organisation_code, business_date, received_at, outcome, reason_en,
            expected,
            outcome in ('failed', 'refused') or (outcome = 'missing' and expected) as is_bad,
            outcome in ('landed', 'unchanged', 'duplicate', 'nothing_arose') as is_good
        from told
        where business_date <= ?
    ),

    last as (
        select source, dataset,
            max(business_date) filter (is_good) as last_came,
            max(received_at) filter (outcome = 'landed') as last_landed,
            arg_max(
                if(outcome = 'missing' and not expected, 'not_due', outcome), received_at
            ) as last_outcome,
            arg_max_null(if(outcome = 'missing' and not expected, null, reason_en), received_at)
                as last_reason,
            arg_max(organisation_code, received_at) as organisation_code,
            max(received_at) filter (is_good) as good_at
        from judged
        group by source, dataset
    ),

    failing as (
        select judged.source, judged.dataset, min(judged.business_date) as failing_since
        from judged
        inner join last
            on judged.source = last.source and judged.dataset = last.dataset
                and judged.received_at > coalesce(last.good_at, '-infinity')
        where judged.is_bad
        group by all
    )

    select last.source, last.dataset, last.last_came, last.last_landed, last.last_outcome,
        last.last_reason, failing.failing_since, last.organisation_code
    from last
    left join failing on last.source = failing.source and last.dataset = failing.dataset
"""


def describe(home: Home, sources_dir: Path, as_of: date) -> list[dict[str, Any]]:
    """One row a source and dataset, ordered by source; ended ones and undeclared ones stay.

    ``state``: ``active``, ``ended`` or ``not yet`` by the days in force, ``undeclared`` where
    something was collected once and no source file names it any more. ``expected`` is about
    ``as_of``; ``silent_since`` is the first day on which something was owed and has not come, up
    to ``as_of`` (empty where nothing is owed or all came). ``failing_since`` is the business date
    of the first of the attempts that have ended badly in a row until now. ``last_outcome`` is that
    of a receipt, or ``not_due`` where nothing was there and nothing was owed.
    """
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'Asia/Ho_Chi_Minh'")
        receipt_summaries.scan_history(connection, home, as_of)
        past = {(row[0], row[1]): row[2:] for row in connection.execute(_PAST, [as_of]).fetchall()}
    nothing: Past = (None,) * 6
    rows = [
        _row(source, name, dataset, as_of, past.pop((source.source, name), nothing))
        for source in load_sources(sources_dir)
        for name, dataset in source.datasets.items()
    ]
    rows += [_undeclared(source, dataset, told) for (source, dataset), told in past.items()]
    return sorted(rows, key=lambda row: (row["source"], DATASETS.index(row["dataset"])))


def _row(
    source: Source, name: str, dataset: DatasetSource, as_of: date, past: Past
) -> dict[str, Any]:
    last_came, last_landed, last_outcome, last_reason, failing_since, _ = past
    return {
        "source": source.source,
        "family": source.family,
        "organisation": source.organisation_code,
        "dataset": name,
        "transport": dataset.transport,
        "address": dataset.address,
        "secret": dataset.auth.secret if dataset.auth else None,  # its name
        "cadence": dataset.cadence,
        "state": _state(source, as_of),
        "valid_from": source.valid_from,
        "valid_to": source.valid_to,
        "expected": obligations.is_expected(source, dataset, as_of),
        "last_came": last_came,
        "last_landed": last_landed,
        "silent_since": silent_since(source, dataset, last_came, as_of),
        "last_outcome": last_outcome,
        "failing_since": failing_since,
        "reason": last_reason,
    }


def _state(source: Source, as_of: date) -> str:
    if source.is_active(as_of):
        return "active"
    return "ended" if source.valid_to and source.valid_to < as_of else "not yet"


def _undeclared(source: str, dataset: str, past: Past) -> dict[str, Any]:
    """Switched off by nobody's word: shown until a source file says that it ended."""
    last_came, last_landed, last_outcome, last_reason, failing_since, organisation = past
    return dict.fromkeys(COLUMNS) | {
        "source": source,
        "organisation": organisation,
        "dataset": dataset,
        "state": "undeclared",
        "expected": False,
        "last_came": last_came,
        "last_landed": last_landed,
        "last_outcome": last_outcome,
        "failing_since": failing_since,
        "reason": last_reason,
    }


def silent_since(
    source: Source, dataset: DatasetSource, last_came: date | None, as_of: date
) -> date | None:
    """The first day owed after what came last (or since the source is in force); None if none."""
    last_owed = obligations.last_expected(source, dataset, as_of)
    if last_owed is None or (last_came is not None and last_came >= last_owed):
        return None
    if last_came is None:
        return obligations.next_expected(source, dataset, source.valid_from or last_owed)
    return obligations.next_expected(source, dataset, last_came, after=True)
