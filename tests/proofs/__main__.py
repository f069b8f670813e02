"""``make prove``: kill a day at random moments, run it again, compare with an undisturbed day.

Slow on purpose (each round is up to two whole days of the sample), so it is a command of its own.
Exit code 0 when every round gave the same marts and no reader ever met a half snapshot.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from tests.e2e.conftest import Root

DEMO = [sys.executable, "-m", "task_warehouse.cli", "demo", "--as-of", "2025-11-14"]


def start_day(home: Path, tasks: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*DEMO, "--tasks", str(tasks)],
        env={**os.environ, "TASK_WAREHOUSE_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def finish_day(home: Path, tasks: int) -> float:
    began = time.monotonic()
    if (code := start_day(home, tasks).wait()) != 0:
        sys.exit(f"a day that nothing disturbed ended with exit code {code}, see {home}/logs")
    return time.monotonic() - began


def is_whole_or_absent(home: Path) -> bool:
    """Whether what readers see after a kill is nothing, or a snapshot that opens and agrees."""
    current = home / "published" / "current"
    if not current.exists():
        return True
    path = current.resolve() / "warehouse.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        nation = connection.execute(
            "select tasks from marts.mart_scorecard where organisation_code = 'VN'"
        ).fetchone()
    return nation is not None and nation[0] > 0


def killed_at(home: Path, moment: float, tasks: int) -> bool:
    """Begin a day and kill it after ``moment`` seconds; False when it had ended by then."""
    day = start_day(home, tasks)
    with contextlib.suppress(subprocess.TimeoutExpired):
        day.wait(timeout=moment)
        return False
    os.killpg(day.pid, signal.SIGKILL)
    day.wait()
    return True


def recovers(home: Path, tasks: int, expected: object) -> bool:
    """Whether readers saw a whole morning or none, and the next run makes the same marts."""
    whole = is_whole_or_absent(home)
    finish_day(home, tasks)
    return whole and Root(home, home / "sample/sources").marts() == expected


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.proofs", description=__doc__)
    options.add_argument("--rounds", type=int, default=10)
    options.add_argument("--tasks", type=int, default=300)
    options.add_argument("--seed", type=int, default=57)
    chosen = options.parse_args()
    dice = random.Random(chosen.seed)
    with tempfile.TemporaryDirectory(prefix="task-warehouse-proof-") as scratch:
        undisturbed = Path(scratch) / "undisturbed"
        seconds = finish_day(undisturbed, chosen.tasks)
        expected = Root(undisturbed, undisturbed / "sample/sources").marts()
        print(f"an undisturbed day: {seconds:.1f} s, {len(expected)} marts", flush=True)
        killed = failed = 0
        for number in itertools.count(1):
            home, moment = Path(scratch) / f"day-{number}", dice.uniform(1, seconds)
            if not killed_at(home, moment, chosen.tasks):
                continue  # a quicker day than the first: nothing was proved
            killed += 1
            same = recovers(home, chosen.tasks, expected)
            failed += not same
            said = "same marts" if same else "DIFFERENT"
            print(f"round {killed}: killed at {moment:5.1f} s: {said}", flush=True)
            if killed == chosen.rounds:
                break
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
