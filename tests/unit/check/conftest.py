"""A data root of its own for each test; the contracts as they are shipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from task_warehouse.contracts import Contracts, load_contracts
from task_warehouse.settings import Home


@pytest.fixture(scope="session")
def contracts() -> Contracts:
    return load_contracts()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)
