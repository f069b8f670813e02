"""What of a build's past is told anew: from the day on which what came reads otherwise, no more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from task_warehouse import arrivals
from task_warehouse.build_inputs import ROOMS
from task_warehouse.settings import Home

BUILT = date(2025, 7, 3)
DAYS = (1, 2, 3)
Told = dict[tuple[str, str], str]


class Rooms:
    """Receipts and ledger of two sources, a file a day, and builds over them."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root)
        self.connection = duckdb.connect()
        self.connection.execute("set TimeZone = 'UTC'")
        for day in DAYS:
            self.write(day)

    def write(self, day: int, *, batch: str = "b", source: str = "", at: int = 6) -> None:
        """A day's receipts and what the check said; ``source`` alone, or both."""
        said = f"2025-07-{day:02}"
        sources = f"select unnest({[source] if source else ['p', 'q']}) as source"
        row = (
            f"source, 'tasks' as dataset, date '{said}' as business_date,"
            f" timestamptz '{said} {at:02}:00:00Z' as received_at,"
            f" source || '-{day}{batch}' as delivery_id"
        )
        receipts = f"select {row}, 'landed' as outcome, true as expected from ({sources})"
        self._write(self.receipts(day, batch), "receipts", receipts)
        ledger = f"select {row}, 'accept' as verdict, 5 as rows_accepted from ({sources})"
        self._write(self.home.ledger / f"{day}{batch}.parquet", "ledger", ledger)

    def receipts(self, day: int, batch: str = "b") -> Path:
        return self.home.receipts / f"business_date=2025-07-{day:02}" / f"{batch}.parquet"

    def rewrite(self, path: Path, room: str, query: str) -> None:
        """Let ``query`` over the rows of ``path`` (as ``rows``) take their place."""
        self._write(path, room, query.format(rows=f"read_parquet('{path}')"))

    def _write(self, path: Path, room: str, query: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection.execute(f"create or replace temp table empty ({ROOMS[room]})")
        self.connection.execute(
            f"create or replace temp table made as from empty union all by name ({query})"
        )
        self.connection.execute(f"copy made to '{path}' (format parquet)")

    def build(self, as_of: date, decided: str = "") -> None:
        """Bring the tables up to date, as :func:`task_warehouse.build_inputs.prepare` does."""
        connection = self.connection
        connection.execute("drop schema if exists before cascade")
        connection.execute("create schema if not exists inputs")
        for room, table in (("receipts", "receipts"), ("ledger", arrivals.LEDGER)):
            connection.execute(f"create or replace table inputs.{table}__empty ({ROOMS[room]})")
        rooms = {
            "receipts": sorted(self.home.receipts.rglob("*.parquet")),
            arrivals.LEDGER: sorted(self.home.ledger.glob("*.parquet")),
        }
        arrivals.lay_arrivals(connection, self.home, rooms)
        arrivals.lay_firsts(connection, as_of)
        connection.execute(
            "create or replace table inputs.decisions as select delivery_id, 'release' as decision,"
            " timestamptz '2025-07-03 08:00:00Z' as decided_at, '' as decided_by, '' as note"
            " from (select unnest(?) as delivery_id)",
            [[decided] if decided else []],
        )
        connection.execute(
            "create or replace table inputs.changed (dataset varchar, delivery_id varchar)"
        )

    def told_anew(self, decided: str = "") -> Told:
        """Build as of the next day; from which day on each source is told anew."""
        self.build(date(2025, 7, 4), decided)
        self.connection.execute(
            "drop table if exists inputs.told_anew; drop table if exists inputs.rechecked"
        )
        arrivals.lay_told_anew(self.connection, BUILT)
        found = self.connection.execute(
            "select source, dataset, since_on::varchar from inputs.told_anew"
        ).fetchall()
        return {(source, dataset): since_on for source, dataset, since_on in found}

    def count(self) -> int:
        return len(self.connection.execute("from inputs.receipts").fetchall())


@pytest.fixture
def rooms(tmp_path: Path) -> Rooms:
    made = Rooms(tmp_path)
    made.build(BUILT)
    return made


def _nothing(rooms: Rooms) -> None:
    """As it was."""


def _a_new_day(rooms: Rooms) -> None:
    rooms.write(4)


def _a_month_in_one_file(rooms: Rooms) -> None:
    files = [str(rooms.receipts(day)) for day in DAYS]
    rooms.rewrite(
        rooms.home.receipts / "months" / "2025-07.parquet",
        "receipts",
        f"from read_parquet({files})",
    )
    for day in DAYS:
        rooms.receipts(day).unlink()


@pytest.mark.parametrize("happened", [_nothing, _a_new_day, _a_month_in_one_file])
def test_what_says_the_same_is_not_told_anew(
    rooms: Rooms, happened: Callable[[Rooms], None]
) -> None:
    happened(rooms)
    assert rooms.told_anew() == {}
    assert rooms.count() == (8 if happened is _a_new_day else 6)


def test_a_late_file_is_told_from_its_day(rooms: Rooms) -> None:
    rooms.write(2, batch="late", source="p", at=9)
    assert rooms.told_anew() == {("p", "tasks"): "2025-07-02"}
    assert rooms.count() == 7


def test_a_file_that_went_is_told_from_its_day(rooms: Rooms) -> None:
    rooms.receipts(2).unlink()
    assert rooms.told_anew() == {("p", "tasks"): "2025-07-02", ("q", "tasks"): "2025-07-02"}
    assert rooms.count() == 4


def test_another_verdict_is_told_from_the_first_day_of_the_delivery(rooms: Rooms) -> None:
    ledger = rooms.home.ledger / "2b.parquet"
    changed = "select * replace (if(source = 'q', 'refuse', verdict) as verdict) from {rows}"
    rooms.rewrite(ledger, "ledger", changed)
    assert rooms.told_anew() == {("q", "tasks"): "2025-07-02"}


def test_a_decision_is_told_from_the_first_day_of_the_delivery(rooms: Rooms) -> None:
    assert rooms.told_anew(decided="p-1b") == {("p", "tasks"): "2025-07-01"}


def test_an_earlier_first_look_changes_all_days(rooms: Rooms) -> None:
    rooms.write(4, batch="early", source="q", at=6)
    early = rooms.receipts(4, "early")
    changed = "select * replace (timestamptz '2025-06-30 06:00:00Z' as received_at) from {rows}"
    rooms.rewrite(early, "receipts", changed)
    assert rooms.told_anew() == {("q", "tasks"): "0001-01-01"}
