"""Build the marts with dbt: one child process, one database written aside, swapped in when whole.

dbt sees the rooms of the data root as views of the schema ``inputs``. They are made here, over the
Parquet files there are, so that a room which is still empty has its columns too. The same receipts,
ledger, accepted rows, seeds and as-of date give the same rows.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from task_warehouse import arrivals, parsed_project, receipts, resuming
from task_warehouse.contracts import DATASETS
from task_warehouse.errors import BuildError, NoDataError, StorageError
from task_warehouse.holding import rooms as decisions
from task_warehouse.locking import hold
from task_warehouse.progress import tell
from task_warehouse.settings import HOME_VARIABLE, Home

STEP = "build"
BUILD_VARIABLE = "TASK_WAREHOUSE_BUILD"
ASIDE = "building"
DATABASE_NAME = "build.duckdb"
LOCK_WAIT_SECONDS = 600.0
PR_SET_PDEATHSIG = 1

# A mart's primary key refuses a second row as it is written; asking again costs a query a mart.
# What happened is named in the model itself, and there is much of it. Both are asked with the unit
# tests (tests/warehouse/test_project.py).
HELD_BY_KEYS = (
    "test_name:unique,path:models/marts",
    "test_name:unique_combination,path:models/marts",
    "test_name:accepted_values,path:models/marts/_events.yml",
)

SIGHTED = "('landed', 'unchanged', 'duplicate')"

_ROW = """delivery_id varchar, source varchar, organisation_code varchar, business_date date,
received_at timestamptz, mode varchar, part varchar, record bigint, line bigint,
warnings varchar[]"""


def _texts(names: str) -> str:
    return ", ".join(f"{name} varchar" for name in names.split())


# The columns dbt reads of each room; a file may hold more.
ROOMS: Mapping[str, str] = {
    "receipts": """receipt_id varchar, source varchar, organisation_code varchar, dataset varchar,
        mode varchar, business_date date, received_at timestamptz, due_at timestamptz,
        expected boolean, outcome varchar, delivery_id varchar, reason_code varchar,
        reason_vi varchar, reason_en varchar""",
    "ledger": """delivery_id varchar, batch varchar, source varchar, organisation_code varchar,
        dataset varchar, business_date date, received_at timestamptz, verdict varchar,
        reason_code varchar, reason_vi varchar, reason_en varchar, rows_received bigint,
        rows_accepted bigint, rows_rejected bigint, rows_duplicate bigint, rows_warned bigint,
        secret_rows bigint, contract_version varchar, format varchar, encoding varchar,
        notes varchar[], rows_held bigint, findings varchar[]""",
    "rejects": """reject_id varchar, business_date date, source varchar, organisation_code varchar,
        dataset varchar, delivery_id varchar, part varchar, record bigint, line bigint,
        column_name varchar, value varchar, check_id varchar, severity varchar,
        message_vi varchar, message_en varchar, responsibility varchar, raw varchar,
        record_key varchar""",
    "runs": """run_id varchar, as_of_date date, started_at timestamptz, published_at timestamptz,
        deliveries bigint, rows_received bigint, rows_accepted bigint, rows_rejected bigint,
        rows_duplicate bigint, rows_held bigint""",
    "profiles": "delivery_id varchar, fact varchar, name varchar, code varchar, rows bigint",
    "documents": f"{_ROW}, "
    + _texts("document_code issued_on issuer title parent_document_code programme secrecy"),
    "tasks": f"{_ROW}, "
    + _texts(
        "task_code title kind group_name document_code parent_task_code lead cooperating "
        "responsible_position assigned_on deadline product priority secrecy updated_at"
    ),
    "progress": f"{_ROW}, "
    + _texts(
        "task_source task_code reported_on percent_complete status_reported completed_on evidence "
        "result difficulty proposal extension_to approval_state updated_at"
    ),
    "indicators": f"{_ROW}, "
    + _texts(
        "indicator_code name unit better target_operator target_low target_high target_text "
        "target_on baseline baseline_on lead document_code frequency kind formula"
    ),
    "indicator_values": f"{_ROW}, "
    + _texts("indicator_code organisation period value breakdown state note"),
    "feedback": f"{_ROW}, "
    + _texts(
        "feedback_code kind received_on sender_kind field assigned_to due_on state answered_on "
        "published"
    ),
    "control_totals": f"{_ROW}, " + _texts("dataset measure value"),
}


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What was built: the database, how many dbt nodes ended how, whether the last build served."""

    database: Path
    counts: Mapping[str, int]
    seconds: float
    resumed: bool


