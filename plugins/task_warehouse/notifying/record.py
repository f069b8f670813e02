"""What each reader was told, kept under ``notified/`` so that nobody is told one state twice.

``notified/<recipient>/<kind>.json`` (the recipient by a digest: no address stands in a path)
holds the items told and the as-of date of the newest message. What is about to be sent is written
before it is sent, and what was sent after: a process killed between the two sends again, with the
same Message-ID, by which mail systems and webhooks can drop the second copy. At least once is all
that can be promised of a letter; at most once would lose some.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from task_warehouse.errors import StorageError
from task_warehouse.settings import Home
from task_warehouse.storage import written_whole

KEPT = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Told:
    """The record of one reader and kind; ``intent`` is a Message-ID that may or may not be out."""

    items: Mapping[str, str]
    as_of: date | None = None
    intent: str | None = None

    def news(self, items: frozenset[str], as_of: date) -> frozenset[str]:
        """The items this reader was not told; none of a day before the newest told."""
        if self.as_of and as_of < self.as_of:
            return frozenset()
        return items - self.items.keys()

    def after(self, items: frozenset[str], as_of: date) -> Told:
        """The record once these were told."""
        oldest = (as_of - KEPT).isoformat()
        kept = {item: day for item, day in self.items.items() if day >= oldest}
        return Told({**kept, **dict.fromkeys(items, as_of.isoformat())}, as_of)

    def intending(self, message_id: str) -> Told:
        return replace(self, intent=message_id)


def path_of(home: Home, recipient: str, kind: str) -> Path:
    name = hashlib.sha256(recipient.encode()).hexdigest()[:20]
    return home.notified / name / f"{kind}.json"


def read(home: Home, recipient: str, kind: str) -> Told:
    """What this reader was told; StorageError for a record that cannot be read."""
    path = path_of(home, recipient, kind)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        as_of = date.fromisoformat(content["as_of"]) if content["as_of"] else None
        return Told(dict(content["items"]), as_of, content["intent"])
    except FileNotFoundError:
        return Told({})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(
            f"the record of what was sent cannot be read: {error}",
            where=str(path),
            remedy="remove it; its reader may then get one message again",
        ) from error


def write(home: Home, recipient: str, kind: str, told: Told, at: datetime) -> None:
    """Keep the record, whole and durable."""
    content = {
        "as_of": told.as_of.isoformat() if told.as_of else None,
        "intent": told.intent,
        "written_at": at.isoformat(timespec="seconds"),
        "items": dict(sorted(told.items.items())),
    }
    with written_whole(path_of(home, recipient, kind)) as aside:
        aside.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
