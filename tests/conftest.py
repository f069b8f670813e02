"""What every test shares: a data root of its own, and nothing that phones home."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("GX_ANALYTICS_ENABLED", "False")
os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "False")
os.environ.setdefault("AIRFLOW__USAGE_DATA_COLLECTION__ENABLED", "False")

PROJECT_ROOT = Path(__file__).resolve().parents[1]
REAL = PROJECT_ROOT.parent / "shared" / "real"


@pytest.fixture
def home_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data root that ``Home.from_environment`` finds."""
    root = tmp_path / "home"
    root.mkdir()
    monkeypatch.setenv("TASK_WAREHOUSE_HOME", str(root))
    return root


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of data nobody here wrote; skips where it is absent."""
    if not REAL.is_dir():
        pytest.skip("the real data (../shared/real) is not on this machine")
    return REAL
