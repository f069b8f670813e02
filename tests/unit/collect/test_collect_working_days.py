"""Working days: the calendar of the seeds, and what is owed on them."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_collect_obligations import owes

from task_warehouse.errors import ContractError
from task_warehouse.obligations import due_at, is_expected, last_expected, next_expected
from task_warehouse.working_days import HOLIDAYS, SEEDS, load_working_days, write_public_holidays

DAYS = st.dates(date(2020, 1, 1), date(2050, 11, 30))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2025, 1, 25), date(2025, 2, 2)),  # Tết Ất Tỵ, as announced
        (date(2026, 2, 14), date(2026, 2, 22)),  # Tết Bính Ngọ, as announced
        (date(2025, 4, 5), date(2025, 4, 7)),  # Giỗ Tổ
        (date(2025, 4, 30), date(2025, 5, 4)),  # 2 May was swapped for a Saturday
        (date(2025, 8, 30), date(2025, 9, 2)),  # Quốc khánh: two days since 2021
        (date(2026, 4, 25), date(2026, 4, 27)),  # Giỗ Tổ on a Sunday: the Monday in lieu
    ],
)
def test_days_off_in_a_row(first: date, last: date) -> None:
    days = load_working_days()
    row = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    assert [day for day in row if days.is_working(day)] == []
    assert days.is_working(first - timedelta(days=1))
    assert days.is_working(last + timedelta(days=1))


def test_a_saturday_swapped_for_a_day_off_is_worked() -> None:
    days = load_working_days()
    assert days.is_working(date(2025, 4, 26))
    assert not days.is_working(date(2025, 4, 19))


def test_five_working_days_over_tet() -> None:
    assert load_working_days().after(date(2025, 1, 23), 5) == date(2025, 2, 6)


@given(start=DAYS, count=st.integers(0, 40))
def test_a_limit_holds_that_many_working_days(start: date, count: int) -> None:
    days = load_working_days()
    end = days.after(start, count)
    between = (start + timedelta(days=number) for number in range(1, (end - start).days + 1))
    assert sum(days.is_working(day) for day in between) == count


def test_the_seed_is_what_the_library_says(tmp_path: Path) -> None:
    write_public_holidays(tmp_path / HOLIDAYS)
    assert (tmp_path / HOLIDAYS).read_bytes() == (SEEDS / HOLIDAYS).read_bytes()


@pytest.mark.parametrize(
    "lines", ["2027-02-30,true,x", "2027-02-03,maybe,x", "2027-02-03,true,x\n2027-02-03,false,y"]
)
def test_a_wrong_swap_is_told(tmp_path: Path, lines: str) -> None:
    (tmp_path / HOLIDAYS).write_text("day,name_vi,name_en\n")
    (tmp_path / "working_day_swaps.csv").write_text(f"day,is_working,decided_by\n{lines}\n")
    with pytest.raises(ContractError):
        load_working_days(tmp_path)


def test_daily_pauses_over_tet_and_weekends() -> None:
    obligation = owes("daily", calendar="working_days")
    start = date(2025, 1, 24)
    owed = [day for n in range(12) if is_expected(*obligation, day := start + timedelta(days=n))]
    assert owed == [date(2025, 1, 24), date(2025, 2, 3), date(2025, 2, 4)]
    assert last_expected(*obligation, date(2025, 2, 1)) == date(2025, 1, 24)
    assert next_expected(*obligation, date(2025, 1, 24), after=True) == date(2025, 2, 3)


def test_monthly_on_a_day_off_is_owed_on_the_next_working_day() -> None:
    obligation = owes("monthly", due_day=10, calendar="working_days")
    assert not is_expected(*obligation, date(2025, 8, 10))  # a Sunday
    assert is_expected(*obligation, date(2025, 8, 11))
    assert due_at(*obligation, date(2025, 8, 10)) is None


def test_weekly_over_tet_moves_behind_it() -> None:
    obligation = owes("weekly", due_day="tuesday", calendar="working_days")
    start = date(2025, 1, 22)
    owed = [day for n in range(15) if is_expected(*obligation, day := start + timedelta(days=n))]
    assert owed == [date(2025, 2, 3), date(2025, 2, 4)]  # that of 28 January, and its own


@given(year=st.integers(2020, 2049), due_day=st.integers(1, 31))
def test_monthly_in_working_days_is_still_twelve_times_a_year(year: int, due_day: int) -> None:
    obligation = owes("monthly", due_day=due_day, calendar="working_days")
    start = date(year, 1, 16)
    days = [start + timedelta(days=n) for n in range(365)]
    owed = [day for day in days if is_expected(*obligation, day)]
    assert 11 <= len(owed) <= 13
    assert all(load_working_days().is_working(day) for day in owed)


def test_a_name_with_the_first_day_of_all_days_owes_nothing() -> None:
    assert not is_expected(*owes("daily", calendar="working_days"), date(1, 1, 1))
