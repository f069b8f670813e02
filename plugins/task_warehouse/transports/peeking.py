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
from typing import TYPE_CHECKING, Self

from task_warehouse.errors import TaskWarehouseError
from task_warehouse.transports.attempts import refused

if TYPE_CHECKING:
    from types import TracebackType

READER = Path(__file__).with_name("page_reader.py")
ANSWER_SECONDS = 20.0
MAX_ANSWER_BYTES = 65_536
NEEDED_TO_START = ("LD_LIBRARY_PATH",)  # some installations of Python; nothing else is handed on


@dataclass(frozen=True, slots=True)
class Peek:
    """Of one page: items (None: no list there), their hash, next address or cursor, total."""

    items: int | None
    hash: str | None
    next: str | None
    total: int | None


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
        request = {"size": len(page), "items": items, "next": next_path, "total": total}
        with self._lock:
            child = self._running()
            try:
                answer = json.loads(_ask(child, json.dumps(request).encode() + b"\n", page))
            except (OSError, ValueError):
                self._end()
                raise refused("transport.page_unreadable", "the reading process died") from None
        if "error" in answer:
            raise refused("transport.page_unreadable", answer["error"])
        return Peek(answer["items"], answer["hash"], answer["next"], answer["total"])

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
    end, found = time.monotonic() + seconds, b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while not found.endswith(b"\n"):
            if not selector.select(max(0.0, end - time.monotonic())):
                raise TimeoutError
            some = os.read(descriptor, MAX_ANSWER_BYTES)
            if not some or len(found) > MAX_ANSWER_BYTES:
                raise BrokenPipeError
            found += some
    return found
