"""Files that others drop: which are ours, which are new, which are still being written.

One mechanism for a folder, an SFTP server and a bucket; each of them is a :class:`Place`. A file
is known by its origin, size and mark of change (time or tag): what was taken once and has not
changed since moves no bytes again.
"""

from __future__ import annotations

import time
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from task_warehouse.landing import TooLargeError
from task_warehouse.transports.attempts import Attempt, Fault, missing, refused
from task_warehouse.transports.names import climbs_out, compile_pattern, shown
from task_warehouse.transports.pacing import keep_trying

if TYPE_CHECKING:
    from collections.abc import Iterator

    from task_warehouse.landing import Received
    from task_warehouse.transports.attempts import Earlier, Pull


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a place as a listing shows it; what a place does not say is None."""

    name: str  # relative, with '/', as the place spells it
    size: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    changed: float | None = None  # seconds since the epoch; None: never seen half written


class Place(Protocol):
    """Where files are dropped."""

    @property
    def tries(self) -> int:
        """How often it was asked, for the receipt."""

    def entries(self, *, deep: bool) -> Iterator[Entry]:
        """Files, and links to files; those in folders below too where ``deep``. Raises Faults."""

    def ready(self) -> None:
        """Be connected; the Fault of a place that is gone is the fault of all its files."""

    def take(self, entry: Entry) -> Received | None:
        """The bytes; None where somebody is still writing them. Raises Faults, TooLargeError."""


def pull_place(pull: Pull, place: Place) -> list[Attempt]:
    """One attempt for each file that matches; one that says why where none does."""
    origin = pull.dataset.address
    try:
        listed = keep_trying(pull.dataset.limits, pull.deadline, lambda: _matching(pull, place))
    except Fault as fault:
        return [Attempt(fault.outcome, origin, fault=_late(pull, fault), attempts=place.tries)]
    known = _Known(pull)
    found = sorted(listed, key=lambda entry: entry.name)
    begun = [(entry, _begin(pull, entry, known)) for entry in found]
    fresh = [entry for entry, attempt in begun if attempt.outcome == "arrived"]
    _settle(pull, fresh)
    attempts, unfinished = _take_all(pull, place, begun)
    due = [one for one in attempts if one.business_date in (None, pull.as_of)]
    if not due and pull.dataset.business_date.fixed is None:
        code = "transport.still_written" if unfinished else "transport.nothing_there"
        why = missing(code, unfinished or pull.dataset.pattern)
        attempts.append(Attempt("missing", origin, fault=why))
    return [one for one in attempts if one.outcome != "known"]


def _matching(pull: Pull, place: Place) -> list[Entry]:
    pattern = compile_pattern(pull.dataset.pattern)
    found: list[Entry] = []
    for entry in place.entries(deep="/" in pull.dataset.pattern):
        pull.deadline.check()
        # A name that climbs out is told by what it would have been, and refused later.
        name = entry.name.rsplit("/", 1)[-1] if climbs_out(entry.name) else entry.name
        if not pattern.fullmatch(unicodedata.normalize("NFC", name)):
            continue
        found.append(entry)
        if len(found) > pull.dataset.limits.max_files:
            raise refused("transport.too_many_files", pull.dataset.limits.max_files)
    return found


def _begin(pull: Pull, entry: Entry, known: _Known) -> Attempt:
    """The attempt of one file before any of its bytes moved; ``arrived`` where they must."""
    name = shown(entry.name)
    attempt = Attempt("arrived", f"{pull.dataset.place}/{name}", name)
    attempt.etag, attempt.last_modified = entry.etag, entry.last_modified
    try:
        if climbs_out(entry.name):
            raise refused("transport.outside_folder", name)
        attempt.business_date = pull.business_date_of(name)
    except Fault as fault:
        attempt.outcome, attempt.fault = fault.outcome, fault
        return attempt
    if attempt.business_date and attempt.business_date > pull.as_of:
        attempt.outcome = "known"  # of a day that this run does not describe yet
        return attempt
    earlier = known.same(attempt, entry)
    if earlier is None:
        return attempt
    if attempt.business_date is not None and attempt.business_date != pull.as_of:
        attempt.outcome = "known"  # of a former day, and said so on that day
    elif pull.holds(earlier.sha256):
        attempt.outcome, attempt.sha256 = "not_modified", earlier.sha256
    return attempt


class _Known:
    """Files that were taken before, by all that tells one from another without its bytes."""

    def __init__(self, pull: Pull) -> None:
        self._earlier: dict[tuple[object, ...], Earlier] = {}
        for one in reversed(pull.earlier):  # the newest sighting stays
            mark = _mark(one.size_bytes, one.etag, one.last_modified)
            self._earlier[one.origin, mark, one.business_date] = one
            self._earlier[one.origin, mark, None] = one

    def same(self, attempt: Attempt, entry: Entry) -> Earlier | None:
        """The delivery of this file as it is now; None where it is new, changed or unmarked."""
        if entry.etag is None and entry.last_modified is None:
            return None
        mark = _mark(entry.size, entry.etag, entry.last_modified)
        return self._earlier.get((attempt.origin, mark, attempt.business_date))


def _mark(size: int | None, etag: str | None, changed: str | None) -> tuple[object, ...]:
    return (etag,) if etag else (size, changed)


def _settle(pull: Pull, fresh: list[Entry]) -> None:
    """Return once even the newest file could have been left alone for a while.

    One wait serves all files. It is never longer than the declared time, whatever a clock ahead
    of ours says.
    """
    now, enough = time.time(), pull.dataset.settle_seconds
    ages = [max(0.0, now - entry.changed) for entry in fresh if entry.changed is not None]
    youngest = min([enough, *ages])
    time.sleep(min(enough - youngest, pull.deadline.remaining))


def _take_all(
    pull: Pull, place: Place, begun: list[tuple[Entry, Attempt]]
) -> tuple[list[Attempt], int]:
    """The attempts with their bytes, and how many files are left for a later pull."""
    attempts = [attempt for _, attempt in begun if attempt.outcome != "arrived"]
    unfinished = 0
    for entry, attempt in begun:
        if attempt.outcome != "arrived":
            continue
        tries = place.tries
        try:
            pull.deadline.check()
            place.ready()
        except Fault as fault:
            # Said once for all files that are left, not once a file.
            fault = _late(pull, fault)
            attempts.append(Attempt(fault.outcome, pull.dataset.address, fault=fault))
            break
        if _take(pull, place, entry, attempt):
            attempt.attempts = max(1, place.tries - tries)
            attempts.append(attempt)
        else:
            unfinished += 1
    return attempts, unfinished


def _take(pull: Pull, place: Place, entry: Entry, attempt: Attempt) -> bool:
    """Receive the file into ``attempt``; False where it is left for a later pull."""
    try:
        attempt.received = place.take(entry)
    except Fault as fault:
        fault = _late(pull, fault)
        attempt.outcome, attempt.fault = fault.outcome, fault
    except TooLargeError as error:
        attempt.outcome, attempt.fault = "refused", refused("transport.too_large", error.limit)
    return attempt.fault is not None or attempt.received is not None


def _late(pull: Pull, fault: Fault) -> Fault:
    """Whatever breaks once the time is used up broke because of that."""
    if pull.deadline.remaining <= 0 and fault.outcome == "failed":
        return pull.deadline.fault()
    return fault


def stamp(seconds: int, nanoseconds: int = 0) -> str:
    """A time of change for a receipt, as exact as the place says it."""
    moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moment}.{nanoseconds:09d}Z"
