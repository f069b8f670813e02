"""Rules of the house for the dbt project, and dbt's own unit tests."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from task_warehouse.building import BUILD_VARIABLE
from task_warehouse.parsed_project import PROJECT
from task_warehouse.settings import HOME_VARIABLE, Home

CLOCK = re.compile(r"\b(current_date|current_timestamp|now\s*\(|today\s*\(|run_started_at\s*[.}])")
VIETNAMESE_THEN_ENGLISH = re.compile(r"^\S.* / \S")


@pytest.fixture(scope="session")
def manifest(morning: duckdb.DuckDBPyConnection, morning_home: Home) -> dict[str, Any]:
    """dbt's manifest of the build of the morning."""
    assert morning is not None
    path = morning_home.warehouse / "target" / "manifest.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _models(manifest: dict[str, Any], folder: str) -> list[dict[str, Any]]:
    models = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["fqn"][1] == folder
    ]
    assert models
    return models


def test_marts_never_read_staging_or_rooms(manifest: dict[str, Any]) -> None:
    wrong = [
        (model["name"], parent)
        for model in _models(manifest, "marts")
        for parent in model["depends_on"]["nodes"]
        if parent.startswith("source.") or ".stg_" in parent
    ]
    assert wrong == []


def test_staging_reads_one_room_each(manifest: dict[str, Any]) -> None:
    for model in _models(manifest, "staging"):
        (parent,) = model["depends_on"]["nodes"]
        assert parent.startswith("source."), model["name"]


def test_every_model_says_its_grain(manifest: dict[str, Any]) -> None:
    silent = [
        model["name"]
        for folder in ("staging", "intermediate", "marts")
        for model in _models(manifest, folder)
        if not model["description"].startswith("One row per ")
    ]
    assert silent == []


def test_every_mart_has_an_enforced_contract_and_a_primary_key(manifest: dict[str, Any]) -> None:
    for model in _models(manifest, "marts"):
        assert model["config"]["contract"]["enforced"], model["name"]
        kinds = [constraint["type"] for constraint in model["constraints"]]
        assert kinds == ["primary_key"], model["name"]


def test_every_column_of_a_mart_is_described_in_both_languages(manifest: dict[str, Any]) -> None:
    poor = [
        (model["name"], column["name"])
        for model in _models(manifest, "marts")
        for column in model["columns"].values()
        if not VIETNAMESE_THEN_ENGLISH.match(column["description"])
    ]
    assert poor == []


def test_every_mart_has_a_test_of_its_key(manifest: dict[str, Any]) -> None:
    tested = {
        node["attached_node"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        and node.get("test_metadata", {}).get("name") in ("unique", "unique_combination")
    }
    assert [m["name"] for m in _models(manifest, "marts") if m["unique_id"] not in tested] == []


def test_exposures_read_marts_only_and_every_mart_is_read(manifest: dict[str, Any]) -> None:
    read = {
        parent
        for exposure in manifest["exposures"].values()
        for parent in exposure["depends_on"]["nodes"]
    }
    marts = {model["unique_id"] for model in _models(manifest, "marts")}
    assert read == marts


def test_seeds_and_macros_of_ours_are_described(manifest: dict[str, Any]) -> None:
    nodes = [*manifest["nodes"].values(), *manifest["macros"].values()]
    silent = [
        node["name"]
        for node in nodes
        if node["package_name"] == "task_warehouse"
        and node["resource_type"] in ("seed", "macro")
        and not node["name"].startswith("test_")
        and not node["description"]
    ]
    assert silent == []


def test_nothing_reads_a_clock() -> None:
    files = [
        path
        for folder in ("models", "macros", "tests")
        for path in (PROJECT / folder).rglob("*")
        if path.suffix in (".sql", ".yml")
    ]
    assert files
    guilty = [
        f"{path.relative_to(PROJECT)}: {found.group(0)}"
        for path in files
        if (found := CLOCK.search(path.read_text(encoding="utf-8")))
    ]
    assert guilty == []


# What a build leaves out: rules on made rows, and keys that the tables hold themselves.
ASKED = """
import json, sys
from pathlib import Path
from dbt.cli.main import dbtRunner
from task_warehouse import building, parsed_project
log = Path(sys.argv[1])
dbtRunner(manifest=parsed_project.manifest_of({}, log)).invoke(
    ["test", *parsed_project.place(log), "--target-path", str(log),
     "--select", "test_type:unit", *building.HELD_BY_KEYS])
"""


def test_rules_on_made_rows_and_keys_of_marts_hold(
    morning: duckdb.DuckDBPyConnection, morning_home: Home, tmp_path: Path
) -> None:
    assert morning is not None
    subprocess.run(
        [sys.executable, "-c", ASKED, str(tmp_path)],
        env={**os.environ, HOME_VARIABLE: str(morning_home.root), BUILD_VARIABLE: "warehouse"},
        capture_output=True,
        text=True,
        check=True,
    )
    said = json.loads((tmp_path / "run_results.json").read_text(encoding="utf-8"))["results"]
    broken = [(each["unique_id"], each["message"]) for each in said if each["status"] != "pass"]
    assert broken == []
    assert sum(each["unique_id"].startswith("unit_test.") for each in said) >= 20
    assert sum(each["unique_id"].startswith("test.") for each in said) >= 30
