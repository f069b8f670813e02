"""A whole day at a person's command: progress while it runs, a summary at the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from datetime import time as clock
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.status import Status
from rich.text import Text

from task_warehouse import locking, orchestration, summary
from task_warehouse.errors import TaskWarehouseError
from task_warehouse.rundate import RunDate, today
from task_warehouse.settings import (
    PROJECT_ROOT,
    SOURCES_VARIABLE,
    TIMEZONE,
    Home,
    sources_directory,
)
from task_warehouse.terminal import Terminal, visible

POLL_SECONDS = 0.2
SAMPLE_MORNING = clock(6, 0)
SAMPLE_TOKEN = "sample"  # noqa: S105 - of the simulator on loopback; guards nothing


@contextmanager
def sources_in(folder: Path | None) -> Iterator[Path]:
    """Let the steps in this process read the source files of ``folder``."""
    if folder is not None:
        os.environ[SOURCES_VARIABLE] = str(folder.resolve())
    yield sources_directory()


def run_day(home: Home, sources: Path | None, run: RunDate, out: Terminal) -> None:
    """Run one day through the DAGs and print the summary.

    Raises the error of the step that failed (its exit code is the command's), :class:`BusyError`
    when another run of this data root is going on, :class:`NoDataError` when all that was owed on
    the day is missing; the morning is published then and says so.
    """
    from task_warehouse.sources import load_sources

    with sources_in(sources) as folder, locking.hold(home, "run"):
        load_sources(folder)
        orchestration.prepare(home)
        stamp = f"{datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}"
        log = home.logs / f"run-{stamp}.log"
        events = home.logs / f"run-{stamp}.progress.jsonl"
        out.print(
            f"Running {run.as_of} for the sources in {folder}", highlight=False, soft_wrap=True
        )
        child = orchestration.start_day(home, folder, run, events, log)
        seconds = _follow(child, events, log, out)
        summary.show(out, home, run.as_of, seconds)
        summary.require_arrivals(home, run.as_of)


def _follow(
    child: subprocess.Popen[bytes], events: Path, log: Path, out: Terminal
) -> dict[str, float]:
    """Print events until the child ends; the seconds of each step. Raises the step's error."""
    seconds: dict[str, float] = {}
    failed: dict[str, Any] | None = None
    seen = 0
    try:
        with out.status("starting Airflow") as status:
            while True:
                ended = child.poll() is not None
                fresh, seen = _read_events(events, seen)
                for event in fresh:
                    failed = event if "error" in event else failed
                    if "seconds" in event:
                        step = event["step"]
                        seconds[step] = seconds.get(step, 0.0) + event["seconds"]
                    _show_event(event, out, status)
                if ended:
                    break
                time.sleep(POLL_SECONDS)
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait()
    if child.returncode != 0:
        _raise_failure(failed, log)
    return seconds


def _read_events(path: Path, offset: int) -> tuple[list[dict[str, Any]], int]:
    """Whole lines after ``offset``, and the offset behind them; a torn last line waits."""
    if not path.exists():
        return [], offset
    with path.open("rb") as stream:
        stream.seek(offset)
        block = stream.read()
    whole = block[: block.rfind(b"\n") + 1]
    return [json.loads(line) for line in whole.splitlines()], offset + len(whole)


def _show_event(event: dict[str, Any], out: Terminal, status: Status) -> None:
    """A line for what a step says; what it counts is shown beside the spinner instead."""
    if "message" not in event:
        return
    if event.get("total"):
        done, total = event["done"], event["total"]
        status.update(Text(visible(f"{event['step']}: {event['message']} {done}/{total}")))
        return
    moment = datetime.fromtimestamp(event["at"])
    status.update(event["step"])
    out.say(f"{moment:%H:%M:%S}  {event['step']:<8} {event['message']}")


def _raise_failure(failed: dict[str, Any] | None, log: Path) -> None:
    error = TaskWarehouseError(
        failed["error"] if failed else "the run ended without telling why",
        remedy=None if failed and "what to do" in failed["error"] else "read the log",
        where=f"step {failed['step']}, log {log}" if failed else str(log),
    )
    error.exit_code = failed["exit_code"] if failed else 1
    raise error


def run_sample_day(home: Home, as_of: date, tasks: int, seed: int, out: Terminal) -> None:
    """Write the sample, serve it on loopback in a process of its own, run its day."""
    morning = datetime.combine(as_of, SAMPLE_MORNING, ZoneInfo(TIMEZONE))
    run = RunDate.parse(as_of.isoformat(), morning.isoformat())
    if run is None:
        raise TaskWarehouseError("the sample has no as-of date")
    with _simulated(home, as_of, tasks, seed, out) as folder:
        run_day(home, folder, run, out)


@contextmanager
def _simulated(home: Home, as_of: date, tasks: int, seed: int, out: Terminal) -> Iterator[Path]:
    from task_warehouse import sample, simulating

    folder = home.root / "sample"
    port = simulating.free_port()
    out.print(
        f"Writing the sample exports ({tasks:,} tasks, seed {seed}) to {folder}", highlight=False
    )
    sample.write_sample(
        folder, seed=seed, as_of=as_of, tasks=tasks, base_url=f"http://127.0.0.1:{port}"
    )
    os.environ.update(simulating.secrets(SAMPLE_TOKEN))
    server = subprocess.Popen(
        [sys.executable, "-m", "task_warehouse.cli", "simulate", str(folder), "--port", str(port)],
        stdout=subprocess.DEVNULL,
    )
    try:
        simulating.wait_until_ready(port)
        yield folder / "sources"
    finally:
        server.terminate()
        server.wait()


def run_airflow(home: Home, sources: Path | None, out: Terminal) -> None:
    """Replace this process by Airflow standalone: scheduler, triggerer, DAG processor, web UI."""
    with sources_in(sources) as folder:
        if not folder.is_dir():
            raise TaskWarehouseError(
                "there is no folder of source files",
                where=str(folder),
                remedy="make it and declare a source (README, 'Add a source'), or give --sources",
            )
        orchestration.prepare(home)
        variables = orchestration.environment(home, folder)
        passwords = home.airflow / "simple_auth_manager_passwords.json.generated"
        out.say(
            f"Airflow: {variables['AIRFLOW__API__BASE_URL']}, user admin, password in {passwords}"
        )
        out.say(f"Sources: {folder}; today is {today()}; stop with Ctrl-C")
        os.chdir(PROJECT_ROOT)
        os.execve(sys.executable, [sys.executable, "-m", "airflow", "standalone"], variables)
