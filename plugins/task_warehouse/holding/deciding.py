"""A person decides of a held delivery: which delivery, with which words, once."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime

from task_warehouse.errors import UsageError
from task_warehouse.holding.decisions import OUTCOMES, Decision, Outcome, record
from task_warehouse.holding.waiting import wants_decision
from task_warehouse.settings import Home

LONGEST_NOTE = 1000
LONGEST_NAME = 120
DELIVERY_ID = re.compile(r"[0-9a-f]{20}")
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


def decide(
    home: Home, delivery_id: str, outcome: str, *, note: str, by: str, at: datetime
) -> Decision:
    """Record what ``by`` decided of a held delivery, and why.

    Raises :class:`UsageError` for a delivery that does not wait, for one that was decided
    otherwise, and without a note or a name. The same decision again is the one there is.
    """
    said = _sound(delivery_id, outcome, note, by, at)
    if not wants_decision(home, delivery_id):
        raise UsageError(
            "this delivery is not held",
            where=delivery_id,
            remedy="list those that are: task-warehouse held",
        )
    return record(home, said)


def _sound(delivery_id: str, outcome: str, note: str, by: str, at: datetime) -> Decision:
    if not DELIVERY_ID.fullmatch(delivery_id):
        raise UsageError(f"'{delivery_id[:40]}' is no delivery", remedy="give its 20 hex digits")
    if outcome not in OUTCOMES:
        raise UsageError(f"'{outcome[:40]}' is no decision", remedy=f"give {' or '.join(OUTCOMES)}")
    if at.tzinfo is None:
        raise UsageError("the moment of a decision needs its time zone")
    texts = {"note": _plain(note, LONGEST_NOTE), "by": _plain(by, LONGEST_NAME)}
    for name, text in texts.items():
        if not text:
            raise UsageError(
                f"a decision needs --{name}",
                where=delivery_id,
                remedy="say why, for those who ask later" if name == "note" else "say who decides",
            )
    decided: Outcome = "release" if outcome == "release" else "refuse"
    return Decision(
        delivery_id, decided, texts["by"], at.astimezone(UTC).replace(microsecond=0), texts["note"]
    )


def _plain(text: str, longest: int) -> str:
    neat = _INVISIBLE.sub(" ", unicodedata.normalize("NFC", text))
    return " ".join(neat.split())[:longest]
