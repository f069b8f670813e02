"""Deadlines as documents print them, and the day they mean.

The shares are those of the 140 tasks of the Government's action programme, where no deadline has
a day; software of provinces and communes prints days as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from task_warehouse.sample.dice import Dice

FEWEST_DAYS = 20  # between assignment and deadline


@dataclass(frozen=True, slots=True)
class Deadline:
    """``text`` as printed; ``due_on`` the last day of it, None where it has no end."""

    text: str
    due_on: date | None
    precision: str  # day, month, quarter, year, recurring, none


def _dated(text: str, year: int, month: int, precision: str) -> Deadline:
    first_of_next = date(year + month // 12, month % 12 + 1, 1)
    return Deadline(text, first_of_next - timedelta(days=1), precision)


RECURRING = "recurring"

PRINTED: tuple[tuple[Deadline, float], ...] = (
    (_dated("2025", 2025, 12, "year"), 59),
    (_dated("12/2025", 2025, 12, "month"), 13),
    (Deadline("Thường xuyên", None, RECURRING), 12),
    (_dated("6/2025", 2025, 6, "month"), 11),
    (_dated("06/2025", 2025, 6, "month"), 2),
    (_dated("2026", 2026, 12, "year"), 6),
    (_dated("9/2025", 2025, 9, "month"), 5),
    (_dated("9/2026", 2026, 9, "month"), 3),
    (_dated("12/2026", 2026, 12, "month"), 3),
    (Deadline("2025 và những năm tiếp theo", None, RECURRING), 3),
    (_dated("03/2025", 2025, 3, "month"), 2),
    (_dated("3/2025", 2025, 3, "month"), 1),
    (_dated("2030", 2030, 12, "year"), 2),
    (Deadline("Hằng năm", None, RECURRING), 2),
    (Deadline("hằng năm", None, RECURRING), 1),
    (_dated("12/2028", 2028, 12, "month"), 2),
    (_dated("Tháng 10/2025", 2025, 10, "month"), 1),
    (_dated("Tháng 5/2025", 2025, 5, "month"), 1),
    (_dated("Quý II/2025", 2025, 6, "quarter"), 1),
    (_dated("Quý IV/2025", 2025, 12, "quarter"), 1),
    (_dated("2025 - 2026", 2026, 12, "year"), 1),
    (_dated("2025-2026", 2026, 12, "year"), 1),
    (_dated("7/2025", 2025, 7, "month"), 1),
    (_dated("2027", 2027, 12, "year"), 1),
    (_dated("3/2026", 2026, 3, "month"), 1),
    (Deadline("Nhiệm vụ thường xuyên", None, RECURRING), 1),
    (Deadline("", None, "none"), 1),
)

DAY_STYLES = {"dd/mm/yyyy": "%d/%m/%Y", "iso": "%Y-%m-%d"}


def print_deadline(dice: Dice, assigned_on: date, *, day_share: float, style: str) -> Deadline:
    """A deadline at least :data:`FEWEST_DAYS` after the assignment.

    ``day_share`` of them name a day, printed in ``style`` (a key of :data:`DAY_STYLES`; any other
    style prints no days).
    """
    if style in DAY_STYLES and dice.happens(day_share):
        return on_day(assigned_on + timedelta(days=dice.randint(30, 260)), style)
    earliest = assigned_on + timedelta(days=FEWEST_DAYS)
    possible = [row for row in PRINTED if row[0].due_on is None or row[0].due_on >= earliest]
    return dice.weighted(possible)


def on_day(due_on: date, style: str) -> Deadline:
    """A deadline that names its day; ISO where the style would leave room for doubt."""
    return Deadline(due_on.strftime(DAY_STYLES.get(style, "%Y-%m-%d")), due_on, "day")
