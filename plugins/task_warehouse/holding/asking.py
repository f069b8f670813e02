"""A held delivery as a question to a person, and the person's answer, as Airflow carries them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from task_warehouse.errors import UsageError
from task_warehouse.holding.deciding import decide
from task_warehouse.holding.decisions import Decision, decisions
from task_warehouse.holding.waiting import Held, held_deliveries
from task_warehouse.settings import TIMEZONE, Home

# Airflow maps a task over so many at most; who has more that wait has one cause for them.
MOST = 1000
RUN_PREFIX = "held__"


def questions(home: Home) -> list[dict[str, object]]:
    """One run of the DAG ``decide`` for each delivery that waits, named after it."""
    return [
        {
            "trigger_run_id": f"{RUN_PREFIX}{held.delivery_id}",
            "conf": {"delivery": held.delivery_id},
        }
        for held in held_deliveries(home)[:MOST]
    ]


def question(home: Home, delivery_id: str) -> dict[str, str]:
    """Subject and body (Markdown), Vietnamese first, of what is to be decided.

    Raises :class:`UsageError` where nothing waits for a decision.
    """
    held = next((item for item in held_deliveries(home) if item.delivery_id == delivery_id), None)
    if held is None:
        decided = decisions(home).get(delivery_id)
        raise UsageError(
            f"decided already: {decided.decision}, by {decided.decided_by}"
            if decided
            else "this delivery does not wait for a decision",
            where=delivery_id[:40],
            remedy="list those that wait: task-warehouse held",
        )
    day = f"{held.business_date:%d/%m/%Y}"
    return {"subject": f"{held.source} · {held.dataset} · {day}", "body": _body(held)}


def _body(held: Held) -> str:
    since = held.held_since.astimezone(ZoneInfo(TIMEZONE))
    counts = (held.rows_received, held.rows_held, held.rows_rejected, held.rows_duplicate)
    return "\n\n".join(
        (
            f"**Đang giữ lại từ {since:%d/%m/%Y %H:%M}** (lô `{held.delivery_id}`).",
            "Số liệu tốt gần nhất vẫn được dùng.",
            _quoted(held.reason_vi),
            "Nhận {} dòng: chờ quyết định {}, bị từ chối {}, trùng {}.".format(*counts),
            f"*Held since {since:%d/%m/%Y %H:%M}; the last good data stay in use.*",
            _quoted(held.reason_en),
            "*{} rows received: {} wait, {} rejected, {} duplicate.*".format(*counts),
        )
    )


def _quoted(text: str) -> str:
    """Words that a source had a part in, as a block that Markdown does not interpret."""
    return "    " + " ".join(text.split())


def answer(home: Home, delivery_id: str, answered: Mapping[str, Any]) -> Decision:
    """Record what a person answered: ``chosen_options``, ``params_input.note`` and who it was."""
    chosen = str(next(iter(answered.get("chosen_options") or ()), ""))
    note = (answered.get("params_input") or {}).get("note")
    person = answered.get("responded_by_user") or {}
    return decide(
        home,
        delivery_id,
        chosen.rpartition(" ")[2].casefold(),
        note=str(note or ""),
        by=str(person.get("name") or person.get("id") or ""),
        at=_moment(answered.get("responded_at")),
    )


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime):
        raise UsageError("the answer does not say when it was given")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
