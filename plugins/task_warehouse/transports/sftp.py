"""SFTP: a folder on a server, from which each file is fetched once; or into which we put files."""

from __future__ import annotations

import posixpath
import time
from typing import TYPE_CHECKING, cast

import asyncssh

from task_warehouse.landing import TooLargeError, receive
from task_warehouse.transports.attempts import failed, missing, refused
from task_warehouse.transports.drops import Entry, pull_place, stamp
from task_warehouse.transports.names import is_left_alone
from task_warehouse.transports.pacing import keep_trying
from task_warehouse.transports.sftp_connection import SftpConnection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from task_warehouse.landing import Received
    from task_warehouse.transports.attempts import Attempt, Pull

CHUNK_BYTES = 262_144
NAMES_AT_A_TIME = 500
DEEPEST = 16
RESOLUTION_SECONDS = 1.0  # of the times of change in SFTP
REGULAR, FOLDER, LINK = 1, 2, 3  # types of a file in SFTP
NO_FOLDER = (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPNotADirectory)


def pull_sftp(pull: Pull) -> list[Attempt]:
    """One attempt for each file that matches; one that says why where none does."""
    with _Folder(pull) as folder:
        return pull_place(pull, folder)


class SftpDrop(SftpConnection):
    """A folder of an SFTP server into which files are put."""

    def put(self, name: str, octets: bytes) -> None:
        """Put a file, whole under its name or not at all. Raises a Fault."""
        limits, deadline = self.pull.dataset.limits, self.pull.deadline
        keep_trying(limits, deadline, lambda: self._put(name, octets))

    def _put(self, name: str, octets: bytes) -> None:
        self.ready()
        pull, base = self.pull, self.pull.dataset.path or "."
        pull.rates.take(self.origin.host, pull.dataset.limits.requests_per_second, pull.deadline)
        self.tries += 1
        aside, target = posixpath.join(base, f".{name}.part"), posixpath.join(base, name)
        try:
            file = self.run(self.up().open(aside, "wb", encoding=None))
            try:
                for start in range(0, len(octets), CHUNK_BYTES):
                    self.run(file.write(octets[start : start + CHUNK_BYTES], start))
            finally:
                self.close(file)
            self._replace(aside, target)
        except NO_FOLDER:
            raise missing("transport.folder_missing", base) from None
        except asyncssh.SFTPError as error:
            raise failed("report.not_written", name, _kind(error)) from None

    def _replace(self, aside: str, target: str) -> None:
        try:
            self.run(self.up().posix_rename(aside, target))
        except asyncssh.SFTPOpUnsupported:  # version 3 alone cannot rename over what is there
            if self.run(self.up().exists(target)):
                self.run(self.up().remove(target))
            self.run(self.up().rename(aside, target))


