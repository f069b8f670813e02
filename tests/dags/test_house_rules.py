"""House rules, held on the DAGs as Airflow parses them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from task_warehouse import orchestration
from task_warehouse.settings import Home

PROJECT_ROOT = Path(__file__).resolve().parents[2]
DAGS = PROJECT_ROOT / "dags"
PARSE_SECONDS = 5
FILE_LINES = 80

# Parsed in a process of its own, so that the modules it imported can be counted afterwards.
_PARSE = """
import json, sys, time
from airflow.dag_processing.dagbag import DagBag
import airflow.sdk, airflow.timetables.trigger, airflow.models
began = time.monotonic()
bag = DagBag(sys.argv[1])
seconds = time.monotonic() - began
heavy = [name for name in ("great_expectations", "dbt", "duckdb", "pandas", "pyarrow")
         if name in sys.modules]
print("PARSED" + json.dumps({
    "seconds": seconds,
    "errors": bag.import_errors,
    "heavy": heavy,
    "dags": [
        {
            "dag_id": dag.dag_id,
            "file": dag.fileloc,
            "owner": dag.owner,
            "tags": sorted(dag.tags),
            "doc": dag.doc_md,
            "catchup": dag.catchup,
            "max_active_runs": dag.max_active_runs,
            "retries": {task.task_id: task.retries for task in dag.tasks},
            "assets": [a.uri for a in getattr(dag.timetable.asset_condition, "objects", [])],
            "outlets": [outlet.uri for task in dag.tasks for outlet in task.outlets],
        }
        for dag in bag.dags.values()
    ],
}))
"""


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = Home(tmp_path_factory.mktemp("home"))
    done = subprocess.run(
        [sys.executable, "-c", _PARSE, str(DAGS)],
        env=orchestration.environment(home),
        capture_output=True,
        text=True,
        check=True,
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("PARSED"))
    return json.loads(line.removeprefix("PARSED"))


@pytest.fixture(scope="module")
def dags(parsed: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {dag["dag_id"]: dag for dag in parsed["dags"]}


def test_every_dag_file_loads_a_dag_of_its_name(
    parsed: dict[str, Any], dags: dict[str, dict[str, Any]]
) -> None:
    assert parsed["errors"] == {}
    assert set(dags) == {path.stem for path in DAGS.glob("*.py")}
    assert len(dags) >= 4


def test_parsing_is_quick_and_imports_nothing_heavy(parsed: dict[str, Any]) -> None:
    assert parsed["seconds"] < PARSE_SECONDS
    assert parsed["heavy"] == []


def test_every_dag_says_who_owns_it_what_it_is_and_what_to_do(
    dags: dict[str, dict[str, Any]],
) -> None:
    for dag in dags.values():
        assert dag["owner"] == "data-engineering", dag["dag_id"]
        assert [tag for tag in dag["tags"] if tag.startswith("road:")], dag["dag_id"]
        for part in ("**When**", "**Safe to run again**", "**When it fails**"):
            assert part in dag["doc"], (dag["dag_id"], part)


def test_every_dag_runs_once_at_a_time_and_never_catches_up(
    dags: dict[str, dict[str, Any]],
) -> None:
    for dag in dags.values():
        # A run that waits for a person must not keep others from being asked.
        assert dag["max_active_runs"] == 1 or "people" in dag["tags"], dag["dag_id"]
        assert dag["catchup"] is False, dag["dag_id"]


def test_every_task_of_the_road_is_retried(dags: dict[str, dict[str, Any]]) -> None:
    for dag_id in orchestration.ROAD:
        for task_id, retries in dags[dag_id]["retries"].items():
            assert retries >= 1, (dag_id, task_id)


def test_assets_join_the_road_in_order(dags: dict[str, dict[str, Any]]) -> None:
    for upstream, downstream in zip(orchestration.ROAD, orchestration.ROAD[1:], strict=False):
        joined = set(dags[upstream]["outlets"]) & set(dags[downstream]["assets"])
        assert len(joined) == 1, (upstream, downstream)


def test_dag_files_only_wire() -> None:
    for path in DAGS.glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) < FILE_LINES, path.name


def test_airflow_leaves_the_package_under_plugins_alone() -> None:
    ignored = (PROJECT_ROOT / "plugins" / ".airflowignore").read_text(encoding="utf-8").split()
    assert "task_warehouse/" in ignored
