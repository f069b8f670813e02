"""Processes of the tests that stop, starve or watch a publisher.

``publish HOME COUNT``: build and publish COUNT different mornings, one after the other.
``read HOME``: read the snapshot in force until standard input closes, then print what was seen.
"""

from __future__ import annotations

import json
import sys
import threading
from datetime import timedelta
from pathlib import Path

import duckdb
from publish_marts import publish_small, write_build

from task_warehouse.exporting import content_of
from task_warehouse.publishing import Manifest, current
from task_warehouse.settings import Home


def publish_many(home: Home, count: int) -> None:
    for number in range(count):
        write_build(home, per_body=3 + number % 5, run_id=f"run-{number}")
        inputs = f"inputs-{number}-{sys.argv[4] if len(sys.argv) > 4 else ''}"
        publish_small(home, inputs=inputs, run_id=f"run-{number}", later=timedelta(minutes=number))
        print(number, flush=True)


def problems_of(manifest: Manifest) -> list[str]:
    """How manifest, database and Parquet files of one snapshot disagree; nothing when whole."""
    found = []
    database = manifest.path / "warehouse.duckdb"
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        for name, entry in manifest.tables.items():
            for relation in (f"marts.{name}", f"'{manifest.path}/parquet/{name}.parquet'"):
                if content_of(connection, relation) != (entry.rows, entry.content):
                    found.append(f"{relation} is not what the manifest says")
        ran = connection.execute("select run_id from marts.mart_run").fetchall()
    if ran != [(manifest.run_id,)]:
        found.append(f"mart_run {ran}, manifest {manifest.run_id}")
    if "</html>" not in (manifest.path / "dashboard" / "index.html").read_text(encoding="utf-8"):
        found.append("half a page")
    return found


def read_on(home: Home) -> None:
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    reads, seen, problems = 0, set(), []
    while not ended.is_set():
        try:
            manifest = current(home)
            if manifest is None:
                if seen:
                    problems.append("nothing in force after something was")
                continue
            problems += problems_of(manifest)
            seen.add(manifest.snapshot_id)
            reads += 1
        except Exception as error:  # noqa: BLE001 every error is what the test wants to hear about
            problems.append(repr(error))
    print(json.dumps({"reads": reads, "seen": len(seen), "problems": problems[:5]}))


if __name__ == "__main__":
    target = Home(Path(sys.argv[2]))
    if sys.argv[1] == "publish":
        publish_many(target, int(sys.argv[3]))
    else:
        read_on(target)
