"""Wrong use, wrong files, wrong places: a clear message, the place, the remedy, the exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from task_warehouse import locking
from task_warehouse.settings import Home
from tests.e2e.conftest import Root, make_root


@pytest.fixture
def fresh(tmp_path: Path) -> Root:
    return make_root(tmp_path, "road")


def test_a_typo_in_a_source_file_names_its_line_and_what_was_meant(fresh: Root) -> None:
    path = fresh.sources / "tinh-40.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("cadence:", "cadense:"), "utf-8")
    done = fresh.command("run", "--as-of", "2025-07-01")
    assert done.returncode == 2
    assert "tinh-40.yml:11" in done.stderr.replace("\n", "")
    assert "cadence" in done.stderr


def test_a_missing_folder_of_sources_says_so(tmp_path: Path) -> None:
    done = Root(tmp_path / "home", tmp_path / "nowhere").command("run", "--as-of", "2025-07-01")
    assert done.returncode == 2
    assert "nowhere" in done.stderr.replace("\n", "")


def test_a_date_that_is_none_is_refused_with_its_form(fresh: Root) -> None:
    done = fresh.command("run", "--as-of", "01/07/2025")
    assert done.returncode == 2
    assert "YYYY-MM-DD" in done.stderr


def test_two_runs_at_once_the_second_is_told(fresh: Root) -> None:
    with locking.hold(Home(fresh.home), "run"):
        done = fresh.command("run", "--as-of", "2025-07-01")
    assert done.returncode == 5
    assert "another process" in done.stderr


def test_query_before_any_run_says_what_to_do(fresh: Root) -> None:
    done = fresh.command("query", "select 1")
    assert done.returncode == 4
    assert "make run" in done.stderr
