"""Working days of Vietnam's administration: weekends, public holidays, announced swaps.

Two tables (dbt seeds, so the marts count with the same days) and one rule. ``public_holidays``
holds the days off of Article 112 of the Labour Code, with the days in lieu of Article 111; it is
written by ``python -m task_warehouse.working_days`` from the library ``holidays``.
``working_day_swaps`` is configuration: what is announced for one year (hoán đổi ngày làm việc)
and wins over everything else. Beyond the years of the table only weekends are days off.
"""

from __future__ import annotations

import csv
import functools
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from task_warehouse.errors import ContractError, UsageError
from task_warehouse.settings import PROJECT_ROOT

SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"
HOLIDAYS, SWAPS = "public_holidays.csv", "working_day_swaps.csv"
YEARS = range(2020, 2051)
SATURDAY = 5
# The library lists swaps of some years among its holidays; ours are configuration.
SWAP_IN_LIBRARY = "Ngày nghỉ (thay cho ngày"


@dataclass(frozen=True)
class WorkingDays:
    """Which days are worked: ``swapped`` by day, else neither a weekend nor among ``holidays``."""

    holidays: frozenset[date]
    swapped: dict[date, bool]

    def is_working(self, day: date) -> bool:
        """Is this a working day?"""
        if (said := self.swapped.get(day)) is not None:
            return said
        return day.weekday() < SATURDAY and day not in self.holidays

    def this_or_next(self, day: date) -> date:
        """The day itself, or the first working day after it (Civil Code 2015, Article 148.5)."""
        while not self.is_working(day):
            day += timedelta(days=1)
        return day

    def previous(self, day: date) -> date:
        """The last working day before ``day``."""
        day -= timedelta(days=1)
        while not self.is_working(day):
            day -= timedelta(days=1)
        return day

    def after(self, day: date, count: int) -> date:
        """The day a limit of ``count`` working days ends; ``day`` itself is not counted."""
        for _ in range(count):
            day = self.this_or_next(day + timedelta(days=1))
        return day


@functools.cache
def load_working_days(seeds: Path = SEEDS) -> WorkingDays:
    """The calendar of the seeds; raises :class:`ContractError` for a day that is none."""
    holidays = frozenset(day for day, _ in _rows(seeds / HOLIDAYS))
    swapped: dict[date, bool] = {}
    for day, row in _rows(seeds / SWAPS):
        said = (row.get("is_working") or "").casefold()
        if said not in ("true", "false") or day in swapped:
            raise ContractError(
                f"the swap of {day} says '{said}', or is there twice",
                where=str(seeds / SWAPS),
                remedy="write one line a day, with is_working true or false",
            )
        swapped[day] = said == "true"
    return WorkingDays(holidays, swapped)


def _rows(path: Path) -> list[tuple[date, dict[str, str]]]:
    found: list[tuple[date, dict[str, str]]] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            found.extend((date.fromisoformat(row["day"]), row) for row in csv.DictReader(stream))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ContractError(
            f"the calendar cannot be read: {error}",
            where=f"{path}:{len(found) + 2}",
            remedy="write a column 'day' as YYYY-MM-DD",
        ) from None
    return found


def public_holidays() -> list[tuple[date, str, str]]:
    """Day, Vietnamese and English name of every holiday of :data:`YEARS`, by the library."""
    try:
        import holidays
    except ImportError:
        raise UsageError(
            "the library 'holidays' is not installed",
            remedy="install the development packages (make test does)",
        ) from None
    named = holidays.country_holidays("VN", years=YEARS, language="vi")
    english = holidays.country_holidays("VN", years=YEARS, language="en_US")
    return [
        (day, name, english[day])
        for day, name in sorted(named.items())
        if SWAP_IN_LIBRARY not in name and day.year in YEARS
    ]


def write_public_holidays(path: Path) -> None:
    """Write the seed anew."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("day", "name_vi", "name_en"))
        writer.writerows((day.isoformat(), *names) for day, *names in public_holidays())


if __name__ == "__main__":
    write_public_holidays(SEEDS / HOLIDAYS)
    sys.exit(0)
