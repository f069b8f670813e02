"""The dates of a run travel as data: parameters, then the causing event, then the schedule."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from task_warehouse.errors import UsageError
from task_warehouse.rundate import RunDate, of_context


def _event(as_of: str, received_at: str) -> SimpleNamespace:
    return SimpleNamespace(extra={"as_of": as_of, "received_at": received_at})


def test_a_moment_without_a_zone_is_viet_nam_time() -> None:
    run = RunDate.parse("2025-07-01", "2025-07-01T06:00")
    assert run == RunDate(date(2025, 7, 1), datetime(2025, 6, 30, 23, 0, tzinfo=UTC))


def test_extra_is_read_back_as_it_was() -> None:
    run = RunDate.parse("2025-07-01", "2025-07-01T06:00:00+07:00")
    assert run is not None
    extra = run.as_extra()
    assert RunDate.parse(extra["as_of"], extra["received_at"]) == run


@pytest.mark.parametrize("text", ["01/07/2025", "2025-13-01", "today"])
def test_a_text_that_is_no_date_is_refused_with_the_form_expected(text: str) -> None:
    with pytest.raises(UsageError, match="YYYY-MM-DD"):
        RunDate.parse(text, None)


def test_parameters_win_over_events() -> None:
    context = {
        "params": {"as_of": "2025-07-01", "received_at": "2025-07-01T06:00:00+07:00"},
        "triggering_asset_events": {"x": [_event("2025-07-02", "2025-07-02T06:00:00+07:00")]},
    }
    assert of_context(context).as_of == date(2025, 7, 1)


def test_the_newest_of_waiting_events_counts() -> None:
    events = {
        "x": [
            _event("2025-07-02", "2025-07-02T06:00:00+07:00"),
            _event("2025-07-01", "2025-07-02T07:00:00+07:00"),
        ]
    }
    context = {"params": {"as_of": None}, "triggering_asset_events": events}
    assert of_context(context).as_of == date(2025, 7, 2)


def test_a_scheduled_run_describes_the_local_day() -> None:
    five_in_the_morning = datetime(2025, 7, 1, 22, 0, tzinfo=UTC)
    assert of_context({"logical_date": five_in_the_morning}).as_of == date(2025, 7, 2)


def test_a_run_that_nothing_dates_is_refused() -> None:
    with pytest.raises(UsageError, match="no as-of date"):
        of_context({"params": {}, "triggering_asset_events": {}, "logical_date": None})
