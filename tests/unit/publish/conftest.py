"""One published morning for the tests of what goes out of it: messages and open data."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from hostile_marts import EXTRA
from publish_marts import AS_OF, publish_small, write_build

from task_warehouse.settings import Home


@pytest.fixture(scope="session")
def told_morning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The snapshot in force of a data root that has one of yesterday too (two tasks fewer)."""
    home = Home(tmp_path_factory.mktemp("told"))
    write_build(home, topics=True, extra=EXTRA)
    snapshot = publish_small(home)
    earlier = home.published / "yesterday"
    (earlier / "parquet").mkdir(parents=True)
    manifest = json.loads((snapshot / "manifest.json").read_text(encoding="utf-8"))
    manifest["as_of_date"] = (AS_OF - timedelta(days=1)).isoformat()
    (earlier / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    duckdb.execute(
        "copy (select * replace (as_of_date - 1 as as_of_date, open_overdue - 2 as open_overdue) "
        f"from '{snapshot}/parquet/mart_scorecard.parquet') "
        f"to '{earlier}/parquet/mart_scorecard.parquet'"
    )
    return snapshot
