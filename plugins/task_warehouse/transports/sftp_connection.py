"""A connection over SSH to a server whose host key we know before we say who we are."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING, Self

import asyncssh

from task_warehouse.transports.attempts import Fault, failed, refused
from task_warehouse.transports.guarding import Guard, Origin
from task_warehouse.transports.pacing import keep_trying
from task_warehouse.transports.unlocking import HostKeys, credentials

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from types import TracebackType
    from typing import TypeVar

    from task_warehouse.transports.attempts import Pull

    Got = TypeVar("Got")

GOODBYE_SECONDS = 2.0

# A line for each connection of each morning says nothing that the receipt does not.
logging.getLogger("asyncssh").setLevel(logging.WARNING)


class SftpConnection:
    """One connection to an SFTP server, made when it is needed and again when it broke.

    The event loop of the library runs only while a step is waited for, in the pull's own thread.
    """

    def __init__(self, pull: Pull) -> None:
        origin = Origin.of(pull.dataset.url or "")
        assert origin is not None, "the model lets only addresses with a host through"
        self.pull, self.origin = pull, origin
        self._runner = asyncio.Runner()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: asyncssh.SFTPClient | None = None
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

    def ready(self) -> None:
        if self._client is None:
            keep_trying(self.pull.dataset.limits, self.pull.deadline, self._connect)

    def _connect(self) -> None:
        pull, limits = self.pull, self.pull.dataset.limits
        host_keys = HostKeys(pull, self.origin)
        unlocked = credentials(pull)
        pull.rates.take(self.origin.host, limits.requests_per_second, pull.deadline)
        self.tries += 1
        connected = self._reach()
        try:
            self._connection = self.run(
                asyncssh.connect(
                    self.origin.host,
                    self.origin.port,
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
            self._client = self.run(
                self._connection.start_sftp_client(path_errors="surrogateescape")
            )
        except (Fault, asyncssh.SFTPError) as error:
            connected.close()
            self._hang_up()
            said = failed("transport.connection", type(error).__name__, again=True)
            raise host_keys.fault or (error if isinstance(error, Fault) else said) from None

    def _reach(self) -> socket.socket:
        pull, seconds = self.pull, self.pull.dataset.limits.connect_seconds
        guard = Guard(self.origin, pull.dataset.private_network, pull.deadline)
        try:
            return guard.connect(self.origin.host, min(seconds, pull.deadline.remaining))
        except (socket.gaierror, UnicodeError):
            raise failed("transport.name_unknown", self.origin, again=True) from None
        except OSError:
            raise failed("transport.no_answer", self.origin, again=True) from None

    def _hang_up(self) -> None:
        connection, self._connection, self._client = self._connection, None, None
        if connection is None:
            return
        connection.close()
        try:
            self._runner.run(asyncio.wait_for(connection.wait_closed(), GOODBYE_SECONDS))
        except (OSError, asyncssh.Error):
            connection.abort()

    def run(self, step: Awaitable[Got]) -> Got:
        """Wait for one step, at most the declared time. What breaks comes out as a Fault."""
        limits, left = self.pull.dataset.limits, self.pull.deadline.remaining

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
        except asyncssh.KeyExchangeFailed:
            raise refused("transport.no_common_algorithm", self.origin) from None
        except (asyncssh.Error, OSError, ValueError, LookupError) as error:
            # The last two: what the other side sent made no sense to the library.
            raise self._lost("transport.connection", type(error).__name__) from None

    def _lost(self, code: str, value: str) -> Fault:
        """The fault of a connection that is of no use any more."""
        self._hang_up()
        return failed(code, value, again=True)

    def up(self) -> asyncssh.SFTPClient:
        """The client; the Fault of a connection that is gone."""
        if self._client is None:
            raise failed("transport.connection", "closed", again=True)
        return self._client

    def close(self, file: asyncssh.SFTPClientFile) -> None:
        """Close a file, where the connection it was opened over is still there."""
        if self._client is not None:
            self.run(file.close())
