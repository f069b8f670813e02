"""Tell people that the marts are late: one line that names the step that is behind.

Both roads lead here on purpose: Airflow's deadline alert (experimental) and the freshness DAG's
own time-out.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from task_warehouse.settings import Home

log = logging.getLogger(__name__)


async def marts_are_late(**_: Any) -> None:
    """Callback of the deadline alert (runs in Airflow's triggerer)."""
    record_late("deadline")


def tell_late(_: Any) -> None:
    """Callback of the freshness DAG's failure."""
    record_late("freshness check")


def record_late(told_by: str) -> str:
    """Log the lateness as an error, append it to ``logs/alerts.jsonl``, return the message."""
    home = Home.from_environment()
    message = f"The marts are not fresh: {_behind(home)}"
    log.error("%s (told by the %s)", message, told_by)
    home.logs.mkdir(parents=True, exist_ok=True)
    alert = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "told_by": told_by,
        "message": message,
    }
    with (home.logs / "alerts.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(alert, ensure_ascii=False) + "\n")
    return message


def _behind(home: Home) -> str:
    from task_warehouse import publishing

    manifest = publishing.current(home)
    shown = f"published/current shows {manifest.as_of_date}" if manifest else "nothing is published"
    if not any(home.receipts.glob("business_date=*/*.parquet")):
        return f"{shown}; nothing was ever collected (see the DAG 'collect')"
    newest = max(home.receipts.glob("business_date=*")).name.removeprefix("business_date=")
    return f"{shown}; receipts reach {newest} (see the DAGs 'collect', 'check', 'build')"
