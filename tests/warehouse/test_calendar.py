"""The calendar of the warehouse is the one obligations count with."""

from __future__ import annotations

from datetime import date

import duckdb

from task_warehouse.working_days import YEARS, load_working_days


def test_both_sides_count_the_same_working_days(morning: duckdb.DuckDBPyConnection) -> None:
    rows = morning.execute(
        "select day, is_working, working_day_number from intermediate.int_calendar__days order by 1"
    ).fetchall()
    assert (rows[0][0], rows[-1][0]) == (date(YEARS[0], 1, 1), date(YEARS[-1], 12, 31))
    days, number = load_working_days(), 0
    for day, is_working, numbered in rows:
        number += days.is_working(day)
        assert (is_working, numbered) == (days.is_working(day), number), day


def test_a_limit_of_working_days_is_a_join_of_numbers(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        """
        select ends.day
        from intermediate.int_calendar__days as starts
        inner join intermediate.int_calendar__days as ends
            on ends.is_working and ends.working_day_number = starts.working_day_number + 5
        where starts.day = date '2025-01-23'
        """
    ).fetchall()
    assert found == [(load_working_days().after(date(2025, 1, 23), 5),)]
