"""What a published snapshot is: its manifest, how it is found, how long it is kept.

``published/current`` is a relative link that moves. A reader that opens more than one file
resolves it once, with :func:`current`, and then reads the real folder, which never changes.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from task_warehouse.errors import StorageError, UsageError
from task_warehouse.settings import Home
from task_warehouse.storage import sync_file, sync_folder

FORMAT_VERSION = 1
LINK_NAME = "current"
MANIFEST_NAME = "manifest.json"
DATABASE_NAME = "warehouse.duckdb"
ASIDE = ".tmp-"
KEEP_COUNT_VARIABLE = "TASK_WAREHOUSE_KEEP_SNAPSHOTS"
KEEP_DAYS_VARIABLE = "TASK_WAREHOUSE_KEEP_DAYS"


@dataclass(frozen=True, slots=True)
class TableEntry:
    """One table: its rows, its Parquet file's hash, and a checksum of its content.

    ``content`` does not depend on the order of the rows or on the file format, so the table in
    the database, its Parquet file and a copy elsewhere can be compared.
    """

    rows: int
    sha256: str
    content: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What ``manifest.json`` says. ``path`` is the real folder of the snapshot."""

    snapshot_id: str
    run_id: str
    as_of_date: date
    published_at: datetime
    started_at: datetime
    inputs: str
    versions: Mapping[str, str]
    tables: Mapping[str, TableEntry]
    database_sha256: str
    ledger: Mapping[str, int]
    format_version: int = FORMAT_VERSION
    path: Path = field(default=Path(), compare=False)

    def write(self) -> None:
        """Write ``manifest.json`` into the snapshot's folder."""
        content = asdict(self)
        del content["path"]
        for name in ("as_of_date", "published_at", "started_at"):
            content[name] = content[name].isoformat()
        text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True)
        (self.path / MANIFEST_NAME).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest of the snapshot in ``folder``; StorageError when it is not one."""
        path = folder / MANIFEST_NAME
        try:
            content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if content["format_version"] != FORMAT_VERSION:
                raise ValueError(f"format version {content['format_version']} is not known")
            content["as_of_date"] = date.fromisoformat(content["as_of_date"])
            content["published_at"] = datetime.fromisoformat(content["published_at"])
            content["started_at"] = datetime.fromisoformat(content["started_at"])
            content["tables"] = {n: TableEntry(**entry) for n, entry in content["tables"].items()}
            return cls(**content, path=folder)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StorageError(
                f"the published snapshot has no readable manifest: {error}",
                where=str(path),
                remedy="remove that folder and publish again",
            ) from error


@dataclass(frozen=True)
class Retention:
    """A snapshot stays while it is among the newest ``count`` or younger than ``days``."""

    count: int = 14
    days: int = 2

    @classmethod
    def from_environment(cls) -> Retention:
        """The defaults, unless the environment says otherwise."""
        return cls(
            count=_whole_number(KEEP_COUNT_VARIABLE, cls.count),
            days=_whole_number(KEEP_DAYS_VARIABLE, cls.days),
        )


def _whole_number(variable: str, default: int) -> int:
    value = os.environ.get(variable, str(default))
    if not value.isdecimal():
        raise UsageError(
            f"{variable} is {value!r}", where="environment", remedy="give a whole number"
        )
    return int(value)


def current(home: Home) -> Manifest | None:
    """The snapshot in force, by its real folder; None when nothing was published yet."""
    link = home.published / LINK_NAME
    if not link.is_symlink():
        return None
    return Manifest.read(link.resolve())


def published(home: Home) -> list[Manifest]:
    """All whole snapshots, newest publication first; what cannot be read is left out."""
    found: list[Manifest] = []
    for folder in _folders(home):
        with suppress(StorageError):
            found.append(Manifest.read(folder))
    return sorted(found, key=lambda m: (m.published_at, m.snapshot_id), reverse=True)


def _folders(home: Home) -> list[Path]:
    """Folders of snapshots, whole or damaged; not what is being written or removed."""
    if not home.published.is_dir():
        return []
    return [
        path
        for path in home.published.iterdir()
        if path.is_dir() and not path.is_symlink() and not path.name.startswith(ASIDE)
    ]


def is_sound(manifest: Manifest) -> bool:
    """Whether the files still are what the manifest says they were."""
    if not (manifest.path / "dashboard" / "index.html").is_file():
        return False
    expected = {manifest.path / DATABASE_NAME: manifest.database_sha256}
    for name, entry in manifest.tables.items():
        expected[parquet_path(manifest.path, name)] = entry.sha256
    return all(path.is_file() and sha256_of(path) == want for path, want in expected.items())


def parquet_path(snapshot: Path, table: str) -> Path:
    return snapshot / "parquet" / f"{table}.parquet"


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def point_current_at(home: Home, snapshot: Path) -> None:
    """Make ``snapshot`` the one in force; a reader sees the old or the new one, never neither."""
    link = home.published / LINK_NAME
    if link.is_symlink() and link.readlink() == Path(snapshot.name):
        return
    aside = home.published / f"{ASIDE}{LINK_NAME}"
    aside.unlink(missing_ok=True)
    aside.symlink_to(snapshot.name)
    aside.replace(link)
    sync_folder(home.published)


@contextmanager
def in_force(home: Home, snapshot: Path) -> Iterator[None]:
    """Put ``snapshot`` in force, and what was before it again when the block fails."""
    link = home.published / LINK_NAME
    before = link.readlink() if link.is_symlink() else None
    point_current_at(home, snapshot)
    try:
        yield
    except BaseException:
        if before is None:
            link.unlink()
            sync_folder(home.published)
        else:
            point_current_at(home, home.published / before)
        raise


def remove_leftovers(home: Home) -> None:
    """Remove what killed publishers left aside; call only while holding the publish lock."""
    for path in home.published.glob(f"{ASIDE}*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def remove_old(home: Home, retention: Retention, now: datetime) -> list[str]:
    """Remove snapshots past ``retention`` as of ``now``; never the one in force.

    A process that holds a removed snapshot's files open keeps reading them. Returns the ids.
    """
    in_force = (home.published / LINK_NAME).resolve()
    oldest_kept = now - timedelta(days=retention.days)
    whole = published(home)
    ages = {manifest.path: manifest.published_at for manifest in whole[retention.count :]}
    for folder in set(_folders(home)) - {manifest.path for manifest in whole}:
        # Damaged, so nobody can say when it was published: its age on the disk counts.
        ages[folder] = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
    removed = []
    for folder, published_at in sorted(ages.items()):
        if folder.resolve() == in_force or published_at >= oldest_kept:
            continue
        # Renamed first: nobody can find a snapshot that is half removed.
        aside = home.published / f"{ASIDE}old-{folder.name}"
        folder.rename(aside)
        shutil.rmtree(aside)
        removed.append(folder.name)
    return removed


def sync_tree(folder: Path) -> None:
    """Flush every file and folder below ``folder`` to the disk."""
    for parent, _, files in os.walk(folder):
        for name in files:
            sync_file(Path(parent) / name)
        sync_folder(Path(parent))
