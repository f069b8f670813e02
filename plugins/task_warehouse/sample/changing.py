"""What a defect does to one row: change its cells, or put another row beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from task_warehouse.sample.deliveries import Cell, Row
from task_warehouse.sample.dice import Dice
from task_warehouse.sample.habits import Habit

IMPOSSIBLE = {
    "dd/mm/yyyy": "31/02/2025",
    "iso": "2025-02-31",
    "yyyymmdd": "20250231",
    "mm/dd/yyyy": "02/31/2025",
}
DATES = {"progress": "reported_on", "tasks": "assigned_on", "feedback": "received_on"}
REQUIRED = {"progress": ("task_code", "reported_on"), "tasks": ("title",), "feedback": ("kind",)}
UNKNOWN_CODES = ("99999", "H99", "00003", "G77")
NOT_NUMBERS = ("khoảng 60", "đang thực hiện", "1O0")


@dataclass(frozen=True, slots=True)
class Spot:
    """The row that a defect falls on, and what it needs to know of it."""

    row: Row
    dataset: str
    habit: Habit
    dice: Dice

    def put(self, column: str, cell: Cell) -> None:
        self.row.cells = {**self.row.cells, column: cell}

    def beside(self, column: str, cell: Cell, key: str) -> Row:
        """Another row, equal but for one cell; it tells of nothing real."""
        return Row({**self.row.cells, column: cell}, key)


def _percent_over_100(spot: Spot) -> None:
    spot.put("percent_complete", float(spot.dice.choice((105, 120, 150))))


def _percent_not_a_number(spot: Spot) -> None:
    spot.put("percent_complete", spot.dice.choice(NOT_NUMBERS))


def _value_not_a_number(spot: Spot) -> None:
    spot.put("value", "chưa tổng hợp xong")


def _bad_organisation(spot: Spot) -> None:
    spot.put("organisation", spot.dice.choice(UNKNOWN_CODES))


def _impossible_date(spot: Spot) -> None:
    spot.put(DATES[spot.dataset], IMPOSSIBLE[spot.habit.date_format])


def _missing_required(spot: Spot) -> None:
    spot.put(spot.dice.choice(REQUIRED[spot.dataset]), None)


def _duplicate_row(spot: Spot) -> Row:
    return Row(dict(spot.row.cells), spot.row.key)


def _conflicting_key(spot: Spot) -> Row:
    column = "title" if spot.dataset == "tasks" else "result"
    return spot.beside(column, f"{spot.row.cells[column]} (bản khác)", spot.row.key)


def _unknown_task(spot: Spot) -> Row:
    code = f"{spot.row.cells['task_code']}-{spot.dice.randint(900, 999)}"
    return spot.beside("task_code", code, f"{code}|{spot.row.cells['reported_on']}")


def _ragged_row(spot: Spot) -> None:
    spot.row.is_ragged = True


def _answered_before_received(spot: Spot) -> None:
    received_on = spot.row.cells["received_on"]
    assert isinstance(received_on, date)
    spot.put("answered_on", received_on - timedelta(days=spot.dice.randint(1, 9)))


CHANGES: dict[str, Callable[[Spot], Row | None]] = {
    "percent_over_100": _percent_over_100,
    "percent_not_a_number": _percent_not_a_number,
    "value_not_a_number": _value_not_a_number,
    "bad_organisation": _bad_organisation,
    "impossible_date": _impossible_date,
    "missing_required": _missing_required,
    "duplicate_row": _duplicate_row,
    "conflicting_key": _conflicting_key,
    "unknown_task": _unknown_task,
    "ragged_row": _ragged_row,
    "answered_before_received": _answered_before_received,
}
