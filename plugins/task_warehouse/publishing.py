"""Publish the marts: a whole snapshot written aside, made durable, then switched to at once.

A snapshot is a folder that never changes after it has its name. ``published/current`` is a
relative link, replaced by rename, so readers see the last good morning until the next one is
complete, whatever happens to the process that writes it.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from task_warehouse import contract_exports, dashboard, exporting, open_data
from task_warehouse.data_docs import pages as data_docs
from task_warehouse.errors import BuildError, StorageError
from task_warehouse.holding import rooms
from task_warehouse.locking import hold
from task_warehouse.progress import tell
from task_warehouse.settings import Home
from task_warehouse.snapshots import (
    ASIDE,
    DATABASE_NAME,
    FORMAT_VERSION,
    Manifest,
    Retention,
    TableEntry,
    current,
    in_force,
    is_sound,
    point_current_at,
    published,
    remove_leftovers,
    remove_old,
    sha256_of,
    sync_tree,
)
from task_warehouse.storage import sync_folder

__all__ = ["Manifest", "Retention", "current", "publish", "published", "run_row", "snapshot_of"]

log = logging.getLogger(__name__)

OtherDoor = Callable[[Path, Callable[[], AbstractContextManager[None]]], object]
"""Serves a snapshot's folder; enters what it is given when it is about to switch, and leaves it,
with the error if there is one, when it has."""

STEP = "publish"
LOCK_WAIT_SECONDS = 60.0
UNPUBLISHED = "nothing was published, the last morning stays"

LEDGER_TOTALS = (
    "rows_received",
    "rows_accepted",
    "rows_rejected",
    "rows_duplicate",
    "rows_warned",
    "rows_held",
)

STORAGE_REMEDIES = {
    errno.ENOSPC: "free space there or enlarge the disk, then publish again",
    errno.EDQUOT: "free space there or raise the quota, then publish again",
    errno.EFBIG: "raise the limit on file size, then publish again",
    errno.EROFS: "mount it writable, then publish again",
    errno.EACCES: "give this user the right to write there, then publish again",
    errno.EPERM: "give this user the right to write there, then publish again",
    errno.EIO: "look at the disk, then publish again",
}
# DuckDB reports the system's error only in words.
STORAGE_PHRASES = {
    "No space left on device": errno.ENOSPC,
    "Disk quota exceeded": errno.EDQUOT,
    "File too large": errno.EFBIG,
    "Read-only file system": errno.EROFS,
    "Permission denied": errno.EACCES,
    "Input/output error": errno.EIO,
}


def publish(
    home: Home,
    *,
    as_of: date,
    run_id: str,
    started_at: datetime,
    published_at: datetime,
    inputs: str,
    versions: Mapping[str, str],
    retention: Retention | None = None,
    other_door: OtherDoor | None = None,
) -> Path:
    """Publish ``warehouse/build.duckdb`` as the snapshot in force; returns its real folder.

    ``inputs`` is the fingerprint of all that went into the build. A snapshot of the same as-of
    date, inputs and versions is not written twice: if it is still whole it is put (or left) in
    force. ``other_door`` serves the same snapshot elsewhere; both are switched over together, and
    when it cannot be, neither is. Raises NoDataError without a build, BuildError when the build
    lacks a promised table or is of another day, BusyError when it is still being written,
    StorageError when the disk does not take it, and what ``other_door`` raises. After any of them
    ``current`` is what it was.
    """
    retention = retention or Retention.from_environment()
    name = _snapshot_name(as_of, inputs, versions)
    with _storage_errors(home.published), hold(home, STEP, wait_seconds=LOCK_WAIT_SECONDS):
        home.published.mkdir(parents=True, exist_ok=True)
        remove_leftovers(home)
        target, exists = _place(home, name)
        if not exists:
            aside = home.published / f"{ASIDE}{target.name}"
            draft = _Draft(home, aside, as_of, run_id, started_at, published_at, inputs, versions)
            try:
                draft.write(target.name)
                sync_tree(aside)
                aside.rename(target)
                sync_folder(home.published)
            except BaseException:
                shutil.rmtree(aside, ignore_errors=True)
                raise
        _switch(home, target, other_door)
        tell(STEP, f"{target.name} is in force" + (" (unchanged)" if exists else ""))
        _tidy(home, retention, published_at)
        return target.resolve()


def _switch(home: Home, snapshot: Path, other_door: OtherDoor | None) -> None:
    if other_door is None:
        point_current_at(home, snapshot)
    else:
        other_door(snapshot, partial(in_force, home, snapshot))


def _tidy(home: Home, retention: Retention, now: datetime) -> None:
    with _storage_errors(home.published, "published, but old snapshots could not be removed"):
        removed = remove_old(home, retention, now)
    if removed:
        log.info("removed %d old snapshots: %s", len(removed), ", ".join(removed))


def snapshot_of(
    home: Home, as_of: date, inputs: str, versions: Mapping[str, str]
) -> Manifest | None:
    """The whole snapshot that publishing with these would find again; None when there is none."""
    name = _snapshot_name(as_of, inputs, versions)
    with _storage_errors(home.published):
        folder, exists = _place(home, name)
        return Manifest.read(folder) if exists else None


def run_row(snapshot: Path) -> dict[str, Any]:
    """The row of ``mart_run`` of the run that published ``snapshot``, instants as ISO text.

    Raises BuildError when the snapshot has no such row.
    """
    manifest = Manifest.read(snapshot)
    with duckdb.connect(str(snapshot / DATABASE_NAME), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        found = connection.execute(
            "select * from marts.mart_run where run_id = ? and as_of_date = ?",
            [manifest.run_id, manifest.as_of_date],
        )
        names = [column[0] for column in found.description or []]
        row = found.fetchone()
    if row is None:
        raise BuildError(
            f"mart_run has no row of the run {manifest.run_id}",
            where=str(snapshot),
            remedy="build and publish again",
        )
    texts = (v.isoformat() if isinstance(v, date) else v for v in row)
    return dict(zip(names, texts, strict=True))


def _snapshot_name(as_of: date, inputs: str, versions: Mapping[str, str]) -> str:
    basis = json.dumps([FORMAT_VERSION, inputs, sorted(versions.items())])
    return f"{as_of.isoformat()}-{hashlib.sha256(basis.encode()).hexdigest()[:10]}"


def _place(home: Home, name: str) -> tuple[Path, bool]:
    """Folder for the snapshot and whether it is there and whole.

    A damaged one is left to its readers and passed over: the copy gets the next free number.
    """
    attempt = 1
    while True:
        folder = home.published / (name if attempt == 1 else f"{name}-{attempt}")
        if not folder.exists():
            return folder, False
        try:
            if is_sound(Manifest.read(folder)):
                return folder, True
        except StorageError:
            pass
        log.warning("the published snapshot %s is damaged; writing it again", folder.name)
        attempt += 1


@dataclass(frozen=True, slots=True)
class _Draft:
    """A snapshot while it is written aside, in ``folder``."""

    home: Home
    folder: Path
    as_of: date
    run_id: str
    started_at: datetime
    published_at: datetime
    inputs: str
    versions: Mapping[str, str]

    def write(self, snapshot_id: str) -> None:
        """Write database, Parquet files, manifest and dashboard."""
        (self.folder / "parquet").mkdir(parents=True)
        tables, totals = self._write_tables()
        manifest = Manifest(
            snapshot_id=snapshot_id,
            run_id=self.run_id,
            as_of_date=self.as_of,
            published_at=self.published_at,
            started_at=self.started_at,
            inputs=self.inputs,
            versions=dict(self.versions),
            tables=tables,
            database_sha256=sha256_of(self.folder / DATABASE_NAME),
            ledger=totals,
            path=self.folder,
        )
        manifest.write()
        contract_exports.write_all(self.folder / "contracts")
        open_data.write(self.folder, self.folder / "open_data")
        data_docs.write_pages(self.home, self.folder / "data_docs", self.as_of)
        tell(STEP, "drawing the dashboard")
        earlier = [m.path for m in published(self.home) if m.as_of_date < self.as_of]
        dashboard.render(self.folder, earlier)

    def _write_tables(self) -> tuple[dict[str, TableEntry], dict[str, int]]:
        with exporting.open_build(self.home, self.folder / DATABASE_NAME) as connection:
            entries = exporting.export_marts(connection, self.home, self.as_of, self.folder)
            totals = _ledger_totals(connection, self.home, self.as_of)
        return entries, totals


def _ledger_totals(
    connection: duckdb.DuckDBPyConnection, home: Home, as_of: date
) -> dict[str, int]:
    """Deliveries and rows of all checked deliveries up to ``as_of``."""
    sums = ", ".join(f"coalesce(sum({name}), 0)::bigint" for name in LEDGER_TOTALS)
    rooms.create_decisions(connection, home, "decisions", temporary=True)
    checked = rooms.checked_ledger(sorted(home.ledger.glob("*.parquet")))
    row = connection.execute(
        f"select count(*), {sums} from ({rooms.decided(f'({checked})', 'decisions')})"
        " where business_date <= ?",
        [as_of],
    ).fetchone()
    assert row is not None
    return dict(zip(("deliveries", *LEDGER_TOTALS), row, strict=True))


@contextmanager
def _storage_errors(place: Path, said: str = UNPUBLISHED) -> Iterator[None]:
    """Turn a full, read-only or broken disk into a StorageError that says what to do."""
    try:
        yield
    except OSError as error:
        number = error.errno or errno.EIO
        raise _storage_error(number, str(error.filename or place), said, error) from error
    except duckdb.Error as error:
        number = next((n for phrase, n in STORAGE_PHRASES.items() if phrase in str(error)), 0)
        if not number:
            raise
        raise _storage_error(number, str(place), said, error) from error


def _storage_error(number: int, where: str, said: str, error: Exception) -> StorageError:
    remedy = STORAGE_REMEDIES.get(number, "make it writable, then publish again")
    return StorageError(f"{said}: {error}", where=where, remedy=remedy)
