"""Summaries of former months say what the months themselves said."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from collecting_bench import Bench

from task_warehouse import history, receipt_summaries
from task_warehouse.compacting import compact
from task_warehouse.receipts import HELD, Receipt, delivery_id_of, write_receipts
from task_warehouse.settings import Home
from task_warehouse.sources import describe

START, DAYS = date(2025, 3, 20), 80
AS_OF = START + timedelta(days=DAYS)
SOURCES, NAMES = ("bo-g06", "bo-g12", "xa-00004"), ("tasks", "progress")
OUTCOMES = ("landed", "unchanged", "duplicate", "nothing_arose", "missing", "refused", "failed")
SHAS = [f"{number:064x}" for number in range(40)]


def receipt(dice: random.Random, source: str, dataset: str, day: date, batch: str) -> Receipt:
    outcome = dice.choice(OUTCOMES)
    said_so = outcome == "nothing_arose" and dice.random() < 0.5
    sha256 = dice.choice(SHAS) if outcome in HELD or said_so else None
    return Receipt(
        batch=batch,
        source=source,
        organisation_code="G06",
        dataset=dataset,
        mode="full",
        business_date=day,
        received_at=datetime(day.year, day.month, day.day, tzinfo=UTC)
        + timedelta(days=dice.choice((0, 0, 0, 3, 40)), seconds=dice.randrange(80_000)),
        due_at=None,
        expected=dice.random() < 0.8,
        outcome=outcome,
        origin=f"drop/{dice.randrange(3)}",
        size_bytes=dice.randrange(1, 9) if sha256 else None,
        sha256=sha256,
        delivery_id=delivery_id_of(source, dataset, sha256) if outcome in HELD and sha256 else None,
        reason_en=f"reason {dice.randrange(9)}",
        etag=f'"{dice.randrange(9)}"',
    )


def write_days(home: Home, seed: int, days: range) -> None:
    dice = random.Random(seed)
    for number in days:
        day = START + timedelta(days=number)
        batch = f"b{seed}-{day:%Y%m%d}"
        told = [receipt(dice, s, d, day, batch) for s in SOURCES for d in NAMES for _ in range(2)]
        write_receipts(home, batch, told)


def remembered(bench: Bench, as_of: date) -> dict[str, Any]:
    """All that is asked of the past."""
    known = history.read_history(bench.home, SOURCES[:2], as_of)
    exports = [(source, name) for source in SOURCES for name in NAMES]
    return {
        "newest": [known.of(*export) for export in exports],
        "knows": [known.knows(*export, sha256) for export in exports for sha256 in SHAS],
        "nothing": [known.said_nothing(*export, sha256) for export in exports for sha256 in SHAS],
        "success": [known.last_success(*export) for export in exports],
        "failing": [known.is_failing(*export) for export in exports],
        "described": describe(bench.home, bench.sources, as_of),
        "sightings": receipt_summaries.sightings(bench.home, as_of),
    }


def test_what_is_remembered_does_not_change_when_months_are_summed_up(bench: Bench) -> None:
    write_days(bench.home, 0, range(DAYS))
    asked = [AS_OF, date(2025, 4, 30)]
    before = [remembered(bench, as_of) for as_of in asked]
    assert [path.stem for path in compact(bench.home, AS_OF)] == ["2025-03", "2025-04", "2025-05"]
    folder = bench.home.receipts / receipt_summaries.FOLDER
    assert len(list(folder.iterdir())) == 6
    assert [remembered(bench, as_of) for as_of in asked] == before
    # What comes late counts at once, and a summary that was deleted is not missed.
    write_days(bench.home, 100, range(10, 20))
    (folder / "2025-04.known.parquet").unlink()
    late = [remembered(bench, as_of) for as_of in asked]
    assert late != before
    compact(bench.home, AS_OF)
    assert [remembered(bench, as_of) for as_of in asked] == late


def test_only_what_changed_is_read_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a month that is summed up neither the history nor the fingerprint reads the rows."""
    write_days(bench.home, 7, range(DAYS))
    compact(bench.home, AS_OF)
    said = remembered(bench, AS_OF)
    read: list[str] = []
    scan_of = receipt_summaries.scan_of

    def noted(paths: Any) -> str:
        read.extend(str(path.relative_to(bench.home.receipts)) for path in paths)
        return scan_of(paths)

    monkeypatch.setattr(receipt_summaries, "scan_of", noted)
    assert remembered(bench, AS_OF) == said
    assert {name.split("/")[0] for name in read if "business_date=" not in name} == {"summaries"}
    assert min(name for name in read if "business_date=" in name) > "business_date=2025-06"
