"""A morning that is late is told once a road, with the step that is behind."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime
from pathlib import Path

from task_warehouse import alerting
from task_warehouse.receipts import Receipt, write_receipts
from task_warehouse.settings import Home


def told(root: Path) -> list[dict[str, str]]:
    lines = (root / "logs" / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_the_deadline_alert_and_the_freshness_check_say_the_same(home_root: Path) -> None:
    asyncio.run(alerting.marts_are_late(context={}))
    alerting.tell_late({})
    first, second = told(home_root)
    assert first["message"] == second["message"]
    assert "nothing is published" in first["message"]
    assert "nothing was ever collected" in first["message"]
    assert {first["told_by"], second["told_by"]} == {"deadline", "freshness check"}


def test_the_message_names_how_far_the_road_came(home_root: Path) -> None:
    receipt = Receipt(
        batch="b1",
        source="a",
        organisation_code="G06",
        dataset="tasks",
        mode="full",
        business_date=date(2025, 7, 1),
        received_at=datetime(2025, 7, 1, tzinfo=UTC),
        due_at=None,
        expected=True,
        outcome="missing",
        origin="a",
    )
    write_receipts(Home(home_root), "b1", [receipt])
    assert "receipts reach 2025-07-01" in alerting.record_late("a test")
