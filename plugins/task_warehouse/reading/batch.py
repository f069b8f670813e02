"""Many deliveries into one ``text.arrow`` and one ``layouts.parquet``.

Two children read at a time; the parent writes what they answer in the order of the requests, so
that the same requests give the same rows in the same order however the children were scheduled.
"""

from __future__ import annotations

import dataclasses
import json
import os
import selectors
import shutil
import signal
import tempfile
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from task_warehouse.reading import refusal
from task_warehouse.reading.request import Limits, ReadRequest
from task_warehouse.reading.sandbox import OUT_OF_MEMORY_EXIT, Child
from task_warehouse.reading.writing import BatchWriter, Outcome

# What a child has before it, so that it never waits for a parent that is busy with other things:
# a few deliveries, of small ones more.
QUEUED, QUEUED_SMALL, SMALL_BYTES = 4, 64, 64 * 1024
TICK_SECONDS = 0.25


def read_batch(
    requests: Sequence[ReadRequest],
    out_dir: Path,
    limits: Limits | None = None,
    header_hints: frozenset[str] = frozenset(),
) -> None:
    """Read ``requests`` and write ``text.arrow`` and ``layouts.parquet`` into ``out_dir``.

    ``header_hints`` are added to those of each request. A delivery that cannot be read becomes a
    refused layout; only a fault of ours (a reader that does not start, a full disk) raises.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".reading-", dir=out_dir))
    try:
        with BatchWriter(out_dir, scratch) as writer:
            reading = _Reading(requests, scratch, limits or Limits(), header_hints, writer)
            reading.run()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@dataclass(slots=True)
class _Job:
    index: int
    alone: bool = False


class _Reading:
    """Hands deliveries to children and collects their answers."""

    def __init__(
        self,
        requests: Sequence[ReadRequest],
        scratch: Path,
        limits: Limits,
        hints: frozenset[str],
        writer: BatchWriter,
    ) -> None:
        self.requests = requests
        self.scratch = scratch
        self.limits = limits
        self.hints = hints
        self.writer = writer
        self.sizes = [_size(request.path) for request in requests]
        self.waiting = deque(range(len(requests)))
        self.suspects: set[int] = set()
        self.outcomes: dict[int, Outcome] = {}
        self.written = 0
        self.started = 0
        self.selector = selectors.DefaultSelector()
        self.children: list[Child] = []
        self.known_hints: dict[int, set[str]] = {}
        self.hint_names: dict[frozenset[str], str] = {}

    def run(self) -> None:
        try:
            while self.written < len(self.requests):
                self._staff()
                self._listen()
                self._write_in_order()
        finally:
            for child in self.children:
                child.kill() if child.given else child.close()
            self.selector.close()

    def _staff(self) -> None:
        """Keep as many children as there is work for."""
        wanted = min(self.limits.children, len(self.waiting) + sum(map(_busy, self.children)))
        while len(self.children) < wanted:
            child = Child(self.scratch / f"child-{self.started}", self.limits)
            self.started += 1
            self.children.append(child)
            self.known_hints[id(child)] = set()
            self.selector.register(child, selectors.EVENT_READ)

    def _listen(self) -> None:
        heard = [key.fileobj for key, _ in self.selector.select(TICK_SECONDS)]
        for child in list(self.children):
            if child in heard:
                self._hear(child)
            elif child.overdue():
                self._lose(child, timed_out=True)
        for child in list(self.children):
            # Also one that fell idle before a dying child gave its deliveries back.
            if child.ready:
                self._feed(child)

    def _hear(self, child: Child) -> None:
        for line in child.answers():
            if not self._take(child, line):
                child.ended = True
                break
        if child.ended:
            self._lose(child, timed_out=False)

    def _take(self, child: Child, line: bytes) -> bool:
        """Take one answer; false if it is not one, and then the child is not to be trusted."""
        try:
            answer = json.loads(line)
            if not child.ready:
                child.ready = answer["ready"]
                return True
            index = answer["index"]
            if not child.given or index != child.given[0]:
                return False
            self.outcomes[index] = _outcome(self.requests[index], child, answer)
        except (ValueError, KeyError, TypeError):
            return False
        child.given.popleft()
        child.answered += 1
        return True

    def _feed(self, child: Child) -> None:
        while self.waiting and self._takes_more(child):
            index = self.waiting[0]
            if index in self.suspects and (child.given or child.answered):
                return self._retire_if_idle(child)
            self.waiting.popleft()
            if not self._give(child, index) or index in self.suspects:
                return None
        return None

    def _takes_more(self, child: Child) -> bool:
        is_small = self.sizes[self.waiting[0]] <= SMALL_BYTES
        return len(child.given) < (QUEUED_SMALL if is_small else QUEUED)

    def _retire_if_idle(self, child: Child) -> None:
        """A suspect is read again by a fresh child, so that no earlier delivery bears on it."""
        if not child.given:
            self._dismiss(child)
            child.close()

    def _give(self, child: Child, index: int) -> bool:
        request = self.requests[index]
        hints = request.header_hints | self.hints
        name = self.hint_names.setdefault(hints, str(len(self.hint_names)))
        if name not in self.known_hints[id(child)]:
            self.known_hints[id(child)].add(name)
            child.tell({"hints": sorted(hints), "name": name})
        return child.give(index, {"index": index, "hints_name": name, "request": _plain(request)})

    def _lose(self, child: Child, *, timed_out: bool) -> None:
        """A child that died or hung costs the delivery it was on; the rest goes to a new one."""
        self._dismiss(child)
        status = child.kill()
        if not child.ready:
            raise child.startup_error()
        if not child.given:
            return
        culprit = child.given.popleft()
        self.waiting.extendleft(reversed(child.given))
        timed_out = timed_out or status == -signal.SIGXCPU
        if child.answered and not timed_out:
            self.suspects.add(culprit)
            self.waiting.appendleft(culprit)
            return
        kind, detail = _cause(status, timed_out=timed_out, limits=self.limits)
        self.outcomes[culprit] = Outcome.refusal(self.requests[culprit], kind, detail)

    def _dismiss(self, child: Child) -> None:
        self.selector.unregister(child)
        self.children.remove(child)
        del self.known_hints[id(child)]

    def _write_in_order(self) -> None:
        while self.written in self.outcomes:
            self.writer.add(self.outcomes.pop(self.written))
            self.written += 1


def _busy(child: Child) -> int:
    return 1 if child.given else 0


def _size(path: Path) -> int:
    """Bytes; a file that is not there costs nothing until the child says so."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _plain(request: ReadRequest) -> dict[str, Any]:
    fields = {item.name: getattr(request, item.name) for item in dataclasses.fields(request)}
    del fields["header_hints"]
    return fields | {"path": os.path.abspath(request.path)}  # noqa: PTH100 - asks no disk


def _outcome(request: ReadRequest, child: Child, answer: dict[str, Any]) -> Outcome:
    if "refused" in answer:
        return Outcome.refusal(request, str(answer["refused"]), str(answer["detail"]))
    return Outcome(
        request=request,
        text=child.scratch / f"text-{int(answer['file'])}.arrow",
        start=int(answer["start"]),
        end=int(answer["end"]),
        records=int(answer["records"]),
        layouts=list(answer["layouts"]),
    )


def _cause(status: int, *, timed_out: bool, limits: Limits) -> tuple[str, str]:
    if timed_out:
        return refusal.TIMEOUT, (
            f"not read within {limits.wall_seconds:g} s of wall clock "
            f"or {limits.cpu_seconds} s of processor time"
        )
    if status == OUT_OF_MEMORY_EXIT:
        return refusal.TOO_LARGE, f"needs more than {limits.memory_bytes} bytes of memory"
    name = signal.Signals(-status).name if status < 0 else f"exit status {status}"
    return refusal.READER_DIED, f"the reading process ended with {name}"
