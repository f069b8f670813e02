"""What is declared, what of it came, and since when a source is silent: one row a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb

from task_warehouse import obligations, receipts
from task_warehouse.sources.loading import load_sources

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from task_warehouse.settings import Home
    from task_warehouse.sources.model import DatasetSource, Source

Past = tuple[Any, ...]

_LAST = """
    select source, dataset,
        max(business_date)
            filter (outcome in ('landed', 'unchanged', 'nothing_arose')) as last_came,
        max(received_at) filter (outcome = 'landed') as last_landed,
        arg_max(outcome, received_at) as last_outcome,
        arg_max(reason_en, received_at) as last_reason
    from receipts
    where business_date <= ?
    group by all
"""


def describe(home: Home, sources_dir: Path, as_of: date) -> list[dict[str, Any]]:
    """One row a declared source and dataset, ordered by source.

    ``expected`` is about ``as_of``; ``silent_since`` is the first day on which something was owed
    and has not come, up to ``as_of`` (empty where nothing is owed or all came).
    """
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'Asia/Ho_Chi_Minh'")
        receipts.scan(connection, home)
        past = {(row[0], row[1]): row[2:] for row in connection.execute(_LAST, [as_of]).fetchall()}
    return [
        _row(source, name, dataset, as_of, past.get((source.source, name), (None,) * 4))
        for source in load_sources(sources_dir)
        for name, dataset in source.datasets.items()
    ]


def _row(
    source: Source, name: str, dataset: DatasetSource, as_of: date, past: Past
) -> dict[str, Any]:
    last_came, last_landed, last_outcome, last_reason = past
    return {
        "source": source.source,
        "organisation": source.organisation_code,
        "dataset": name,
        "transport": dataset.transport,
        "cadence": dataset.cadence,
        "in_force": source.is_active(as_of),
        "expected": obligations.is_expected(source, dataset, as_of),
        "last_came": last_came,
        "last_landed": last_landed,
        "silent_since": silent_since(source, dataset, last_came, as_of),
        "last_outcome": last_outcome,
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
