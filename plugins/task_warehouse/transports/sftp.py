"""SFTP: a folder on a server whose host key we know before we say who we are."""

from __future__ import annotations

import asyncio
import logging
import posixpath
import socket
import time
from typing import TYPE_CHECKING, Self, cast

import asyncssh

from task_warehouse.landing import TooLargeError, receive
from task_warehouse.transports.attempts import Fault, failed, missing, refused
from task_warehouse.transports.drops import Entry, pull_place, stamp
from task_warehouse.transports.guarding import Guard, Origin
from task_warehouse.transports.names import is_left_alone
from task_warehouse.transports.pacing import keep_trying
from task_warehouse.transports.unlocking import HostKeys, credentials

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Iterator
    from types import TracebackType
    from typing import TypeVar

    from task_warehouse.landing import Received
    from task_warehouse.transports.attempts import Attempt, Pull

    Got = TypeVar("Got")

CHUNK_BYTES = 262_144
NAMES_AT_A_TIME = 500
DEEPEST = 16
RESOLUTION_SECONDS = 1.0  # of the times of change in SFTP
GOODBYE_SECONDS = 2.0
REGULAR, FOLDER, LINK = 1, 2, 3  # types of a file in SFTP

# A line for each connection of each morning says nothing that the receipt does not.
logging.getLogger("asyncssh").setLevel(logging.WARNING)


def pull_sftp(pull: Pull) -> list[Attempt]:
    """One attempt for each file that matches; one that says why where none does."""
    with _Server(pull) as server:
        return pull_place(pull, server)


class _Server:
    """A folder of an SFTP server; one connection, made when it is needed and again when it broke.

    The event loop of the library runs only while a step is waited for, in the pull's own thread.
    """

    def __init__(self, pull: Pull) -> None:
        origin = Origin.of(pull.dataset.url or "")
        assert origin is not None, "the model lets only addresses with a host through"
        self._pull, self._origin = pull, origin
        self._base = pull.dataset.path or "."
        self._runner = asyncio.Runner()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: asyncssh.SFTPClient | None = None
        self._kinds: dict[str, int] = {}
        self._seen: dict[str, tuple[int | None, int | None]] = {}
        self.tries = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._hang_up()
        self._runner.close()

    # -- being connected ---------------------------------------------------------------

    def ready(self) -> None:
        if self._client is None:
            keep_trying(self._pull.dataset.limits, self._pull.deadline, self._connect)

    def _connect(self) -> None:
        pull, limits = self._pull, self._pull.dataset.limits
        host_keys = HostKeys(pull, self._origin)
        unlocked = credentials(pull)
        pull.rates.take(self._origin.host, limits.requests_per_second, pull.deadline)
        self.tries += 1
        connected = self._reach()
        try:
            self._connection = self._run(
                asyncssh.connect(
                    self._origin.host,
                    self._origin.port,
                    sock=connected,
                    client_factory=lambda: host_keys,
                    known_hosts=host_keys.known,
                    compression_algs=["none"],  # a bomb would be unpacked before it is measured
                    config=None,  # nothing is taken from this account's own SSH set-up
                    agent_path=None,
                    gss_host=None,
                    **unlocked,
                )
            )
            self._client = self._run(
                self._connection.start_sftp_client(path_errors="surrogateescape")
            )
        except Fault as fault:
            connected.close()
            self._hang_up()
            raise host_keys.fault or fault from None

    def _reach(self) -> socket.socket:
        pull, seconds = self._pull, self._pull.dataset.limits.connect_seconds
        guard = Guard(self._origin, pull.dataset.private_network, pull.deadline)
        try:
            return guard.connect(self._origin.host, min(seconds, pull.deadline.remaining))
        except (socket.gaierror, UnicodeError):
            raise failed("transport.name_unknown", self._origin, again=True) from None
        except OSError:
            raise failed("transport.no_answer", self._origin, again=True) from None

    def _hang_up(self) -> None:
        connection, self._connection, self._client = self._connection, None, None
        if connection is None:
            return
        connection.close()
        try:
            self._runner.run(asyncio.wait_for(connection.wait_closed(), GOODBYE_SECONDS))
        except (OSError, asyncssh.Error):
            connection.abort()

    def _run(self, step: Awaitable[Got]) -> Got:
        """Wait for one step, at most the declared time. What breaks comes out as a Fault."""
        limits, left = self._pull.dataset.limits, self._pull.deadline.remaining

        async def in_time() -> Got:
            async with asyncio.timeout(min(limits.read_seconds, left)):
                return await step

        try:
            return self._runner.run(in_time())
        except asyncssh.SFTPError as error:
            if isinstance(error, (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection)):
                raise self._lost("transport.connection", type(error).__name__) from None
            raise
        except TimeoutError:
            raise self._lost("transport.time_out", f"{limits.read_seconds:g}") from None
        except asyncssh.PermissionDenied:
            raise failed("transport.unauthorised", "SSH permission denied") from None
        except (asyncssh.Error, OSError) as error:
            raise self._lost("transport.connection", type(error).__name__) from None

    def _lost(self, code: str, value: str) -> Fault:
        """The fault of a connection that is of no use any more."""
        self._hang_up()
        return failed(code, value, again=True)

    # -- files ------------------------------------------------------------------------

    def entries(self, *, deep: bool) -> Iterator[Entry]:
        self.ready()
        self._kinds.clear()
        try:
            yield from self._below("", deep=deep, depth=0)
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPNotADirectory):
            raise missing("transport.folder_missing", self._base) from None
        except asyncssh.SFTPError as error:
            raise failed("transport.folder_unreadable", type(error).__name__) from None

    def _below(self, inside: str, *, deep: bool, depth: int) -> Iterator[Entry]:
        client = self._up()
        names = client.scandir(posixpath.join(self._base, inside))
        while some := self._run(_some(names)):
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
                attrs = self._run(self._up().stat(self._path(name)))
            except asyncssh.SFTPError:
                return Entry(name)  # a broken link; taking it will say so
        self._seen[name] = attrs.size, attrs.mtime
        if attrs.mtime is None:
            return Entry(name, attrs.size)
        changed = attrs.mtime + RESOLUTION_SECONDS  # at the latest
        taken = time.time() + self._pull.dataset.settle_seconds  # at the earliest
        # Within its second a file may change again and keep its time: then the time marks nothing.
        mark = stamp(attrs.mtime) if taken > changed else None
        return Entry(name, attrs.size, None, mark, changed)

    def take(self, entry: Entry) -> Received | None:
        limits, deadline = self._pull.dataset.limits, self._pull.deadline
        return keep_trying(limits, deadline, lambda: self._take(entry))

    def _take(self, entry: Entry) -> Received | None:
        self.ready()
        pull = self._pull
        pull.rates.take(self._origin.host, pull.dataset.limits.requests_per_second, pull.deadline)
        self.tries += 1
        try:
            self._refuse_kind(entry.name)
            file = self._run(self._up().open(self._path(entry.name), "rb", encoding=None))
            try:
                return self._receive(file, entry)
            finally:
                if self._client is not None:
                    self._run(file.close())
        except asyncssh.SFTPError as error:
            code = type(error).__name__.removeprefix("SFTP")
            raise failed("transport.file_unreadable", entry.name, code) from None

    def _receive(self, file: asyncssh.SFTPClientFile, entry: Entry) -> Received | None:
        pull = self._pull
        before = self._run(file.stat())
        if (before.size, before.mtime) != self._seen.get(entry.name):
            return None
        max_bytes = pull.dataset.limits.max_bytes
        if before.size is not None and before.size > max_bytes:
            raise TooLargeError(max_bytes)
        received = receive(pull.home, self._chunks(file, before.size), max_bytes=max_bytes)
        try:
            after = self._run(file.stat())
        except BaseException:
            received.drop()
            raise
        if (after.size, after.mtime) != (before.size, before.mtime):
            received.drop()
            return None
        if before.size is not None and received.size != before.size:
            received.drop()
            raise failed("transport.body_cut", self._origin, again=True)
        return received

    def _chunks(self, file: asyncssh.SFTPClientFile, size: int | None) -> Iterator[bytes]:
        offset = 0
        # Not asked for more than it has: the end would cost a round trip for every file.
        while size is None or offset < size:
            ask = CHUNK_BYTES if size is None else min(CHUNK_BYTES, size - offset)
            chunk = cast("bytes", self._run(file.read(ask, offset)))
            if not chunk:
                return
            self._pull.deadline.check()
            offset += len(chunk)
            yield chunk

    def _refuse_kind(self, name: str) -> None:
        """Raise the Fault of what is no file, and of a link that leads out of the folder."""
        kind = self._kinds.get(name)
        path = self._path(name)
        if kind == LINK:
            base = str(self._run(self._up().realpath(self._base)))
            # Some servers tidy a path without following links: the link's own words count too.
            said = posixpath.join(base, posixpath.dirname(name), self._link(path))
            for end in (str(self._run(self._up().realpath(path))), posixpath.normpath(said)):
                if not end.startswith(base.rstrip("/") + "/"):
                    raise refused("transport.outside_folder", name)
            kind = self._run(self._up().stat(path)).type
        if kind not in (REGULAR, asyncssh.FILEXFER_TYPE_UNKNOWN):
            raise refused("transport.not_a_file", name)

    def _link(self, path: str) -> str:
        return str(self._run(self._up().readlink(path)))

    def _path(self, name: str) -> str:
        return posixpath.join(self._base, name)

    def _up(self) -> asyncssh.SFTPClient:
        if self._client is None:
            raise failed("transport.connection", "closed", again=True)
        return self._client