def build(home: Home, as_of: date, run: Mapping[str, object]) -> BuildResult:
    """Build all marts as of ``as_of`` into ``warehouse/build.duckdb``.

    ``run`` names the run: ``run_id``, ``started_at``, ``published_at`` (ISO texts or null) and, if
    wanted, ``vars``, a mapping that overrides vars of the dbt project. Raises :class:`NoDataError`
    when no accepted task was sighted by ``as_of``, :class:`BuildError` with the model or test that
    failed, :class:`~task_warehouse.errors.BusyError` when another build goes on; the database of
    the last good build stays in all three cases.
    """
    with hold(home, STEP, wait_seconds=LOCK_WAIT_SECONDS):
        aside = home.warehouse / ASIDE
        shutil.rmtree(aside, ignore_errors=True)
        try:
            aside.mkdir(parents=True)
            basis = resuming.basis(_overrides(run))
            resumed_from = resuming.resume(
                home.warehouse / DATABASE_NAME, aside / DATABASE_NAME, as_of, basis
            )
            prepare(home, aside / DATABASE_NAME, as_of)
            outcome = _run_dbt(home, as_of, run, resumed_from)
            resuming.record(aside / DATABASE_NAME, as_of, basis)
            (aside / DATABASE_NAME).replace(home.warehouse / DATABASE_NAME)
        except (OSError, duckdb.IOException) as error:
            raise StorageError(
                f"the rooms could not be read or the build not be written: {error}",
                where=str(home.warehouse),
                remedy="free space there or make it writable, then build again",
            ) from error
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    tell(STEP, f"built {outcome['counts'].get('success', 0)} models and seeds")
    return BuildResult(
        home.warehouse / DATABASE_NAME,
        outcome["counts"],
        float(outcome["seconds"]),
        resumed_from is not None,
    )


