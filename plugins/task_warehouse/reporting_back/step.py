"""The step: reports of what changed since the last run, written and put where sources look."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from task_warehouse import locking, progress
from task_warehouse.reporting_back import room, sending
from task_warehouse.reporting_back.gathering import Gathering
from task_warehouse.settings import Home
from task_warehouse.snapshots import DATABASE_NAME, Manifest
from task_warehouse.sources import load_sources
from task_warehouse.transports.signing import Stored

STEP = "report"
LOCK = "report-back"
LOCK_WAIT_SECONDS = 600.0
AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Summary:
    """Reports written, and as they should be already; files that sources took, and did not."""

    written: int = 0
    unchanged: int = 0
    put: int = 0
    not_put: int = 0

    def counts(self) -> dict[str, int]:
        return asdict(self)


def report_back(
    home: Home,
    sources: Path,
    snapshot: Path,
    at: datetime,
    look_up_secret: Callable[[str], Stored | None] | None = None,
) -> Summary:
    """Write the reports that ``snapshot`` (a published folder) and the rooms ask for; put them.

    A report whose inputs did not change is left alone. What a source does not take is recorded
    with the moment ``at`` in ``reports/_sent.parquet`` and tried again in the next run. Raises
    StorageError when our disk does not take a report, SourceFileError for a wrong source file;
    run again, it goes on with what is missing.
    """
    with locking.hold(home, LOCK, wait_seconds=LOCK_WAIT_SECONDS):
        written, unchanged = _write_changed(home, snapshot)
        declared = load_sources(sources) if sources.is_dir() else []
        counts = sending.send(home, declared, room.read_index(home), at, look_up_secret)
    progress.tell(STEP, _told(written, counts))
    return Summary(written=written, unchanged=unchanged, **counts)


def _write_changed(home: Home, snapshot: Path) -> tuple[int, int]:
    """Write what is stale; how many reports were written and how many were not."""
    work = home.work / LOCK
    gathering = Gathering(home, snapshot / DATABASE_NAME, work)
    try:
        inputs = gathering.inputs(Manifest.read(snapshot).as_of_date)
        entries = room.read_index(home)
        stale = [
            key
            for key, found in inputs.items()
            if key not in entries
            or entries[key].inputs != found
            or not room.is_whole(home, entries[key])
        ]
        for start in range(0, len(stale), AT_ONCE):
            for report in gathering.reports(stale[start : start + AT_ONCE]):
                key = (report["source"], date.fromisoformat(report["business_date"]))
                entries[key] = room.write_report(home, report, inputs[key])
            done = min(start + AT_ONCE, len(stale))
            progress.tell(STEP, "writing reports", done=done, total=len(stale))
            room.write_index(home, entries.values())
    finally:
        gathering.close()
        shutil.rmtree(work, ignore_errors=True)
    return len(stale), len(inputs) - len(stale)


def _told(written: int, counts: Mapping[str, int]) -> str:
    said = f"{written} reports written" if written else "no report changed"
    if counts["put"] or counts["not_put"]:
        said += f", {counts['put']} files put where sources look"
    if counts["not_put"]:
        said += f", {counts['not_put']} not taken (reports/{sending.SENT} says why)"
    return said