class SftpDrop(_Server):
    """The same folder of the same kind of server, to put files into."""

    def put(self, name: str, octets: bytes) -> None:
        """Put a file, whole under its name or not at all. Raises a Fault."""
        limits, deadline = self._pull.dataset.limits, self._pull.deadline
        keep_trying(limits, deadline, lambda: self._put(name, octets))

    def _put(self, name: str, octets: bytes) -> None:
        self.ready()
        pull = self._pull
        pull.rates.take(self._origin.host, pull.dataset.limits.requests_per_second, pull.deadline)
        self.tries += 1
        aside, target = self._path(f".{name}.part"), self._path(name)
        try:
            file = self._run(self._up().open(aside, "wb", encoding=None))
            try:
                for start in range(0, len(octets), CHUNK_BYTES):
                    self._run(file.write(octets[start : start + CHUNK_BYTES], start))
            finally:
                if self._client is not None:
                    self._run(file.close())
            self._replace(aside, target)
        except asyncssh.SFTPError as error:
            code = type(error).__name__.removeprefix("SFTP")
            raise failed("report.not_written", name, code) from None

    def _replace(self, aside: str, target: str) -> None:
        try:
            self._run(self._up().posix_rename(aside, target))
        except asyncssh.SFTPOpUnsupported:  # version 3 alone cannot rename over what is there
            if self._run(self._up().exists(target)):
                self._run(self._up().remove(target))
            self._run(self._up().rename(aside, target))


async def _some(names: AsyncIterator[asyncssh.SFTPName]) -> list[asyncssh.SFTPName]:
    found: list[asyncssh.SFTPName] = []
    async for one in names:
        found.append(one)
        if len(found) == NAMES_AT_A_TIME:
            break
    return found
