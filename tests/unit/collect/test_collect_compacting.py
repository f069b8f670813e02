"""Former months of receipts in one file each: the same rows, whenever it is killed."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from task_warehouse import fingerprint, receipts
from task_warehouse.compacting import ENOUGH_LATE_FILES, compact
from task_warehouse.receipts import Receipt, write_receipts
from task_warehouse.settings import Home

START, DAYS, AS_OF = date(2025, 4, 26), 40, date(2025, 6, 18)
SHA = "ab" * 32


def receipt(day: date, source: str = "bo-g06", outcome: str = "landed", **more: Any) -> Receipt:
    said: dict[str, Any] = {
        "batch": f"b-{day:%Y%m%d}",
        "source": source,
        "organisation_code": "G06",
        "dataset": "tasks",
        "mode": "full",
        "business_date": day,
        "received_at": datetime(day.year, day.month, day.day, tzinfo=UTC),
        "due_at": None,
        "expected": True,
        "outcome": outcome,
        "origin": f"drop/{source}/{day}",
        "sha256": SHA if outcome == "landed" else None,
        "etag": '[["a","\\"1\\""]]',
    }
    return Receipt(**{**said, **more})


def fill(home: Home) -> None:
    for number in range(DAYS):
        day = START + timedelta(days=number)
        outcome = "failed" if number % 7 == 0 else "landed"
        write_receipts(home, f"b-{day:%Y%m%d}", [receipt(day), receipt(day, "bo-g12", outcome)])


def rows(home: Home) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        receipts.scan(connection, home)
        return connection.execute("from receipts order by all").fetchall()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    fill(home)
    return home


def test_months_that_are_over_become_one_file_with_the_same_rows(home: Home) -> None:
    before, known = rows(home), fingerprint.of_inputs(home, AS_OF)
    written = compact(home, AS_OF)
    assert [path.name for path in written] == ["2025-04.parquet", "2025-05.parquet"]
    assert rows(home) == before
    assert fingerprint.of_inputs(home, AS_OF) == known
    assert len(receipts.files(home)) == 2 + 4  # the days of June are still their own files
    assert compact(home, AS_OF) == []
    assert rows(home) == before
    left = {path.parent.name[14:21] for path in home.receipts.glob("business_date=*/*.parquet")}
    assert left == {"2025-06"}


def test_the_month_that_has_just_ended_waits_for_what_is_late(home: Home) -> None:
    assert [path.stem for path in compact(home, date(2025, 6, 7))] == ["2025-04"]
    assert [path.stem for path in compact(home, date(2025, 6, 8))] == ["2025-05"]


def test_what_comes_late_for_a_former_month_counts_at_once(home: Home) -> None:
    compact(home, AS_OF)
    for number in range(ENOUGH_LATE_FILES):
        late = receipt(date(2025, 5, 10), f"xa-{number:05d}", batch=f"late-{number}")
        write_receipts(home, f"late-{number}", [late])
    before = rows(home)
    assert len(before) == 2 * DAYS + ENOUGH_LATE_FILES
    assert [path.stem for path in compact(home, AS_OF)] == ["2025-05"]
    assert rows(home) == before


def test_a_batch_told_again_after_its_month_was_closed(home: Home) -> None:
    """What it had achieved stays as it was; what failed and now works is told beside it."""
    compact(home, AS_OF)
    day = date(2025, 4, 26)
    again = [
        receipt(day, outcome="unchanged", sha256=SHA),
        receipt(day, "bo-g12", "landed", received_at=datetime(2025, 6, 18, tzinfo=UTC)),
    ]
    for _ in range(2):
        write_receipts(home, f"b-{day:%Y%m%d}", again)
        compact(home, AS_OF)
        of_day = [row for row in rows(home) if row[6] == day]
        assert sorted((row[2], row[10]) for row in of_day) == [
            ("bo-g06", "landed"),
            ("bo-g12", "failed"),
            ("bo-g12", "landed"),
        ]


class Killed(BaseException):
    """As sudden as a signal, at a place of our choice."""


@pytest.mark.parametrize("moment", ["replace", "unlink"])
def test_killed_at_each_step_the_rows_are_the_same(
    home: Home, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(home)
    if moment == "unlink":
        compact(home, AS_OF)  # so that there is something to remove

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Path, moment, die)
        with pytest.raises(Killed):
            compact(home, AS_OF)
    assert rows(home) == before
    compact(home, AS_OF)
    compact(home, AS_OF)
    assert rows(home) == before
    assert len(receipts.files(home)) == 2 + 4


def test_killed_by_a_signal_at_any_moment(home: Home) -> None:
    before = rows(home)
    program = (
        "import sys; from datetime import date; from pathlib import Path;"
        "from task_warehouse.compacting import compact; from task_warehouse.settings import Home;"
        "print('ready', flush=True);"
        f"compact(Home(Path({str(home.root)!r})), date(2025, 6, 18))"
    )
    dice = random.Random(57)
    for _ in range(3):
        child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(dice.uniform(0, 0.15))
        child.kill()
        child.wait()
        assert rows(home) == before
    compact(home, AS_OF)
    assert rows(home) == before
