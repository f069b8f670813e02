"""Published snapshots made by hand: marts of the promised shapes, of any size and morning."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from task_warehouse.exporting import content_of
from task_warehouse.snapshots import DATABASE_NAME, Manifest, TableEntry, sha256_of

MARTS = Path(__file__).parent / "marts.sql"
AS_OF = date(2026, 11, 20)


def make_snapshot(
    folder: Path, *, morning: int = 1, tasks: int = 200, communes: int = 0, extra: str = ""
) -> Path:
    """Write the snapshot ``2026-11-20-morning<n>`` below ``folder``.

    Every row of dim_task, fct_task_status and mart_scorecard says which ``morning`` it is of.
    ``extra`` is SQL run in the database before it is closed.
    """
    path = folder / f"{AS_OF}-morning{morning}"
    path.mkdir(parents=True)
    with duckdb.connect(str(path / DATABASE_NAME)) as connection:
        connection.execute("set timezone = 'UTC'")
        for name, value in (("morning", morning), ("tasks", tasks), ("communes", communes)):
            connection.execute(f"set variable {name} = {value}")
        connection.execute(MARTS.read_text(encoding="utf-8"))
        connection.execute(extra)
        names = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts'"
        ).fetchall()
        entries = {}
        for (name,) in names:
            rows, content = content_of(connection, f'marts."{name}"')
            entries[name] = TableEntry(rows, "", content)
    write_manifest(path, entries)
    return path


def write_manifest(path: Path, entries: dict[str, TableEntry]) -> None:
    Manifest(
        snapshot_id=path.name,
        run_id="run-1",
        as_of_date=AS_OF,
        published_at=datetime(2026, 11, 20, 6, tzinfo=UTC),
        started_at=datetime(2026, 11, 20, 5, tzinfo=UTC),
        inputs="0" * 32,
        versions={"duckdb": duckdb.__version__},
        tables=entries,
        database_sha256=sha256_of(path / DATABASE_NAME),
        ledger={},
        path=path,
    ).write()
