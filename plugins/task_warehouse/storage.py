"""Our own disk: files written whole or not at all, names that survive a loss of power, its errors.

Whatever is kept under the data root is written through here: beside its place under a name that
no reader's pattern takes and no other writer has, then renamed.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from task_warehouse.errors import StorageError

OUR_DISK = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file is larger than this file system allows",
    errno.EROFS: "the disk is read-only",
    errno.EIO: "the disk answers with errors",
    errno.EACCES: "we may not write there",
    errno.EPERM: "we may not write there",
    errno.EMFILE: "too many files are open",
    errno.ENFILE: "too many files are open",
    errno.ENOTDIR: "a file stands where a folder should be",
}


@contextmanager
def our_storage(path: Path) -> Iterator[None]:
    """Turn an error of our own disk into a StorageError that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in OUR_DISK:
            raise
        raise StorageError(
            OUR_DISK[error.errno],
            where=str(path),
            remedy="free space or restore the disk, then run again; what was landed is whole",
        ) from error


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A name beside ``path``, its writer's alone; what is left there goes when the block ends.

    Alone also among the threads of one process, of which two may write one file at a time. Makes
    the folder of ``path``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Neither the end of a data file nor its beginning: no reader's pattern takes it half written.
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        yield aside
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def written_whole(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """A place to write; what was written there is ``path`` once the block ends well.

    ``durable`` files survive a loss of power from then on; without it the rename may come to the
    disk before the bytes, which suits what can be made again and is told by its size or digest.
    Raises :class:`StorageError` where the disk does not take it.
    """
    with our_storage(path), beside(path) as aside:
        yield aside
        if durable:
            sync_file(aside)
        aside.replace(path)
        if durable:
            sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Flush the bytes of a file (or the names in a folder) to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a loss of power."""
    sync_file(folder)
