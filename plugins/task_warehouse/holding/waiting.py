"""Which deliveries wait for a person."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from task_warehouse import ledger
from task_warehouse.holding import rooms
from task_warehouse.settings import Home


@dataclass(frozen=True, slots=True)
class Held:
    """A delivery that waits. ``held_since`` is when it came; reasons in both languages."""

    delivery_id: str
    source: str
    organisation_code: str
    dataset: str
    business_date: date
    held_since: datetime
    rows_received: int
    rows_held: int
    rows_rejected: int
    rows_duplicate: int
    findings: tuple[str, ...]
    reason_vi: str
    reason_en: str

    def as_record(self) -> dict[str, Any]:
        """Plain values, as one passes them between tasks."""
        return {
            **asdict(self),
            "business_date": self.business_date.isoformat(),
            "held_since": self.held_since.isoformat(),
            "findings": list(self.findings),
        }


def held_deliveries(home: Home) -> list[Held]:
    """The deliveries that wait, the longest waiting first."""
    if not ledger.batches(home.ledger):
        return []
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        rooms.create_decisions(connection, home, "decisions")
        found = connection.execute(
            f"""
            select delivery_id, source, organisation_code, dataset, business_date, received_at,
                rows_received, rows_held, rows_rejected, rows_duplicate, findings,
                coalesce(reason_vi, ''), coalesce(reason_en, '')
            from {ledger.scan_of(home.ledger)}
            where verdict = 'hold' and delivery_id not in (select delivery_id from decisions)
            order by received_at, business_date, source, dataset, delivery_id
            """
        ).fetchall()
    return [Held(*(*row[:10], tuple(row[10] or ()), *row[11:])) for row in found]


def wants_decision(home: Home, delivery_id: str) -> bool:
    """Is this delivery one that the check held, decided or not?"""
    if not ledger.batches(home.ledger):
        return False
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select 1 from {ledger.scan_of(home.ledger)}"
            " where delivery_id = ? and verdict = 'hold'",
            [delivery_id],
        ).fetchone()
    return found is not None
