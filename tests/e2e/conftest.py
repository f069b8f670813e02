"""Whole days through Airflow, each scenario once a session: a start of Airflow costs seconds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


@dataclass(frozen=True)
class Root:
    """A data root and the command line on it."""

    home: Path
    sources: Path

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``task-warehouse`` with this root; its output is kept, its exit code not judged."""
        return subprocess.run(
            [sys.executable, "-m", "task_warehouse.cli", *arguments],
            env={
                **os.environ,
                "TASK_WAREHOUSE_HOME": str(self.home),
                "TASK_WAREHOUSE_SOURCES": str(self.sources),
                "COLUMNS": "120",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=540,
        )

    def day(self, as_of: str, received_at: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run one day through the DAGs; it must end well."""
        moment = received_at or f"{as_of}T06:00:00+07:00"
        done = self.command("run", "--as-of", as_of, "--received-at", moment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the published snapshot."""
        path = (self.home / "published" / "current").resolve() / "warehouse.duckdb"
        with duckdb.connect(str(path), read_only=True) as connection:
            connection.execute("set search_path = 'marts'")
            return connection.execute(sql).fetchall()

    def marts(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every mart, the clock's columns of ``mart_run`` apart."""
        tables = [
            name
            for (name,) in self.rows(
                "select table_name from information_schema.tables "
                "where table_schema = 'marts' order by 1"
            )
        ]
        assert tables
        found = {}
        for table in tables:
            columns = "* exclude (published_at)" if table == "mart_run" else "*"
            found[table] = sorted(self.rows(f"select {columns} from {table}"), key=repr)
        return found


def make_root(folder: Path, fixture: str) -> Root:
    """A fresh data root with a copy of one fixture's sources and exports."""
    shutil.copytree(FIXTURES / fixture, folder / fixture)
    return Root(folder / "home", folder / fixture / "sources")


@pytest.fixture(scope="session")
def road(tmp_path_factory: pytest.TempPathFactory) -> Root:
    """A central list, a ministry that reports on it, a silent province: 1 July 2025."""
    root = make_root(tmp_path_factory.mktemp("road"), "road")
    root.day("2025-07-01")
    return root
