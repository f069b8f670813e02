"""Build the marts with dbt in one child process; the database counts when it is whole.

The same receipts, ledger, accepted rows, seeds and as-of date give the same rows.
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

from task_warehouse import parsed_project, resuming
from task_warehouse.build_inputs import prepare
from task_warehouse.errors import BuildError, StorageError
from task_warehouse.last_build import (
    DATABASE_NAME,
    STEP,
    discard_unfinished,
)
from task_warehouse.locking import hold
from task_warehouse.progress import tell
from task_warehouse.settings import HOME_VARIABLE, Home

BUILD_VARIABLE = "TASK_WAREHOUSE_BUILD"
MEMORY_VARIABLE = "TASK_WAREHOUSE_BUILD_MEMORY"
# DuckDB's share of the 4 GB that a day's build may take; a build of all history has profiles.yml's.
MEMORY_OF_A_DAY = "3400MB"
ASIDE = "building"
LOCK_WAIT_SECONDS = 600.0
PR_SET_PDEATHSIG = 1

# A mart's primary key refuses a second row as it is written; asking again costs a query a mart.
# What happened is named in the model itself, which asks of the events it adds, for there are many,
# whether their tasks are there. All are asked with the unit tests (warehouse/test_project.py).
HELD_BY_KEYS = (
    "test_name:unique,path:models/marts",
    "test_name:unique_combination,path:models/marts",
    "test_name:accepted_values,path:models/marts/_events.yml",
    "relationships_fct_task_event_task_key__task_key__ref_dim_task_",
)


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
    with hold(home, STEP, wait_seconds=LOCK_WAIT_SECONDS) as lock:
        last = home.warehouse / DATABASE_NAME
        aside = home.warehouse / ASIDE / DATABASE_NAME
        _clear(home)
        try:
            aside.parent.mkdir(parents=True)
            basis = resuming.basis(_overrides(run))
            resumed_from = resuming.what_holds(last, as_of, basis)
            database = resuming.open_resumed(last, aside) if resumed_from else aside
            prepare(home, database, as_of)
            outcome = _run_dbt(home, database, as_of, run, resumed_from, basis, lock)
            database.replace(last)
        except (OSError, duckdb.IOException) as error:
            raise StorageError(
                f"the rooms could not be read or the build not be written: {error}",
                where=str(home.warehouse),
                remedy="free space there or make it writable, then build again",
            ) from error
        finally:
            _clear(home)
    tell(STEP, f"built {outcome['counts'].get('success', 0)} models and seeds")
    return BuildResult(
        home.warehouse / DATABASE_NAME,
        outcome["counts"],
        float(outcome["seconds"]),
        resumed_from is not None,
    )


def _clear(home: Home) -> None:
    """Leave the last good build alone in its folder."""
    shutil.rmtree(home.warehouse / ASIDE, ignore_errors=True)
    discard_unfinished(home)


def _run_dbt(
    home: Home,
    database: Path,
    as_of: date,
    run: Mapping[str, object],
    resumed_from: date | None,
    basis: str,
    lock: int,
) -> dict[str, Any]:
    """Run dbt in a child; its outcome, or :class:`BuildError`.

    The child holds the ``lock`` too: it is free when nobody writes any more, also where this
    process is killed and the child a moment later.
    """
    home.logs.mkdir(parents=True, exist_ok=True)
    log = home.logs / "build.log"
    with tempfile.TemporaryDirectory(prefix="task-warehouse-build-") as folder:
        outcome_path = Path(folder) / "outcome.json"
        before = resumed_from.isoformat() if resumed_from else None
        variables = {**_vars(as_of, run), "resumed_from": before}
        request = {
            "vars": variables,
            "overrides": dict(_overrides(run)),
            "basis": basis,
            "outcome": str(outcome_path),
        }
        memory = {MEMORY_VARIABLE: MEMORY_OF_A_DAY} if resumed_from else {}
        with log.open("a", encoding="utf-8") as stream:
            child = subprocess.run(
                [sys.executable, "-m", "task_warehouse.building", json.dumps(request)],
                env={
                    **memory,
                    **os.environ,
                    HOME_VARIABLE: str(home.root),
                    BUILD_VARIABLE: str(database.parent.relative_to(home.root)),
                },
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                pass_fds=(lock,),
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

    from task_warehouse import dbt_connection

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
    failures, counts, took = _outcome_of(result)
    if not failures:
        as_of = date.fromisoformat(request["vars"]["as_of_date"])
        resuming.finish(dbt_connection.opened[-1], as_of, request["basis"])
    return _answer(request, failures, counts, took)


def _answer(
    request: Mapping[str, Any], failures: list[dict[str, str]], counts: dict[str, int], took: float
) -> int:
    """Write the outcome where the request says."""
    outcome = {"failures": failures, "counts": counts, "seconds": took}
    Path(request["outcome"]).write_text(json.dumps(outcome, ensure_ascii=False), encoding="utf-8")
    return 0 if not failures else 1


def _die_with_parent() -> None:
    """Let the kernel end this process with the one that started it: nobody waits for its build."""
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
