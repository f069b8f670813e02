"""What a transport is asked and what it answers; the words in which a fault is told."""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from task_warehouse.errors import ContractError
from task_warehouse.landing import is_landed
from task_warehouse.settings import PROJECT_ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from task_warehouse.landing import Received
    from task_warehouse.settings import Home
    from task_warehouse.sources import DatasetSource, Source
    from task_warehouse.transports.pacing import Deadline, RateLimiter
    from task_warehouse.transports.peeking import Peeker
    from task_warehouse.transports.signing import Secrets
    from task_warehouse.transports.tokens import Tokens


class Fault(Exception):  # noqa: N818 - a source's fault is an outcome, not an error of ours
    """A source's fault: the outcome it ends in, its kind, and what to say about it.

    ``value`` is what was found, ``expected`` what should have been there. Neither may hold a
    credential or an address beyond scheme, host and port that the other side chose.
    """

    def __init__(
        self, outcome: str, code: str, value: object = "", expected: object = "", *, again: bool
    ) -> None:
        self.outcome = outcome
        self.code = code
        self.value = str(value)
        self.expected = str(expected)
        self.again = again  # may be tried again within this pull
        self.wait: float | None = None  # seconds the other side asks to wait before that
        super().__init__(f"{code}: {self.value}")


def refused(code: str, value: object = "", expected: object = "") -> Fault:
    """It answered, and we do not take it."""
    return Fault("refused", code, value, expected, again=False)


def failed(code: str, value: object = "", expected: object = "", *, again: bool = False) -> Fault:
    """It could not be fetched."""
    return Fault("failed", code, value, expected, again=again)


def missing(code: str, value: object = "", expected: object = "") -> Fault:
    """There is nothing there."""
    return Fault("missing", code, value, expected, again=False)


@dataclass(slots=True)
class Attempt:
    """What became of one file or one pull.

    ``outcome``: ``arrived`` (``received`` holds the bytes), ``not_modified`` (the bytes of
    ``sha256``, held already), ``nothing_arose``, ``missing``, ``refused`` or ``failed``.
    """

    outcome: str
    origin: str
    original_name: str | None = None
    received: Received | None = None
    sha256: str | None = None
    fault: Fault | None = None
    business_date: date | None = None
    attempts: int = 1
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """A delivery of the same source and dataset that we hold, newest sighting first."""

    business_date: date
    origin: str
    original_name: str | None
    sha256: str
    size_bytes: int
    etag: str | None
    last_modified: str | None


@dataclass(slots=True)
class Pull:
    """One dataset of one source, for one as-of date."""

    home: Home
    source: Source
    name: str
    dataset: DatasetSource
    as_of: date
    deadline: Deadline
    secrets: Secrets
    peeker: Peeker
    rates: RateLimiter
    tokens: Tokens
    earlier: tuple[Earlier, ...] = ()
    last_success: date | None = None  # business date of the last good pull before the as-of date
    business_date_of: Callable[[str], date | None] = field(default=lambda _name: None)

    def holds(self, sha256: str) -> bool:
        """Are these bytes in the landing?"""
        return is_landed(self.home, sha256)


@functools.cache
def _kinds() -> Mapping[str, tuple[str, str]]:
    path = PROJECT_ROOT / "dbt_project" / "seeds" / "defect_kinds.csv"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return {
            row["defect"]: (row["message_vi"], row["message_en"]) for row in csv.DictReader(stream)
        }


def explain(code: str, value: str = "", expected: str = "") -> tuple[str, str]:
    """What to tell about a fault, in Vietnamese and in English.

    Raises :class:`ContractError` for a kind that is not in the seed of defect kinds.
    """
    texts = _kinds().get(code)
    if texts is None:
        raise ContractError(
            f"there is no text for the defect '{code}'",
            where="dbt_project/seeds/defect_kinds.csv",
            remedy="add the kind with its Vietnamese and English message",
        )
    filled = [
        text.replace("{value}", value[:300]).replace("{expected}", expected[:300]) for text in texts
    ]
    return filled[0], filled[1]