class _Folder(SftpConnection):
    """A folder of an SFTP server, as a place where files are dropped."""

    def __init__(self, pull: Pull) -> None:
        super().__init__(pull)
        self._base = pull.dataset.path or "."
        self._kinds: dict[str, int] = {}
        self._seen: dict[str, tuple[int | None, int | None]] = {}

    def entries(self, *, deep: bool) -> Iterator[Entry]:
        self.ready()
        self._kinds.clear()
        try:
            yield from self._below("", deep=deep, depth=0)
        except NO_FOLDER:
            raise missing("transport.folder_missing", self._base) from None
        except asyncssh.SFTPError as error:
            raise failed("transport.folder_unreadable", type(error).__name__) from None

    def _below(self, inside: str, *, deep: bool, depth: int) -> Iterator[Entry]:
        client = self.up()
        names = client.scandir(posixpath.join(self._base, inside))
        while some := self.run(_some(names)):
            for found in some:
                name = str(found.filename)
                if name in (".", ".."):
                    continue
                whole = inside + name
                if "/" in name:  # of a listing: a lie, which the name's check tells
                    yield Entry(f"../{name}")
                elif is_left_alone(name):
                    continue
                elif found.attrs.type == FOLDER:
                    if deep and depth < DEEPEST:
                        yield from self._below(f"{whole}/", deep=True, depth=depth + 1)
                else:
                    yield self._entry(whole, found.attrs)

    def _entry(self, name: str, attrs: asyncssh.SFTPAttrs) -> Entry:
        self._kinds[name] = attrs.type
        if attrs.type == LINK:
            try:
                attrs = self.run(self.up().stat(self._path(name)))
            except asyncssh.SFTPError:
                return Entry(name)  # a broken link; taking it will say so
        self._seen[name] = attrs.size, attrs.mtime
        if attrs.mtime is None:
            return Entry(name, attrs.size)
        changed = attrs.mtime + RESOLUTION_SECONDS  # at the latest
        taken = time.time() + self.pull.dataset.settle_seconds  # at the earliest
        # Within its second a file may change again and keep its time: then the time marks nothing.
        mark = stamp(attrs.mtime) if taken > changed else None
        return Entry(name, attrs.size, None, mark, changed)

    def take(self, entry: Entry) -> Received | None:
        limits, deadline = self.pull.dataset.limits, self.pull.deadline
        return keep_trying(limits, deadline, lambda: self._take(entry))

    def _take(self, entry: Entry) -> Received | None:
        self.ready()
        pull = self.pull
        pull.rates.take(self.origin.host, pull.dataset.limits.requests_per_second, pull.deadline)
        self.tries += 1
        try:
            self._refuse_kind(entry.name)
            file = self.run(self.up().open(self._path(entry.name), "rb", encoding=None))
            try:
                return self._receive(file, entry)
            finally:
                self.close(file)
        except asyncssh.SFTPError as error:
            raise failed("transport.file_unreadable", entry.name, _kind(error)) from None

    def _receive(self, file: asyncssh.SFTPClientFile, entry: Entry) -> Received | None:
        pull = self.pull
        before = self.run(file.stat())
        if (before.size, before.mtime) != self._seen.get(entry.name):
            return None
        max_bytes = pull.dataset.limits.max_bytes
        if before.size is not None and before.size > max_bytes:
            raise TooLargeError(max_bytes)
        received = receive(pull.home, self._chunks(file, before.size), max_bytes=max_bytes)
        try:
            after = self.run(file.stat())
        except BaseException:
            received.drop()
            raise
        if (after.size, after.mtime) != (before.size, before.mtime):
            received.drop()
            return None
        if before.size is not None and received.size != before.size:
            received.drop()
            raise failed("transport.body_cut", self.origin, again=True)
        return received

    def _chunks(self, file: asyncssh.SFTPClientFile, size: int | None) -> Iterator[bytes]:
        offset = 0
        # Not asked for more than it has: the end would cost a round trip for every file.
        while size is None or offset < size:
            ask = CHUNK_BYTES if size is None else min(CHUNK_BYTES, size - offset)
            chunk = cast("bytes", self.run(file.read(ask, offset)))
            if not chunk:
                return
            self.pull.deadline.check()
            offset += len(chunk)
            yield chunk

    def _refuse_kind(self, name: str) -> None:
        """Raise the Fault of what is no file, and of a link that leads out of the folder."""
        kind = self._kinds.get(name)
        path = self._path(name)
        if kind == LINK:
            base = str(self.run(self.up().realpath(self._base)))
            # Some servers tidy a path without following links: the link's own words count too.
            said = posixpath.join(base, posixpath.dirname(name), self._link(path))
            for end in (str(self.run(self.up().realpath(path))), posixpath.normpath(said)):
                if not end.startswith(base.rstrip("/") + "/"):
                    raise refused("transport.outside_folder", name)
            kind = self.run(self.up().stat(path)).type
        if kind not in (REGULAR, asyncssh.FILEXFER_TYPE_UNKNOWN):
            raise refused("transport.not_a_file", name)

    def _link(self, path: str) -> str:
        return str(self.run(self.up().readlink(path)))

    def _path(self, name: str) -> str:
        return posixpath.join(self._base, name)


async def _some(names: AsyncIterator[asyncssh.SFTPName]) -> list[asyncssh.SFTPName]:
    found: list[asyncssh.SFTPName] = []
    async for one in names:
        found.append(one)
        if len(found) == NAMES_AT_A_TIME:
            break
    return found


def _kind(error: asyncssh.SFTPError) -> str:
    return type(error).__name__.removeprefix("SFTP")
