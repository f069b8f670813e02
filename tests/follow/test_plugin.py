"""What Airflow gets from the plugin file, and what loading it costs its other processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from task_warehouse import orchestration
from task_warehouse.settings import PROJECT_ROOT, Home

PLUGIN = PROJECT_ROOT / "plugins" / "follow_a_number.py"
MOST_LINES = 80

# As the DAG processor does it, in a process of its own.
_LOAD = """
import json, sys
from airflow import plugins_manager
plugins, errors = plugins_manager._get_plugins()
views, _ = plugins_manager._get_ui_plugins()
apps, _ = plugins_manager.get_fastapi_plugins()
heavy = ("duckdb", "pandas", "pyarrow", "great_expectations", "dbt", "task_warehouse.following")
print("LOADED" + json.dumps({
    "errors": errors,
    "plugins": [plugin.name for plugin in plugins],
    "views": views,
    "prefixes": [app["url_prefix"] for app in apps],
    "heavy": [name for name in heavy if name in sys.modules],
}))
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", _LOAD],
        env=orchestration.environment(Home(tmp_path_factory.mktemp("home"))),
        capture_output=True,
        text=True,
        check=True,
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("LOADED"))
    found: dict[str, object] = json.loads(line.removeprefix("LOADED"))
    return found


def test_airflow_loads_it_and_nothing_else_below_plugins(loaded: dict[str, object]) -> None:
    assert loaded["errors"] == {}
    assert "follow_a_number" in loaded["plugins"]  # type: ignore[operator]
    assert "/follow" in loaded["prefixes"]  # type: ignore[operator]


def test_it_is_in_airflows_navigation(loaded: dict[str, object]) -> None:
    views: list[dict[str, str]] = loaded["views"]  # type: ignore[assignment]
    view = next(view for view in views if view["url_route"] == "follow-a-number")
    # Relative, so that an Airflow below a path of its server finds it too.
    assert view["href"] == "follow/"
    assert view["destination"] == "nav"


def test_loading_it_imports_nothing_heavy(loaded: dict[str, object]) -> None:
    assert loaded["heavy"] == []


def test_the_plugin_file_only_registers() -> None:
    assert len(Path(PLUGIN).read_text(encoding="utf-8").splitlines()) < MOST_LINES