def prepare(home: Home, database: Path, as_of: date) -> None:
    """Make the views over the rooms in ``database``; raises :class:`NoDataError`.

    Of the rooms that grow with history dbt sees the changed deliveries alone: the others are in
    the tables that were kept of the last build, if there are any.
    """
    with duckdb.connect(str(database)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("create schema if not exists inputs")
        for room, columns in ROOMS.items():
            laid = arrivals.LEDGER if room == "ledger" else room
            connection.execute(f"create table inputs.{laid}__empty ({columns})")
        connection.execute("create table inputs.keys (table_name varchar, columns varchar[])")
        arrived = {
            "receipts": _paths_of(home, "receipts"),
            arrivals.LEDGER: _paths_of(home, "ledger"),
        }
        arrivals.lay_arrivals(connection, home, arrived)
        arrivals.lay_firsts(connection, as_of)
        _lay_decisions(connection, home)
        changed = resuming.lay_changes(connection, home)
        if built_as_of := resuming.built_as_of(connection):
            resuming.lay_touched(connection)
            arrivals.lay_told_anew(connection, built_as_of)
        for room in ROOMS:
            if room not in ("receipts", "ledger"):
                files = changed if room in resuming.GROWING else None
                connection.execute(f"create view inputs.{room} as {_view_of(home, room, files)}")
        earliest = _earliest_tasks(connection)
    if earliest is None or earliest > as_of:
        raise NoDataError(
            f"there are no accepted tasks on or before {as_of}",
            where=str(home.accepted / "tasks"),
            remedy=(
                f"the earliest business date with tasks is {earliest}"
                if earliest
                else "collect and check a source that exports tasks first"
            ),
        )


def _lay_decisions(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Make the ledger as persons left it, and the list of deliveries that are not to be used."""
    decisions.create_decisions(connection, home, "inputs.decisions")
    checked = f"inputs.{arrivals.LEDGER}"
    laid = decisions.decided(checked, "inputs.decisions")
    connection.execute(f"create view inputs.ledger as {laid}")
    waiting = decisions.withheld(checked, "inputs.decisions")
    connection.execute(f"create table inputs.withheld as {waiting}")


def _view_of(home: Home, room: str, changed: list[Path] | None = None) -> str:
    """Rows of the room; none of a delivery that waits for a person or was refused by one.

    Given the files that ``changed``, only rows of the changed deliveries in them.
    """
    rows = _files_of(home, room, changed)
    if changed is not None:
        return (
            f"from ({rows}) where delivery_id in (select delivery_id from inputs.changed where"
            f" dataset = '{room}') and delivery_id not in (from inputs.withheld)"
        )
    if room == "rejects":
        return f"{rows} union all by name {decisions.refused_by_person('inputs.ledger')}"
    if room in DATASETS:
        return f"from ({rows}) where delivery_id not in (from inputs.withheld)"
    return rows


def _files_of(home: Home, room: str, chosen: list[Path] | None = None) -> str:
    """Rows of the room's files under the declared columns, with nulls where a file lacks one."""
    empty = f"from inputs.{room}__empty"
    reader = "read_parquet({files}, union_by_name = true, hive_partitioning = false)"
    if room == "runs":
        reader = "read_json_auto({files}, union_by_name = true)"
    paths = _paths_of(home, room)
    if chosen is not None:
        paths = [path for path in paths if path in chosen]
    if not paths:
        return empty
    quoted = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    return f"{empty} union all by name from {reader.format(files=f'[{quoted}]')}"


def _paths_of(home: Home, room: str) -> list[Path]:
    if room == "receipts":
        return receipts.files(home)
    if room == "runs":
        return sorted(home.runs.glob("*.json"))
    folders = {"ledger": home.ledger, "rejects": home.rejects, "profiles": home.profiles}
    return sorted(folders.get(room, home.accepted / room).glob("*.parquet"))


def _earliest_tasks(connection: duckdb.DuckDBPyConnection) -> date | None:
    found = connection.execute(
        f"""
        select min(receipts.business_date)
        from inputs.receipts as receipts
        inner join inputs.ledger as ledger on receipts.delivery_id = ledger.delivery_id
        where receipts.dataset = 'tasks' and receipts.outcome in {SIGHTED}
            and ledger.verdict not in ('refuse', 'hold') and ledger.rows_accepted > 0
        """
    ).fetchone()
    return found[0] if found else None


def _run_dbt(
    home: Home, as_of: date, run: Mapping[str, object], resumed_from: date | None
) -> dict[str, Any]:
    """Run dbt in a child; its outcome, or :class:`BuildError`."""
    home.logs.mkdir(parents=True, exist_ok=True)
    log = home.logs / "build.log"
    with tempfile.TemporaryDirectory(prefix="task-warehouse-build-") as folder:
        outcome_path = Path(folder) / "outcome.json"
        before = resumed_from.isoformat() if resumed_from else None
        variables = {**_vars(as_of, run), "resumed_from": before}
        request = {
            "vars": variables,
            "overrides": dict(_overrides(run)),
            "outcome": str(outcome_path),
        }
        with log.open("a", encoding="utf-8") as stream:
            child = subprocess.run(
                [sys.executable, "-m", "task_warehouse.building", json.dumps(request)],
                env={
                    **os.environ,
                    HOME_VARIABLE: str(home.root),
                    BUILD_VARIABLE: f"warehouse/{ASIDE}",
                },
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if not outcome_path.is_file():
            raise BuildError(
                f"dbt ended without an answer (exit code {child.returncode})",
                where=str(log),
                remedy="read the end of that log; a kill for lack of memory leaves no other trace",
            )
        outcome: dict[str, Any] = json.loads(outcome_path.read_text(encoding="utf-8"))
    if outcome["failures"]:
        raise _failure(outcome["failures"], home)
    return outcome


def _vars(as_of: date, run: Mapping[str, object]) -> dict[str, object]:
    return {
        **_overrides(run),
        "as_of_date": as_of.isoformat(),
        "run_id": str(run.get("run_id") or "unnamed"),
        "run_started_at": run.get("started_at"),
        "run_published_at": run.get("published_at"),
    }


def _overrides(run: Mapping[str, object]) -> Mapping[str, object]:
    overrides = run.get("vars") or {}
    if not isinstance(overrides, Mapping):
        raise TypeError("run['vars'] must be a mapping of dbt vars")
    return overrides


def _failure(failures: list[dict[str, str]], home: Home) -> BuildError:
    first = failures[0]
    more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
    return BuildError(
        f"dbt: {first['node']} {first['status']}{more}: {first['message']}",
        where=first["compiled"] or str(home.logs / "dbt.log"),
        remedy="run that SQL on the rooms to see the rows; nothing was published",
    )


def _child(request: Mapping[str, Any]) -> int:
    """Run dbt in this process; writes the outcome as JSON where the request says."""
    _die_with_parent()
    tell(STEP, "starting dbt")
    from dbt.cli.main import dbtRunner

    home = Home.from_environment()
    try:
        manifest = parsed_project.manifest_of(request["overrides"], home.logs)
    except BuildError as error:
        failures = [{"node": "project", "status": "error", "message": error.what, "compiled": ""}]
        return _answer(request, failures, {}, 0.0)
    result = dbtRunner(manifest=manifest, callbacks=[_Watch().see]).invoke(
        [
            "build",
            *parsed_project.place(home.logs),
            *("--target-path", str(home.warehouse / "target")),
            *("--vars", json.dumps(request["vars"])),
            *("--exclude-resource-type", "unit_test", "--exclude", *HELD_BY_KEYS),
        ]
    )
    return _answer(request, *_outcome_of(result))


def _answer(
    request: Mapping[str, Any], failures: list[dict[str, str]], counts: dict[str, int], took: float
) -> int:
    """Write the outcome where the request says."""
    outcome = {"failures": failures, "counts": counts, "seconds": took}
    Path(request["outcome"]).write_text(json.dumps(outcome, ensure_ascii=False), encoding="utf-8")
    return 0 if not failures else 1


def _die_with_parent() -> None:
    """Let the kernel end this process with the one that started it.

    The lock goes with the parent; a dbt that outlived it would write beside the next build.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _outcome_of(result: Any) -> tuple[list[dict[str, str]], dict[str, int], float]:
    if result.result is None or not hasattr(result.result, "results"):
        message = str(result.exception or "dbt could not start")
        return [{"node": "project", "status": "error", "message": message, "compiled": ""}], {}, 0.0
    failures: list[dict[str, str]] = []
    counts: dict[str, int] = {}
    for node in result.result.results:
        status = str(node.status)
        counts[status] = counts.get(status, 0) + 1
        if status in ("error", "fail", "runtime error"):
            failures.append(
                {
                    "node": node.node.unique_id,
                    "status": status,
                    "message": " ".join(str(node.message or "").split()),
                    "compiled": str(getattr(node.node, "compiled_path", None) or ""),
                }
            )
    return failures, counts, float(result.result.elapsed_time)


class _Watch:
    """Turns dbt's events into told progress."""

    def see(self, event: Any) -> None:
        """Called by dbt for each of its events."""
        if event.info.name == "LogStartLine":
            tell(STEP, event.data.description, done=event.data.index, total=event.data.total)


if __name__ == "__main__":
    sys.exit(_child(json.loads(sys.argv[1])))
