"""Archives opened with limits: path, members, ratio, total bytes actually produced.

The sizes an archive states are never believed; the bytes are counted while they come out.
"""

from __future__ import annotations

import fnmatch
import gzip
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from task_warehouse.reading import refusal
from task_warehouse.reading.refusal import Refusal
from task_warehouse.reading.request import Limits

CHUNK = 1 << 20
IN_MEMORY = 8 << 20
FREE_BYTES = 4 << 20
DEEPEST = 2
_WORKBOOK_PARTS = ("xl/workbook.xml", "xl/workbook.bin")
_DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    ValueError,
)


@dataclass(slots=True)
class Allowance:
    """What is left of the limits on one delivery's archives, shared by all levels of nesting."""

    limits: Limits
    packed: int
    produced: int = 0
    members: int = 0

    def member(self) -> None:
        self.members += 1
        if self.members > self.limits.archive_members:
            detail = f"more than {self.limits.archive_members} members"
            raise Refusal(refusal.ARCHIVE_BOMB, detail)

    def spend(self, count: int) -> None:
        self.produced += count
        if self.produced > self.limits.archive_bytes:
            detail = f"more than {self.limits.archive_bytes} bytes come out"
            raise Refusal(refusal.ARCHIVE_BOMB, detail)
        if self.produced > max(FREE_BYTES, self.packed * self.limits.archive_ratio):
            detail = f"more than {self.limits.archive_ratio} bytes come out of each byte"
            raise Refusal(refusal.ARCHIVE_BOMB, detail)


def is_workbook(stream: BinaryIO) -> bool:
    """Whether a ZIP is an Excel workbook, by its directory."""
    try:
        with zipfile.ZipFile(stream) as archive:
            return any(part in archive.NameToInfo for part in _WORKBOOK_PARTS)
    except _DAMAGED as error:
        raise Refusal(refusal.ARCHIVE_DAMAGED, f"not a readable ZIP: {error}") from error
    finally:
        stream.seek(0)


def members(
    kind: str, stream: BinaryIO, pattern: str | None, allowance: Allowance, scratch: Path
) -> Iterator[tuple[str, BinaryIO]]:
    """The data files of an archive as (name, open file), in the order of the archive.

    Raises Refusal for a member that climbs out, is absolute or is a link (before any is opened),
    for a bomb, for a damaged archive, and where no member is left to read.
    """
    opener = {"zip": _zip_members, "tar": _tar_members, "gzip": _gzip_member}[kind]
    found = 0
    try:
        for name, source in opener(stream, allowance):
            if pattern and kind != "gzip" and not fnmatch.fnmatchcase(name, pattern):
                continue
            found += 1
            with source, _unpacked(source, allowance, scratch) as unpacked:
                yield name, unpacked
    except _DAMAGED as error:
        raise Refusal(refusal.ARCHIVE_DAMAGED, f"damaged {kind}: {error}") from error
    if not found:
        detail = f"no member matches {pattern!r}" if pattern else "no data file inside"
        raise Refusal(refusal.MEMBER_MISSING, detail)


def _unpacked(source: IO[bytes], allowance: Allowance, scratch: Path) -> BinaryIO:
    spool = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, dir=str(scratch))  # noqa: SIM115
    while chunk := source.read(CHUNK):
        allowance.spend(len(chunk))
        spool.write(chunk)
    spool.seek(0)
    return cast("BinaryIO", spool)


def _checked_name(name: str) -> str:
    """The name of a member, refused if it leads out of the archive."""
    plain = name.replace("\\", "/")
    parts = PurePosixPath(plain).parts
    drive = len(plain) > 1 and plain[1] == ":"
    if plain.startswith("/") or drive or ".." in parts or "\x00" in plain:
        raise Refusal(refusal.ARCHIVE_PATH, f"member {name[:200]!r} leads out of the archive")
    return plain


def _is_litter(name: str) -> bool:
    """Files that archivers of desktop systems add and nobody means to send."""
    path = PurePosixPath(name)
    return path.name.startswith((".", "~$")) or "__MACOSX" in path.parts or path.name == "Thumbs.db"


def _zip_members(stream: BinaryIO, allowance: Allowance) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(stream) as archive:
        wanted = []
        for info in archive.infolist():
            allowance.member()
            name = _checked_name(info.filename)
            if (info.external_attr >> 16) & 0o170000 == 0o120000:
                raise Refusal(refusal.ARCHIVE_PATH, f"member {name[:200]!r} is a link")
            if info.flag_bits & 0x1:
                raise Refusal(refusal.ENCRYPTED, f"member {name[:200]!r} is encrypted")
            if not info.is_dir() and not _is_litter(name):
                wanted.append((name, info))
        for name, info in wanted:
            try:
                yield name, archive.open(info)
            except (NotImplementedError, RuntimeError) as error:
                raise Refusal(refusal.ARCHIVE_DAMAGED, f"{name[:200]!r}: {error}") from error


def _tar_members(stream: BinaryIO, allowance: Allowance) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(fileobj=stream, mode="r:") as archive:
        wanted = []
        for info in archive:
            allowance.member()
            name = _checked_name(info.name)
            if info.isdir():
                continue
            if not info.isreg():
                raise Refusal(refusal.ARCHIVE_PATH, f"member {name[:200]!r} is not a plain file")
            if not _is_litter(name):
                wanted.append((name, info))
        for name, info in wanted:
            source = archive.extractfile(info)
            assert source is not None
            yield name, source


def _gzip_member(stream: BinaryIO, allowance: Allowance) -> Iterator[tuple[str, IO[bytes]]]:
    allowance.member()
    yield "", cast("IO[bytes]", gzip.GzipFile(fileobj=stream, mode="rb"))
