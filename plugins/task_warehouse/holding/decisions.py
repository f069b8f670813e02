"""What persons decided of held deliveries: one small file a decision, never changed, never gone."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

from task_warehouse.errors import StorageError, UsageError
from task_warehouse.settings import Home
from task_warehouse.storage import beside, our_storage, sync_folder

Outcome = Literal["release", "refuse"]
OUTCOMES: tuple[str, ...] = get_args(Outcome)
LONGEST_NOTE = 1000
LONGEST_NAME = 120
DELIVERY_ID = re.compile(r"[0-9a-f]{20}")
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


@dataclass(frozen=True, slots=True)
class Decision:
    """Who let a held delivery in or refused it, when and why. ``decided_at`` is an instant."""

    delivery_id: str
    decision: Outcome
    decided_by: str
    decided_at: datetime
    note: str


class Dated(Protocol):
    """What has a place in the order in which deliveries came."""

    @property
    def received_at(self) -> datetime: ...
    @property
    def business_date(self) -> date: ...
    @property
    def delivery_id(self) -> str: ...


def order_of(delivery: Dated) -> tuple[datetime, date, str]:
    """The order in which deliveries count as having come."""
    return delivery.received_at.astimezone(UTC), delivery.business_date, delivery.delivery_id


def decide(
    home: Home, delivery_id: str, outcome: str, *, note: str, by: str, at: datetime
) -> Decision:
    """Record what ``by`` decided of a held delivery, and why.

    Raises :class:`UsageError` for a delivery that does not wait, for one that was decided
    otherwise, and without a note or a name. The same decision again is the one there is.
    """
    from task_warehouse.holding.waiting import wants_decision

    said = _sound(delivery_id, outcome, note, by, at)
    if not wants_decision(home, delivery_id):
        raise UsageError(
            "this delivery is not held",
            where=delivery_id,
            remedy="list those that are: task-warehouse held",
        )
    path = _path(home, delivery_id)
    with our_storage(path):
        return said if _write_once(path, said) else _same(path, said)


def decisions(home: Home) -> dict[str, Decision]:
    """All decisions, by delivery. Raises :class:`StorageError` for a file that is damaged."""
    return {path.stem: _read(path) for path in sorted(home.decisions.glob("*.json"))}


def moments_of_release(home: Home) -> dict[str, datetime]:
    """When each released delivery was released."""
    return {
        name: decision.decided_at
        for name, decision in decisions(home).items()
        if decision.decision == "release"
    }


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


def _path(home: Home, delivery_id: str) -> Path:
    return home.decisions / f"{delivery_id}.json"


def _write_once(path: Path, decision: Decision) -> bool:
    """Write the decision unless there is one; of two at a time one wins."""
    said = asdict(decision) | {"decided_at": decision.decided_at.isoformat()}
    with beside(path) as aside:
        with aside.open("w", encoding="utf-8") as stream:
            json.dump(said, stream, ensure_ascii=False, indent=1)
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(aside, path)
        except FileExistsError:
            return False
        sync_folder(path.parent)
        return True


def _same(path: Path, decision: Decision) -> Decision:
    earlier = _read(path)
    if earlier.decision == decision.decision:
        return earlier
    raise UsageError(
        f"already decided: {earlier.decision}, by {earlier.decided_by} at"
        f" {earlier.decided_at.isoformat()} ({earlier.note})",
        where=str(path),
        remedy="a decision stays; ask the source to send a corrected export, which is a new one",
    )


def _read(path: Path) -> Decision:
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        moment = datetime.fromisoformat(said.pop("decided_at"))
        return Decision(decided_at=moment, **said)
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(
            f"a decision cannot be read: {error}",
            where=str(path),
            remedy="restore that file from the backup; without it the delivery would wait again",
        ) from None
