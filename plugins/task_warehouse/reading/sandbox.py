"""A child process that reads untrusted bytes, seen from the parent.

The child gets its own session, a bare environment (no credential of ours is in it) and limits on
memory, processor time, file size and open files; the parent holds the wall clock. Answers come
back as one JSON line a delivery and as Arrow messages in a file, never as pickles.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from task_warehouse.errors import TaskWarehouseError
from task_warehouse.reading.request import Limits

ANSWER_LIMIT = 32 * 1024 * 1024
OUT_OF_MEMORY_EXIT = 70
START_SECONDS = 60.0


class Child:
    """One reading process and the deliveries it has been given, oldest first."""

    def __init__(self, scratch: Path, limits: Limits) -> None:
        self.scratch = scratch
        self.limits = limits
        self.given: deque[int] = deque()
        self.answered = 0
        self.ready = False
        self.ended = False
        self._said = b""
        self._since = time.monotonic()
        scratch.mkdir()
        self._errors = (scratch / "stderr").open("wb")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-I",
                "-m",
                "task_warehouse.reading.child",
                str(scratch),
                json.dumps(limits.as_json()),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=scratch,
            env=_bare_environment(),
            start_new_session=True,
        )
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)

    def fileno(self) -> int:
        """Descriptor of the child's answers, for a selector."""
        assert self.process.stdout is not None
        return self.process.stdout.fileno()

    def give(self, index: int, message: Mapping[str, Any]) -> bool:
        """Hand over a delivery; false if the child is already gone."""
        if not self.given:
            self._since = time.monotonic()
        self.given.append(index)
        return self.tell(message)

    def tell(self, message: Mapping[str, Any]) -> bool:
        """Write one JSON line to the child; false if it is gone."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def answers(self) -> list[bytes]:
        """The whole lines that have come since the last call; ``ended`` tells of the last one."""
        while True:
            try:
                data = os.read(self.fileno(), 1 << 20)
            except BlockingIOError:
                break
            if not data:
                self.ended = True
                break
            self._said += data
            if len(self._said) > ANSWER_LIMIT:
                self.ended = True
                return []
        *lines, self._said = self._said.split(b"\n")
        if lines:
            self._since = time.monotonic()
        return lines

    def overdue(self) -> bool:
        """Whether the delivery it is on has used up its wall clock."""
        if not self.ready:
            return time.monotonic() - self._since > START_SECONDS
        return bool(self.given) and time.monotonic() - self._since > self.limits.wall_seconds

    def kill(self) -> int:
        """End the child and everything it may have started; its exit status."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=0.5 if self.ended else 0)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        return self._reap()

    def close(self) -> None:
        """Let an idle child go home."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError, subprocess.TimeoutExpired):
            self.process.stdin.close()
            self.process.wait(timeout=5)
        self.kill()

    def startup_error(self) -> TaskWarehouseError:
        """A child that never got ready is a fault of ours, not of a source."""
        said = (self.scratch / "stderr").read_text(errors="replace")[-2_000:]
        return TaskWarehouseError(
            "the reading process did not start",
            where=said.strip() or f"exit status {self.process.returncode}",
            remedy="check that the package is installed and that memory limits leave room to start",
        )

    def _reap(self) -> int:
        status = self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self._errors):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue
        return status


def _bare_environment() -> dict[str, str]:
    """No credential and no setting of ours; one thread each, or the memory limit means little."""
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "MALLOC_ARENA_MAX": "2",
    }
