"""One dbt build a scenario: starting dbt costs seconds, so the tests of a scenario share it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from task_warehouse import building
from task_warehouse.metrics import Metrics
from task_warehouse.settings import Home
from tests.warehouse.meaning_rooms import write_rooms
from tests.warehouse.rooms import DATASETS, Rooms

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "warehouse"
MORNING = FIXTURES / "morning"
AS_OF = date(2025, 10, 15)
RUN = {
    "run_id": "test-run",
    "started_at": "2025-10-15T00:00:00+00:00",
    "published_at": "2025-10-15T00:05:00+00:00",
}


@pytest.fixture(scope="session")
def morning_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Rooms of 15 October 2025: seven sources with every habit the marts must bear."""
    rooms = Rooms()
    rooms.load_deliveries(MORNING / "deliveries.csv")
    for dataset in DATASETS:
        rooms.load(dataset, MORNING / f"{dataset}.csv")
    rooms.load("rejects", MORNING / "rejects.csv")
    rooms.load("profiles", MORNING / "profiles.csv")
    return rooms.write(tmp_path_factory.mktemp("morning"))


@pytest.fixture(scope="session")
def morning(morning_home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts of that morning."""
    result = building.build(morning_home, AS_OF, RUN)
    kept = result.database.with_name("morning.duckdb")
    shutil.copy(result.database, kept)
    with duckdb.connect(str(kept), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def meaning_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Rooms of 25 December 2025, built: each rule of meaning with a guilty and an honest case."""
    home = write_rooms(tmp_path_factory.mktemp("meaning"))
    building.build(home, date(2025, 12, 25), {"run_id": "meaning"})
    return home


@pytest.fixture(scope="session")
def marts(meaning_home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts of that day."""
    database = meaning_home.warehouse / building.DATABASE_NAME
    kept = shutil.copy(database, meaning_home.root / "kept.duckdb")
    with duckdb.connect(str(kept), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def metrics(meaning_home: Home) -> Metrics:
    """The semantic layer over them."""
    return Metrics(meaning_home)
