"""Who owes which dataset on which day, and until what hour.

A business date is a local day (Asia/Ho_Chi_Minh); an hour due is an instant on that day. Where a
dataset counts in working days, nothing is owed on a day off: a daily export pauses, and a weekly or
monthly one that would fall on a day off is owed on the next working day.
"""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from task_warehouse.settings import TIMEZONE
from task_warehouse.working_days import load_working_days

if TYPE_CHECKING:
    from task_warehouse.sources import DatasetSource, Source

LOCAL = ZoneInfo(TIMEZONE)
# A source that never said since when it reports still owes a weekly or monthly export on a day.
WEEKLY_DAY = 1
MONTHLY_DAY = 1
# A month, and the longest row of days off there may be: at least one due day of every cadence.
LONGEST_GAP_DAYS = 31 + 15


def is_expected(source: Source, dataset: DatasetSource, on: date) -> bool:
    """Does the source owe the dataset on this business date?

    ``daily``: every day in force. ``weekly`` and ``monthly``: on the due day (Monday, the 1st where
    none is said; the month's last day where the month is shorter). ``once``: on the fixed business
    date, else on the first day in force; without either, never.
    """
    if not source.is_active(on):
        return False
    if dataset.cadence == "once":
        return on == (dataset.business_date.fixed or source.valid_from)
    if dataset.calendar == "every_day":
        return _is_due(dataset, on)
    days = load_working_days()
    # Of the first days of year 1, which a file's name may hold, there is no day before.
    if on.toordinal() <= LONGEST_GAP_DAYS or not days.is_working(on):
        return False
    waiting = (on - days.previous(on)).days
    return any(_is_due(dataset, on - timedelta(days=back)) for back in range(waiting))


def _is_due(dataset: DatasetSource, on: date) -> bool:
    """By the cadence alone, whatever day of rest it is."""
    if dataset.cadence == "daily":
        return True
    if dataset.cadence == "weekly":
        return on.isoweekday() == (dataset.due_day or WEEKLY_DAY)
    return on == _monthly_due(on, dataset.due_day or MONTHLY_DAY)


def due_at(source: Source, dataset: DatasetSource, on: date) -> datetime | None:
    """The instant (UTC) by which it must have come; None on a day on which it is not expected."""
    if not is_expected(source, dataset, on):
        return None
    return datetime.combine(on, dataset.due, tzinfo=LOCAL).astimezone(UTC)


def last_expected(source: Source, dataset: DatasetSource, until: date) -> date | None:
    """The latest business date up to ``until`` on which it was expected; None if never."""
    if dataset.cadence == "once":
        only = dataset.business_date.fixed or source.valid_from
        return only if only and only <= until and is_expected(source, dataset, only) else None
    last = min(until, source.valid_to) if source.valid_to else until
    for back in range(LONGEST_GAP_DAYS):
        if last.toordinal() - back < 1:
            return None
        day = last - timedelta(days=back)
        if is_expected(source, dataset, day):
            return day
    return None


def next_expected(
    source: Source, dataset: DatasetSource, since: date, *, after: bool = False
) -> date | None:
    """The first business date from ``since`` on (``after``: behind it) on which it is expected."""
    if dataset.cadence == "once":
        only = dataset.business_date.fixed or source.valid_from
        is_later = only is not None and (only > since if after else only >= since)
        return only if only and is_later and is_expected(source, dataset, only) else None
    first = max(since + timedelta(days=int(after)), source.valid_from or since)
    for ahead in range(LONGEST_GAP_DAYS):
        day = first + timedelta(days=ahead)
        if is_expected(source, dataset, day):
            return day
    return None


def month_end(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year, month, calendar.monthrange(year, month)[1])


def _monthly_due(on: date, due_day: int) -> date:
    length = calendar.monthrange(on.year, on.month)[1]
    return on.replace(day=min(due_day, length))
