"""The dates of a run, as data: they travel with the run and are never read from a step's clock.

A run knows its as-of date and the moment of collecting from, in this order: its own parameters
(a person's or the command line's), the asset event that caused it, its schedule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from task_warehouse.errors import UsageError
from task_warehouse.settings import TIMEZONE


@dataclass(frozen=True, slots=True)
class RunDate:
    """The day a mart describes, and the moment its deliveries were collected (an instant)."""

    as_of: date
    received_at: datetime

    @classmethod
    def parse(cls, as_of: str | None, received_at: str | None) -> RunDate | None:
        """From two ISO texts; ``None`` when there is no as-of date.

        Raises :class:`UsageError` for a text that is not a date. Without ``received_at`` the
        clock is read, once, here.
        """
        if not as_of:
            return None
        try:
            day = date.fromisoformat(as_of)
            moment = datetime.fromisoformat(received_at) if received_at else datetime.now(UTC)
        except ValueError as error:
            raise UsageError(
                f"not a date: {error}",
                remedy="give the as-of date as YYYY-MM-DD and the moment as YYYY-MM-DDTHH:MM+07:00",
            ) from None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(TIMEZONE))
        return cls(day, moment.astimezone(UTC))

    def as_extra(self) -> dict[str, str]:
        """As the ``extra`` of an asset event or the ``conf`` of a run."""
        return {
            "as_of": self.as_of.isoformat(),
            "received_at": self.received_at.isoformat(timespec="seconds"),
        }


def of_context(context: Mapping[str, Any]) -> RunDate:
    """The dates of an Airflow task's run.

    Of several asset events that wait together the newest as-of date counts: a build describes one
    day, and everything landed by then is in it. Raises :class:`UsageError` where nothing says.
    """
    params = context.get("params") or {}
    own = RunDate.parse(params.get("as_of"), params.get("received_at"))
    if own:
        return own
    caused = [
        parsed
        for extra in _event_extras(context.get("triggering_asset_events") or {})
        if (parsed := RunDate.parse(extra.get("as_of"), extra.get("received_at")))
    ]
    if caused:
        return max(caused, key=lambda run: (run.as_of, run.received_at))
    scheduled = context.get("logical_date")
    if scheduled is None:
        raise UsageError(
            "this run has no as-of date",
            remedy="trigger it with the parameter as_of (YYYY-MM-DD), or let its schedule run it",
        )
    local_day = scheduled.astimezone(ZoneInfo(TIMEZONE)).date()
    return RunDate(local_day, datetime.now(UTC).replace(microsecond=0))


def _event_extras(events: Mapping[Any, Iterable[Any]]) -> Iterable[Mapping[str, Any]]:
    for caused_by in events.values():
        for event in caused_by:
            yield event.extra or {}


def today() -> date:
    """The calendar day in Viet Nam now; for entry points only, a step is given its day."""
    return datetime.now(ZoneInfo(TIMEZONE)).date()
