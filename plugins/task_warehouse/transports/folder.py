"""A folder that others drop files into, at any hour and under any name."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from task_warehouse.landing import receive
from task_warehouse.transports.attempts import failed, missing, refused
from task_warehouse.transports.drops import Entry, pull_place, stamp
from task_warehouse.transports.names import is_left_alone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from task_warehouse.landing import Received
    from task_warehouse.transports.attempts import Attempt, Pull

CHUNK_BYTES = 1_048_576


def pull_folder(pull: Pull) -> list[Attempt]:
    """One attempt for each file that matches; one that says why where none does."""
    return pull_place(pull, _Folder(pull))


class _Folder:
    """A folder of ours, or of a share that is mounted here."""

    def __init__(self, pull: Pull) -> None:
        self._pull = pull
        self._folder: Path = pull.source.base / (pull.dataset.path or "")
        self._seen: dict[str, os.stat_result] = {}
        self.tries = 0

    def entries(self, *, deep: bool) -> Iterator[Entry]:
        try:
            if not stat.S_ISDIR(self._folder.stat().st_mode):
                raise missing("transport.folder_missing", self._pull.dataset.path)
            for name in _names(self._folder, deep=deep):
                yield self._entry(name)
        except (FileNotFoundError, NotADirectoryError):
            raise missing("transport.folder_missing", self._pull.dataset.path) from None
        except OSError as error:
            raise failed("transport.folder_unreadable", type(error).__name__) from None

    def _entry(self, name: str) -> Entry:
        try:
            status = (self._folder / name).stat()
        except OSError:
            return Entry(name)  # a broken link; opening it will say so
        self._seen[name] = status
        changed = stamp(*divmod(status.st_mtime_ns, 10**9))
        return Entry(name, status.st_size, None, changed, status.st_mtime)

    def ready(self) -> None:
        """A folder is there or its listing said that it is not."""

    def take(self, entry: Entry) -> Received | None:
        descriptor = _open_inside(self._folder, entry.name)
        try:
            before = os.fstat(descriptor)
            if not stat.S_ISREG(before.st_mode):
                raise refused("transport.not_a_file", entry.name)
            was = self._seen.get(entry.name)
            if was is None or _changed(was, before):
                return None
            chunks = _chunks(self._pull, descriptor)
            received = receive(
                self._pull.home, chunks, max_bytes=self._pull.dataset.limits.max_bytes
            )
            if _changed(before, os.fstat(descriptor)) or received.size != before.st_size:
                received.drop()
                return None
            return received
        finally:
            os.close(descriptor)


def _names(folder: Path, *, deep: bool) -> Iterator[str]:
    for entry in os.scandir(folder):
        if is_left_alone(entry.name):
            continue
        if not entry.is_dir(follow_symlinks=False):
            yield entry.name
        elif deep:
            for inner in _names(folder / entry.name, deep=True):
                yield f"{entry.name}/{inner}"


def _open_inside(folder: Path, name: str) -> int:
    """Open without waiting for a pipe's other end; refuse what leads out of the folder."""
    path = folder / name
    try:
        if not path.resolve(strict=True).is_relative_to(folder.resolve(strict=True)):
            raise refused("transport.outside_folder", name)
        return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except RuntimeError:
        raise refused("transport.outside_folder", name) from None
    except OSError as error:
        raise failed("transport.file_unreadable", name, type(error).__name__) from None


def _changed(before: os.stat_result, after: os.stat_result) -> bool:
    return (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)


def _chunks(pull: Pull, descriptor: int) -> Iterator[bytes]:
    while chunk := os.read(descriptor, CHUNK_BYTES):
        pull.deadline.check()
        yield chunk
