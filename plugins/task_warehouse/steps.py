"""The road, a function a room: what the DAGs and the command line both call.

Each step reads where things are from the environment, tells its progress and may be run again.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from task_warehouse import (
    __version__,
    auditing,
    fingerprint,
    ledger,
    locking,
    mornings,
    progress,
    publishing,
)
from task_warehouse.errors import TaskWarehouseError, UsageError
from task_warehouse.receipts import TROUBLE
from task_warehouse.rundate import RunDate, today
from task_warehouse.settings import Home, sources_directory
from task_warehouse.storage import written_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from task_warehouse.collecting import CollectSummary
    from task_warehouse.transports.signing import Stored

ALERT_SHARE_VARIABLE = "TASK_WAREHOUSE_ALERT_SHARE"
STEP_WAIT_SECONDS = 3600


def plan_collection(run: RunDate, *, token: str) -> list[dict[str, Any]]:
    """Batches of sources to collect, each a plain record for one mapped task.

    ``token`` names this attempt, so that the receipts of two attempts never share a file. Receipts
    of months that are over are brought into one file each first. Raises
    :class:`SourceFileError` for a wrong source file, :class:`UsageError` when there is none.
    """
    from task_warehouse import collecting, compacting

    directory = sources_directory()
    with progress.timed("collect", "planning"):
        compacting.compact(Home.from_environment(), run.as_of)
        batches = collecting.plan_batches(directory, run.as_of)
        if not batches:
            raise UsageError(
                f"no source is in force on {run.as_of}",
                where=str(directory),
                remedy="declare one, or mend its valid_from and valid_to (README, 'Add a source')",
            )
    attempt = hashlib.sha256(token.encode()).hexdigest()[:8]
    return [
        {
            **run.as_extra(),
            "batch": f"{run.as_of:%Y%m%d}-{attempt}-{number:03d}",
            "sources": sources,
            "label": f"{sources[0]} … {sources[-1]} ({len(sources)})",
        }
        for number, sources in enumerate(batches, start=1)
    ]


def collect_batch(
    planned: dict[str, Any], look_up_secret: Callable[[str], Stored | None] | None = None
) -> CollectSummary:
    """Pull the exports of one batch; how many attempts ended in each outcome, and whose.

    ``look_up_secret`` knows secrets by name; what it does not know, the environment may.
    """
    from task_warehouse import collecting

    run = RunDate.parse(planned["as_of"], planned["received_at"])
    if run is None:
        raise UsageError("a planned batch has no as-of date")
    with progress.timed("collect", f"collecting {planned['label']}"):
        return collecting.collect_batch(
            Home.from_environment(),
            sources_directory(),
            run.as_of,
            run.received_at,
            planned["sources"],
            planned["batch"],
            look_up_secret=look_up_secret,
        )


def collect_all(planned: Sequence[dict[str, Any]]) -> list[CollectSummary]:
    """Collect all batches, each in a process of its own, as Airflow's workers do."""
    if len(planned) == 1:
        return [collect_batch(planned[0])]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(planned), mp_context=context) as pool:
        return list(pool.map(collect_batch, planned))


