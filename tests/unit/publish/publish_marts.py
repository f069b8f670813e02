"""Builds the small country of ``fixtures/publish/marts.sql`` where a real build would be."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from task_warehouse.publishing import publish
from task_warehouse.settings import PROJECT_ROOT, Home

FIXTURES = PROJECT_ROOT / "tests" / "fixtures" / "publish"
AS_OF = date(2026, 11, 20)
MORNING = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)
FEW = ("agency",)
ALL = ("ministry", "agency", "province")
VERSIONS = {"code": "1", "duckdb": duckdb.__version__}


def write_build(
    home: Home,
    *,
    as_of: date = AS_OF,
    kinds: tuple[str, ...] = FEW,
    per_body: int = 6,
    run_id: str = "run-1",
    topics: bool = False,
    every_body: bool = False,
    extra: str = "",
) -> Path:
    """Write ``warehouse/build.duckdb``: few bodies or all; ``extra`` is SQL run on the marts.

    ``every_body`` gives communes and collectives as many tasks as the others, not few.
    ``topics`` adds the marts that the pages beside the morning show, and that may be absent.
    """
    home.warehouse.mkdir(parents=True, exist_ok=True)
    path = home.warehouse / "build.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        seed = PROJECT_ROOT / "dbt_project" / "seeds" / "organisations.csv"
        for name, value in (("organisations", str(seed)), ("run_id", run_id)):
            connection.execute(f"set variable {name} = '{value}'")
        connection.execute(f"set variable as_of = date '{as_of}'")
        connection.execute(f"set variable per_body = {per_body}")
        connection.execute(f"set variable least = {per_body if every_body else 3}")
        connection.execute(f"set variable kinds = {list(kinds)}")
        connection.execute((FIXTURES / "marts.sql").read_text(encoding="utf-8"))
        if topics:
            connection.execute((FIXTURES / "topics.sql").read_text(encoding="utf-8"))
        connection.execute(extra)
    return path


def publish_small(
    home: Home,
    *,
    as_of: date = AS_OF,
    inputs: str = "inputs-1",
    run_id: str = "run-1",
    later: timedelta = timedelta(0),
) -> Path:
    """Publish what :func:`write_build` wrote, ``later`` than the usual morning."""
    return publish(
        home,
        as_of=as_of,
        run_id=run_id,
        started_at=MORNING,
        published_at=MORNING + later,
        inputs=inputs,
        versions=VERSIONS,
    )
