"""The calendar of obligations: expected or not, and until when."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task_warehouse.obligations import LOCAL, due_at, is_expected, last_expected
from task_warehouse.sources import DatasetSource, Source

DAYS = st.dates(date(2020, 1, 1), date(2045, 12, 31))


def owes(cadence: str, **more: Any) -> tuple[Source, DatasetSource]:
    said = {key: value for key, value in more.items() if key not in ("valid_from", "valid_to")}
    dataset = DatasetSource.model_validate(
        {"transport": "folder", "path": "x", "cadence": cadence, **said}
    )
    source = Source(
        source="bo-g06",
        organisation_code="G06",
        name=None,
        contact=None,
        valid_from=more.get("valid_from"),
        valid_to=more.get("valid_to"),
        base=Path(),
        declared_in="s.yml",
        family=None,
        datasets={"tasks": dataset},
    )
    return source, dataset


@given(on=DAYS)
def test_daily_is_every_day(on: date) -> None:
    assert is_expected(*owes("daily"), on)


@given(start=DAYS, weekday=st.integers(1, 7))
def test_weekly_is_one_day_of_any_seven(start: date, weekday: int) -> None:
    obligation = owes("weekly", due_day=weekday)
    days = [start + timedelta(days=number) for number in range(7)]
    expected = [day for day in days if is_expected(*obligation, day)]
    assert [day.isoweekday() for day in expected] == [weekday]


@given(on=DAYS, due_day=st.integers(1, 31))
def test_monthly_is_one_day_of_any_month_also_of_a_short_one(on: date, due_day: int) -> None:
    obligation = owes("monthly", due_day=due_day)
    length = calendar.monthrange(on.year, on.month)[1]
    days = [on.replace(day=number) for number in range(1, length + 1)]
    expected = [day for day in days if is_expected(*obligation, day)]
    assert [day.day for day in expected] == [min(due_day, length)]


@given(on=DAYS, start=DAYS, length=st.integers(0, 900))
def test_nothing_is_owed_outside_the_days_in_force(on: date, start: date, length: int) -> None:
    end = start + timedelta(days=length)
    assert is_expected(*owes("daily", valid_from=start, valid_to=end), on) == (start <= on <= end)


@given(on=DAYS, due=st.times().map(lambda t: t.replace(second=0, microsecond=0)))
def test_due_is_an_instant_of_that_local_day(on: date, due: time) -> None:
    moment = due_at(*owes("daily", due=f"{due:%H:%M}"), on)
    assert moment is not None
    assert moment.tzinfo is UTC
    local = moment.astimezone(LOCAL)
    assert (local.date(), local.time()) == (on, due)


@given(
    until=DAYS,
    cadence=st.sampled_from(["daily", "weekly", "monthly"]),
    start=st.none() | DAYS,
    length=st.integers(0, 90),
)
def test_the_last_day_expected_is_the_last(
    until: date, cadence: str, start: date | None, length: int
) -> None:
    end = start + timedelta(days=length) if start else None
    obligation = owes(cadence, valid_from=start, valid_to=end)
    last = last_expected(*obligation, until)
    if last is None:
        assert start is not None
        from_, to = start, min(until, end or until)
        assert not any(
            is_expected(*obligation, from_ + timedelta(days=number))
            for number in range((to - from_).days + 1)
        )
    else:
        assert last <= until
        assert is_expected(*obligation, last)
        later = (last + timedelta(days=number) for number in range(1, (until - last).days + 1))
        assert not any(is_expected(*obligation, day) for day in later)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"business_date": "2025-01-09"}, date(2025, 1, 9)),
        ({"valid_from": date(2025, 3, 1)}, date(2025, 3, 1)),
        ({}, None),
    ],
)
def test_once_is_the_fixed_date_or_the_first_day(
    more: dict[str, Any], expected: date | None
) -> None:
    obligation = owes("once", **more)
    days = [date(2025, 1, 1) + timedelta(days=number) for number in range(120)]
    assert [day for day in days if is_expected(*obligation, day)] == (
        [expected] if expected else []
    )
    assert last_expected(*obligation, date(2025, 12, 31)) == expected


def test_half_past_six_in_ha_noi_is_the_evening_before_in_utc() -> None:
    moment = due_at(*owes("daily", due="06:30"), date(2025, 7, 1))
    assert moment == datetime(2025, 6, 30, 23, 30, tzinfo=UTC)


def test_no_hour_on_a_day_nothing_is_owed() -> None:
    assert due_at(*owes("monthly", due_day=10), date(2025, 7, 1)) is None
