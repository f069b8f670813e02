"""Airflow as this project runs it: its environment, its database, and one day through its DAGs.

``python -m task_warehouse.orchestration`` is the child process of ``task-warehouse run``: it loads
the real DAGs and runs them in the order of their assets, without a scheduler, on the metadata
database under the data root. The scheduler runs the very same DAGs (``task-warehouse up``).
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from task_warehouse import progress
from task_warehouse.errors import TaskWarehouseError
from task_warehouse.rundate import RunDate
from task_warehouse.settings import HOME_VARIABLE, PROJECT_ROOT, SOURCES_VARIABLE, Home

ROAD = ("collect", "check", "build")
"""The DAGs of one day, in the order of the assets that join them."""


def environment(home: Home, sources: Path | None = None) -> dict[str, str]:
    """The environment of every Airflow process of this project; nothing in it phones home."""
    beside_python = Path(sys.executable).parent
    port = os.environ.get("AIRFLOW__API__PORT", "8080")
    ours = {
        HOME_VARIABLE: str(home.root),
        # Airflow starts its components by their bare names; the environment need not be activated.
        "PATH": os.pathsep.join((str(beside_python), os.environ.get("PATH", os.defpath))),
        "AIRFLOW_HOME": str(home.airflow),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT_ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Asia/Ho_Chi_Minh",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home.airflow}/airflow.db",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": port,
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        # One worker process for each task that may run at a time; ours are few and large.
        "AIRFLOW__CORE__PARALLELISM": "8",
        # A slow machine starts tasks before the server they report to answers.
        "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "10",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home.airflow / "logs"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "GX_ANALYTICS_ENABLED": "False",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
        "DO_NOT_TRACK": "1",
    }
    if sources is not None:
        ours[SOURCES_VARIABLE] = str(sources)
    kept = {key: os.environ[key] for key in ours if key in os.environ and key != SOURCES_VARIABLE}
    # What the operator set wins (a PostgreSQL metadata database, another port), our folders apart.
    kept.pop("AIRFLOW__CORE__DAGS_FOLDER", None)
    kept.pop("AIRFLOW__CORE__PLUGINS_FOLDER", None)
    kept.pop(HOME_VARIABLE, None)
    kept.pop("PATH", None)
    return {**os.environ, **ours, **kept}


def prepare(home: Home) -> None:
    """Create or upgrade Airflow's metadata database, once per Airflow version."""
    marker = home.airflow / f".migrated-{version('apache-airflow')}"
    if marker.exists() and (home.airflow / "airflow.db").exists():
        return
    home.airflow.mkdir(parents=True, exist_ok=True)
    progress.tell("prepare", "preparing Airflow's metadata database")
    done = subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"],
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise TaskWarehouseError(
            f"Airflow could not prepare its database: {done.stderr.strip()[-500:]}",
            where=str(home.airflow),
            remedy="look at the message; the folder may be deleted, it holds no data of ours",
        )
    marker.touch()


def start_day(
    home: Home, sources: Path, run: RunDate, events: Path, log: Path
) -> subprocess.Popen[bytes]:
    """Start the child process that runs one day; its progress goes to ``events``."""
    log.parent.mkdir(parents=True, exist_ok=True)
    variables = environment(home, sources) | {progress.PROGRESS_VARIABLE: str(events)}
    extra = run.as_extra()
    with log.open("wb") as stream:
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "task_warehouse.orchestration",
                extra["as_of"],
                extra["received_at"],
            ],
            env=variables,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )


def run_day(as_of: str, received_at: str) -> bool:
    """Run the DAGs of :data:`ROAD` for one day in this process; whether all of them succeeded."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(PROJECT_ROOT / "dags"))
    if bag.import_errors:
        raise TaskWarehouseError(f"a DAG file does not load: {bag.import_errors}")
    for dag_id in ROAD:
        progress.tell("airflow", f"DAG {dag_id}")
        if not _run_dag(bag.dags[dag_id], {"as_of": as_of, "received_at": received_at}):
            return False
    return True


def _run_dag(dag: Any, conf: dict[str, str]) -> bool:
    for task in dag.tasks:
        # A person is waiting: an error is shown at once. The scheduler's retries stay as they are.
        task.retries = 0
    finished = dag.test(run_conf=conf, logical_date=None)
    return str(finished.state) == "success"


if __name__ == "__main__":
    sys.exit(0 if run_day(*sys.argv[1:3]) else 1)
