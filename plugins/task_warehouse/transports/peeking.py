"""What a page of JSON says about the next one, found out in a child process.

Bytes that we did not write are not parsed in the process that holds credentials and the other
sources' work. One child serves a batch; when a page kills it, that page's pull ends and the next
page gets a new child.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from task_warehouse.errors import TaskWarehouseError
from task_warehouse.transports.attempts import refused

if TYPE_CHECKING:
    from types import TracebackType

READER = Path(__file__).with_name("page_reader.py")
ANSWER_SECONDS = 20.0
MAX_ANSWER_BYTES = 8_000_000  # a thousand keys, each letter of them escaped
READ_BYTES = 65_536
NEEDED_TO_START = ("LD_LIBRARY_PATH",)  # some installations of Python; nothing else is handed on


@dataclass(frozen=True, slots=True)
class Peek:
    """Of one page: items (None: no list there), their hash, next address or cursor, total."""

    items: int | None
    hash: str | None
    next: str | None
    total: int | None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a bucket's listing: (key, size, tag, changed) of each object, and how to go on."""

    objects: list[tuple[str, int | None, str | None, str | None]]
    next: str | None


class Peeker:
    """The child process; used by all threads of a batch, one page at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._end()

    def peek(
        self,
        page: bytes,
        *,
        items: str | None = None,
        next_path: str | None = None,
        total: str | None = None,
    ) -> Peek:
        """Look into one page. Raises a Fault for a page that cannot be looked into."""
        said = self._answer({"items": items, "next": next_path, "total": total}, page)
        return Peek(said["items"], said["hash"], said["next"], said["total"])

    def list_objects(self, page: bytes) -> Listing:
        """What a bucket's listing (XML) says. Raises a Fault for one that says nothing sound."""
        said = self._answer({"objects": True}, page)
        return Listing([tuple(one) for one in said["objects"]], said["next"])

    def _answer(self, request: dict[str, object], page: bytes) -> dict[str, Any]:
        with self._lock:
            child = self._running()
            line = json.dumps({"size": len(page), **request}).encode() + b"\n"
            try:
                answer: dict[str, Any] = json.loads(_ask(child, line, page))
            except (OSError, ValueError):
                self._end()
                raise refused("transport.page_unreadable", "the reading process died") from None
        if "error" in answer:
            raise refused("transport.page_unreadable", answer["error"])
        return answer

    def _running(self) -> subprocess.Popen[bytes]:
        """The child, proven to answer: that it does not start is our fault, not a source's."""
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._end()
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-S", str(READER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in NEEDED_TO_START if name in os.environ},
        )
        try:
            _ask(self._child, b'{"size": 2}\n', b"[]")
        except OSError as error:
            self._end()
            raise TaskWarehouseError(
                "the process that looks into pages of JSON does not start",
                where=f"{sys.executable} {READER.name}",
                remedy="run it by hand to see why; this machine may be out of memory or processes",
            ) from error
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream:
                with suppress(OSError):
                    stream.close()


def _ask(child: subprocess.Popen[bytes], request: bytes, page: bytes) -> bytes:
    assert child.stdin is not None
    assert child.stdout is not None
    # The child reads the whole page before it answers, so writing cannot block on its answer.
    child.stdin.write(request + page)
    child.stdin.flush()
    return _line(child.stdout.fileno(), ANSWER_SECONDS)


def _line(descriptor: int, seconds: float) -> bytes:
    """One line from the child; OSError when it is silent too long, ends or talks too much."""
    end, found = time.monotonic() + seconds, bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while not found.endswith(b"\n"):
            if not selector.select(max(0.0, end - time.monotonic())):
                raise TimeoutError
            some = os.read(descriptor, READ_BYTES)
            if not some or len(found) > MAX_ANSWER_BYTES:
                raise BrokenPipeError
            found += some
    return bytes(found)