def roll_up(outcomes: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Sum the batches; raise only where so much failed that the fault is likely ours."""
    total: dict[str, int] = {}
    for counts in outcomes:
        for outcome, count in counts.items():
            total[outcome] = total.get(outcome, 0) + count
    attempts = sum(total.values())
    failed = sum(total.get(outcome, 0) for outcome in TROUBLE)
    allowed = float(os.environ.get(ALERT_SHARE_VARIABLE, "0.5"))
    said = ", ".join(f"{count} {outcome}" for outcome, count in sorted(total.items()))
    with progress.timed("collect", f"all sources tried: {said}"):
        if attempts and failed / attempts > allowed:
            raise TaskWarehouseError(
                f"{failed} of {attempts} pulls failed; at most {allowed:.0%} may",
                where=f"{ALERT_SHARE_VARIABLE}={allowed}",
                remedy="look at the network of this machine first; then clear this task to go on",
            )
    return total


def check() -> dict[str, int]:
    """Read and check every delivery that was landed and is not in the ledger yet."""
    from task_warehouse import checking

    with progress.timed("check", "reading and checking what was landed"):
        return checking.check_pending(Home.from_environment()).counts()


def questions() -> list[dict[str, object]]:
    """A run of the DAG ``decide`` for each delivery that waits for a person."""
    from task_warehouse.holding import asking

    return asking.questions(Home.from_environment())


def question(delivery_id: str) -> dict[str, str]:
    """What a person is asked of a held delivery."""
    from task_warehouse.holding import asking

    return asking.question(Home.from_environment(), delivery_id)


def record_decision(delivery_id: str, answered: Mapping[str, Any]) -> dict[str, str]:
    """Record a person's answer; the dates of the build that is to take it in."""
    from task_warehouse.holding import asking

    home = Home.from_environment()
    decision = asking.answer(home, delivery_id, answered)
    progress.tell("decide", f"{delivery_id}: {decision.decision}, by {decision.decided_by}")
    manifest = publishing.current(home)
    as_of = manifest.as_of_date if manifest else today()
    return RunDate(as_of, decision.decided_at).as_extra()


def build(run: RunDate) -> dict[str, str]:
    """Build the marts as of ``run.as_of`` unless a snapshot of the same input exists.

    Returns what :func:`publish` needs. Raises :class:`AuditError` where an invariant does not
    hold, before and after dbt; nothing is published then.
    """
    from task_warehouse import building, profiling

    home = Home.from_environment()
    with progress.timed("build", f"building the marts as of {run.as_of}"):
        with locking.hold(home, "check", wait_seconds=STEP_WAIT_SECONDS):
            ledger.discard_unfinished(home)
        inputs = fingerprint.of_inputs(home, run.as_of)
        built = {
            "as_of": run.as_of.isoformat(),
            "run_id": inputs[:16],
            "inputs": inputs,
            "started_at": run.received_at.isoformat(),
            "published_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        if publishing.snapshot_of(home, run.as_of, inputs, versions()):
            progress.tell("build", "nothing changed since this morning was built; dbt is not run")
            return built
        auditing.audit_ledger(home)
        profiling.profile_pending(home)
        row = {
            "run_id": built["run_id"],
            "as_of_date": built["as_of"],
            "started_at": built["started_at"],
            "published_at": built["published_at"],
        }
        building.build(home, run.as_of, row)
        auditing.audit_build(home)
    return built


def publish(built: dict[str, str], marts_address: str | None = None) -> str:
    """Make the built marts the snapshot in force; the path of the snapshot.

    In PostgreSQL too, at ``marts_address`` or where ``TASK_WAREHOUSE_POSTGRES`` says, if either
    does: all doors are switched over together or none is.
    """
    home = Home.from_environment()
    with progress.timed("publish", "publishing the snapshot"):
        snapshot = publishing.publish(
            home,
            as_of=date.fromisoformat(built["as_of"]),
            run_id=built["run_id"],
            started_at=datetime.fromisoformat(built["started_at"]),
            published_at=datetime.fromisoformat(built["published_at"]),
            inputs=built["inputs"],
            versions=versions(),
            other_door=_postgres_door(marts_address),
        )
        _record_run(home, snapshot)
        mornings.keep(home, snapshot)
    return str(snapshot)


def _postgres_door(marts_address: str | None) -> publishing.OtherDoor | None:
    from task_warehouse import postgres

    address = marts_address or postgres.address_from_environment()
    if address is None:
        return None

    def serve(snapshot: Path, together: postgres.Together) -> object:
        with progress.timed("postgres", "loading the snapshot into PostgreSQL"):
            return postgres.load_snapshot(snapshot, address, together=together)

    return serve


def report_back(
    snapshot: str, look_up_secret: Callable[[str], Stored | None] | None = None
) -> dict[str, int]:
    """Write what each source gets back of a published snapshot, and put it where it looks."""
    from task_warehouse import reporting_back

    with progress.timed("report", "writing what each source gets back"):
        return reporting_back.report_back(
            Home.from_environment(),
            sources_directory(),
            Path(snapshot),
            datetime.now(UTC),
            look_up_secret,
        ).counts()


def notify(
    smtp_address: str | None = None,
    look_up_secret: Callable[[str], Stored | None] | None = None,
) -> dict[str, int]:
    """Tell leaders, bodies and data engineers what is new to them in the snapshot in force."""
    from task_warehouse import notifying

    with progress.timed("notify", "telling those whom the file of notifications names"):
        home = Home.from_environment()
        return notifying.notify(home, smtp_address, look_up_secret).counts()


def is_published(as_of: date) -> bool:
    """Whether ``published/current`` describes ``as_of`` or a later day."""
    manifest = publishing.current(Home.from_environment())
    return manifest is not None and manifest.as_of_date >= as_of


def replay(first: str, last: str) -> dict[str, int]:
    """Delete what was derived for the business dates ``first`` to ``last`` and check it anew."""
    try:
        period = (date.fromisoformat(first), date.fromisoformat(last))
    except ValueError as error:
        raise UsageError(f"not a date: {error}", remedy="give dates as YYYY-MM-DD") from None
    home = Home.from_environment()
    with (
        progress.timed("replay", f"deriving {first} to {last} again from the raw bytes"),
        locking.hold(home, "check", wait_seconds=STEP_WAIT_SECONDS),
    ):
        ledger.discard_period(home, *period)
    return check()


def versions() -> dict[str, str]:
    """Versions of the code and of what it runs on, for the manifest."""
    packages = ("apache-airflow", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations")
    return {
        "task-warehouse": __version__,
        "code": fingerprint.of_code()[:16],
        **{package: version(package) for package in packages},
    }


def _record_run(home: Home, snapshot: Path) -> None:
    """Keep the run's row beside the data, so that the next morning's ``mart_run`` has it."""
    row = publishing.run_row(snapshot)
    target = home.runs / f"{row['run_id']}.json"
    if not target.exists():
        with written_whole(target) as aside:
            aside.write_text(json.dumps(row, ensure_ascii=False, indent=2), encoding="utf-8")
