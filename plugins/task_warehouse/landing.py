"""Raw bytes as they came, named by their SHA-256, written once and never again.

Bytes are first *received* into a temporary file, hashed and measured on the way; then they are
kept under their name or dropped. A reader of the landing never sees half a file.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from task_warehouse.errors import UsageError
from task_warehouse.settings import Home
from task_warehouse.storage import our_storage, sync_folder

TEMPORARY = ".receiving"
SHA256 = re.compile(r"[0-9a-f]{64}")


class TooLargeError(Exception):
    """More bytes came than the limit allows; nothing was kept."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"more than {limit} bytes")


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes that came and are not landed yet: keep or drop them."""

    home: Home
    temporary: Path
    sha256: str
    size: int

    def keep(self) -> None:
        """Land the bytes under their hash; a file already there stays as it is."""
        target = path_of(self.home, self.sha256)
        with our_storage(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                # A link cannot replace what stands there, a rename would.
                os.link(self.temporary, target)
            except FileExistsError:
                pass
            except OSError as error:
                if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
                    raise
                if not target.exists():
                    self.temporary.rename(target)
            sync_folder(target.parent)
        self.drop()

    def drop(self) -> None:
        """Forget the bytes."""
        self.temporary.unlink(missing_ok=True)


def receive(home: Home, chunks: Iterable[bytes], *, max_bytes: int | None = None) -> Received:
    """Write ``chunks`` to a temporary file, hashing on the way.

    Raises :class:`TooLargeError` past ``max_bytes``, :class:`StorageError` for our own disk, and
    whatever ``chunks`` raises; then nothing is left behind.
    """
    folder = home.landing / TEMPORARY
    temporary = folder / uuid.uuid4().hex
    digest, size = hashlib.sha256(), 0
    with our_storage(folder):
        folder.mkdir(parents=True, exist_ok=True)
        stream = temporary.open("xb")
    try:
        with stream:
            for chunk in chunks:
                size += len(chunk)
                if max_bytes is not None and size > max_bytes:
                    raise TooLargeError(max_bytes)
                digest.update(chunk)
                with our_storage(temporary):
                    stream.write(chunk)
            with our_storage(temporary):
                stream.flush()
                os.fsync(stream.fileno())
        temporary.chmod(0o444)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    return Received(home, temporary, digest.hexdigest(), size)


def land(home: Home, chunks: Iterable[bytes], *, max_bytes: int | None = None) -> tuple[str, int]:
    """Land ``chunks`` and return their SHA-256 (64 hex) and size in bytes."""
    received = receive(home, chunks, max_bytes=max_bytes)
    received.keep()
    return received.sha256, received.size


def path_of(home: Home, sha256: str) -> Path:
    """Where the bytes of this hash lie, or would lie."""
    if not SHA256.fullmatch(sha256):
        raise UsageError(f"'{sha256[:80]}' is not a SHA-256", remedy="give 64 small hex digits")
    return home.landing / sha256[:2] / sha256


def is_landed(home: Home, sha256: str) -> bool:
    return path_of(home, sha256).is_file()


def discard(home: Home, sha256: str) -> None:
    """Remove bytes that are not ours to hold; their receipts stay."""
    path = path_of(home, sha256)
    with our_storage(path):
        path.unlink(missing_ok=True)


def sweep(home: Home, *, older_than_seconds: float, now: float) -> int:
    """Remove temporary files that a killed run left behind; returns how many."""
    removed = 0
    folder = home.landing / TEMPORARY
    for path in folder.iterdir() if folder.is_dir() else ():
        with suppress(FileNotFoundError):
            if now - path.stat().st_mtime > older_than_seconds:
                path.unlink()
                removed += 1
    return removed
