"""Which addresses we talk to: the declared one, looked up by us at the moment of connecting.

The check sits inside the connection, behind the name look-up, so that a name that answers with
another address a second time gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError, NewConnectionError

from task_warehouse.transports.attempts import refused

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

    from task_warehouse.transports.pacing import Deadline

DEFAULT_PORTS = {"http": 80, "https": 443, "sftp": 22}
# Where clouds tell a machine its credentials; private addresses that no export has.
METADATA = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200")))


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port: what credentials belong to."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin | None:
        """The origin of an address; None for one that no transport of ours speaks."""
        try:
            parts = urlsplit(url)
            port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
            host = (parts.hostname or "").casefold().rstrip(".")
        except ValueError:
            return None
        if parts.scheme not in DEFAULT_PORTS or not host or "@" in parts.netloc:
            return None
        return cls(parts.scheme, host, port)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets through the addresses that the declared host may have."""

    origin: Origin
    private_network: bool
    deadline: Deadline

    def permits(self, address: str) -> bool:
        """May the declared host have this IP address?

        A public one always; the declared one itself; loopback for ``localhost``; one of a private
        network where the source file says so; link-local (cloud metadata) never by name.
        """
        ip = ipaddress.ip_address(address.split("%")[0])
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        try:
            return ip == ipaddress.ip_address(self.origin.host)
        except ValueError:
            pass
        if self.origin.host == "localhost":
            return ip.is_loopback
        if (
            ip in METADATA
            or ip.is_link_local
            or ip.is_loopback
            or ip.is_multicast
            or ip.is_unspecified
        ):
            return False
        return ip.is_global or (self.private_network and ip.is_private)

    def connect(
        self, host: str, seconds: float, options: Iterable[tuple[int, int, int | bytes]] = ()
    ) -> socket.socket:
        """A connection to ``host``, the origin's host as it is spelt for the look-up; watched.

        The addresses are looked at before they are used. Raises ``socket.gaierror`` for a name
        nobody knows, OSError where nobody answers, a Fault for an address that is not permitted.
        """
        found = socket.getaddrinfo(host, self.origin.port, type=socket.SOCK_STREAM)
        usable = [entry for entry in found if self.permits(str(entry[4][0]))]
        if not usable:
            raise refused("transport.private_address", self.origin.host)
        problem = OSError()
        for family, kind, protocol, _, address in usable:
            connected = socket.socket(family, kind, protocol)
            try:
                connected.settimeout(seconds)
                for option in options:
                    connected.setsockopt(*option)
                connected.connect(address)
            except OSError as error:
                connected.close()
                problem = error
                continue
            self.deadline.watch(connected)
            return connected
        raise problem


def _new_connection(connection: HTTPConnection, guard: Guard) -> socket.socket:
    # What urllib3's own _new_conn does, with the addresses looked at before they are used.
    timeout = connection.timeout
    seconds = float(timeout) if isinstance(timeout, (int, float)) else 10.0
    try:
        return guard.connect(connection._dns_host, seconds, connection.socket_options or ())
    except (socket.gaierror, UnicodeError) as error:
        raise NameResolutionError(
            connection.host, connection, socket.gaierror(str(error))
        ) from None
    except OSError as error:
        raise NewConnectionError(connection, type(error).__name__) from error


class GuardedAdapter(HTTPAdapter):
    """An adapter of requests whose connections go through a guard."""

    def __init__(self, guard: Guard, trusted: ssl.SSLContext | None = None) -> None:
        self._guard = guard
        self._trusted = trusted
        super().__init__(max_retries=0, pool_maxsize=2)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        if self._trusted is not None:
            kwargs["ssl_context"] = self._trusted
        super().init_poolmanager(*args, **kwargs)
        guard = self._guard

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return _new_connection(self, guard)

        class Secure(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return _new_connection(self, guard)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
