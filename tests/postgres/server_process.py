"""A PostgreSQL server process of our own, on loopback, in a folder that ends with it."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

BINARIES = "/usr/lib/postgresql/*/bin"
# Letters that must be percent-encoded, so that a test notices when they leak decoded or encoded.
PASSWORD = "s3cr@t/pa:ss%w?rd"
ENCODED = "s3cr%40t%2Fpa%3Ass%25w%3Frd"


@dataclass(frozen=True)
class Server:
    """A running server; ``address`` is a superuser's."""

    port: int
    data: Path
    pid: int

    def address(self, database: str, user: str = "postgres") -> str:
        return f"postgresql://{user}:{ENCODED}@127.0.0.1:{self.port}/{database}"


class ServerMissingError(Exception):
    """PostgreSQL cannot be run here; the message says why."""


@contextmanager
def running_server(**settings: object) -> Iterator[Server]:
    """A server with ``settings`` over its defaults, and the login ``loader`` that loads marts.

    Raises ServerMissingError where none is installed or nobody may run it.
    """
    binaries, owner = _binaries(), _owner()
    folder = Path(tempfile.mkdtemp(prefix="postgres-door-"))
    if owner:
        shutil.chown(folder, owner)
    data = _initialise(binaries, folder, owner)
    port = _free_port()
    own: dict[str, object] = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
    }
    words = [word for name, value in (own | settings).items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        command = [str(binaries / "postgres"), "-D", str(data), *words]
        process = subprocess.Popen(command, user=owner, cwd=folder, stdout=log, stderr=log)
    running = Server(port, data, process.pid)
    try:
        _wait_until_up(running, process, folder / "log")
        with psycopg.connect(running.address("postgres"), autocommit=True) as connection:
            connection.execute(f"create role loader login createrole password '{PASSWORD}'")
        yield running
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder)


def _binaries() -> Path:
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve().parent] if on_path else []
    found += sorted(Path("/").glob(f"{BINARIES[1:]}"), reverse=True)
    for folder in found:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise ServerMissingError(
        "no PostgreSQL server is installed here (Debian: apt-get install postgresql)"
    )


def _owner() -> str | None:
    """Who runs the server: it refuses root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise ServerMissingError("PostgreSQL does not run as root and there is no other user here")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _initialise(binaries: Path, folder: Path, owner: str | None) -> Path:
    secret, data = folder / "password", folder / "data"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    subprocess.run(
        [
            *(binaries / "initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--no-sync"),
            *("--locale", "C.UTF-8", "-A", "scram-sha-256", "--pwfile", secret),
        ],
        user=owner,
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return data


def _wait_until_up(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    for attempt in itertools.count():
        try:
            psycopg.connect(server.address("postgres"), connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            if attempt > 100 or process.poll() is not None:
                raise AssertionError(log.read_text()) from None
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
