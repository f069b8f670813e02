"""A real SSH server in a process of its own, whose users each meet another misbehaviour.

Run by its path: ``misbehaving_sftp.py LOG``. Writes its port and the fingerprint and public key of
its host key to standard output as one line of JSON, and a line to LOG for each login and each file
that is opened. Ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import asyncssh

PASSWORD = "mat-khau-dung"
STATUS, NAME = 101, 104  # kinds of packet
LOG = Path(sys.argv[1]) if __name__ == "__main__" else Path()


def log(what: str, which: str) -> None:
    with LOG.open("a", encoding="utf-8", errors="surrogateescape") as stream:
        stream.write(f"{what} {which}\n")


class Login(asyncssh.SSHServer):
    def connection_made(self, connection: asyncssh.SSHServerConnection) -> None:
        self.connection = connection

    def begin_auth(self, username: str) -> bool:
        log("asked", username)
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        log("login", username)
        return password == PASSWORD

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        trusted = LOG.with_name("trusted.pub")
        return trusted.exists() and asyncssh.read_public_key(trusted) == key


class Files(asyncssh.SFTPServer):
    """The file system of this machine; the user's name says what is wrong with it."""

    reads: ClassVar[dict[str, int]] = {}

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes]) -> None:
        super().__init__(channel)
        self.user = str(channel.get_extra_info("username"))

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
        log("open", path.decode(errors="surrogateescape"))
        self.opened = path
        return super().open(path, pflags, attrs)

    async def read(self, file_obj: Any, offset: int, size: int) -> Any:
        count = Files.reads[self.user] = Files.reads.get(self.user, 0) + 1
        if self.user == "hangs":
            await asyncio.sleep(60)
        if self.user == "drips":
            await asyncio.sleep(0.05)
            return super().read(file_obj, offset, 1)
        if self.user == "dies" or (self.user == "dies-once" and count == 2):
            self.connection.abort()
        if self.user == "grows":
            with Path(self.opened.decode()).open("ab") as stream:
                stream.write(b"more\n")
        if self.user == "cut":
            return b""
        return super().read(file_obj, offset, size)

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        if self.user == "climbs":
            for name in (b"../../etc/tasks.csv", b"/etc/tasks.csv"):
                yield asyncssh.SFTPName(
                    name, attrs=asyncssh.SFTPAttrs(size=3, permissions=0o100644)
                )
        number = 0
        while self.user == "endless":
            number += 1
            yield asyncssh.SFTPName(b"%d.csv" % number, attrs=asyncssh.SFTPAttrs(size=1, mtime=1))
        async for one in super().scandir(path):
            yield one


async def speak_nonsense(process: asyncssh.SSHServerProcess[bytes]) -> None:
    """SFTP of which only the framing is right; the user's name says what comes in answer."""
    answers = {
        "cut-names": packet(NAME, b"\0\0\0\x05" + b"\0\0\0\x09a"),
        "no-text": packet(STATUS, b"\0\0\0\x02" + b"\0\0\0\x02\xff\xfe" + b"\0\0\0\0"),
        "other-kind": packet(99, b"?"),
        "too-long": b"\xff\xff\xff\xff",
        "empty": b"\0\0\0\0",
    }
    user = str(process.get_extra_info("username"))
    first = b"\0\0\0\x05\x02\0\0\0\x03" if user != "no-version" else b"\0\0\0\x01\x02"
    while frame := await process.stdin.read(65_536):
        process.stdout.write(first or answers[user].replace(b"\0ID\0", frame[5:9]))
        first = b""


def packet(kind: int, body: bytes) -> bytes:
    """A packet that answers the request whose number stands in for ``ID``."""
    whole = bytes([kind]) + b"\0ID\0" + body
    return len(whole).to_bytes(4, "big") + whole


async def serve() -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[key],
        server_factory=Login,
        sftp_factory=Files,
        login_timeout=60,
    )
    nonsense = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[key],
        server_factory=Login,
        process_factory=speak_nonsense,
        encoding=None,
    )
    said = {
        "nonsense_port": nonsense.sockets[0].getsockname()[1],
        "port": server.sockets[0].getsockname()[1],
        "fingerprint": key.get_fingerprint(),
        "public": key.export_public_key().decode().strip(),
    }
    print(json.dumps(said), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()
    nonsense.close()


if __name__ == "__main__":
    asyncio.run(serve())
