"""What persons decided of held deliveries: one small file a decision, never changed, never gone."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

from task_warehouse.errors import StorageError, UsageError
from task_warehouse.settings import Home
from task_warehouse.storage import beside, our_storage, sync_folder

Outcome = Literal["release", "refuse"]
OUTCOMES: tuple[str, ...] = get_args(Outcome)


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


def record(home: Home, said: Decision) -> Decision:
    """Keep a decision for ever; the same again is the one there is.

    Raises :class:`UsageError` for a delivery that was decided otherwise.
    """
    path = _path(home, said.delivery_id)
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
