"""What of the last build still holds, so that a day's build touches what the day changed.

A build goes on in the database of the last good one (last_build.py). Of it the tables that grow
with history stay (:data:`KEPT`); dbt takes out of them the rows of deliveries, days and tasks that
something changed for, and derives those anew. All else is small and built from them in whole. Where
it is not sure that the rest still holds (other code, an earlier as-of date, an organisation that
begins or ends in between) nothing is kept and everything is built anew; both ways give the same
rows.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb

from task_warehouse import arrivals, fingerprint
from task_warehouse.last_build import hold_back_checkpoints
from task_warehouse.settings import PROJECT_ROOT, Home

GROWING = ("tasks", "progress", "profiles")
KEPT = {
    "inputs": (*arrivals.KEPT, "files"),
    "staging": ("stg_tasks", "stg_progress", "stg_profiles"),
    "intermediate": (
        "int_attempts__judged",
        "int_sources__export_days",
        "int_deliveries__spans",
        "int_deliveries__sighted",
        "int_deliveries__measured",
        "int_quality__counted",
        "int_reports__versions",
        "int_reports__orders",
        "int_progress__known",
        "int_reports__latest",
        "int_reports__difficulties",
        "int_reports__doubtful",
        "int_tasks__chosen",
        "int_tasks__present",
        "int_tasks__reporters",
        "int_tasks__proof",
        "int_reports__turns",
        "int_tasks__status",
        "int_tasks__told_in_order",
        "int_tasks__versions",
        "int_tasks__states",
    ),
    "marts": (
        "fct_task_event",
        "mart_ledger",
        "mart_quality",
        "mart_quality_summary",
        "mart_reporting",
    ),
}
# Of the last build, to be compared with this one's: where they differ a task is touched.
COMPARED = {"int_deliveries__sighted": "dataset = 'tasks'"}
ORGANISATIONS = "organisation*.csv"
COLLECTIVES = "collective*.csv"
# What DuckDB says of a file that another process, or this one, reads.
IN_USE = ("Conflicting lock", "different configuration")
ISO_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")


def basis(variables: Mapping[str, object]) -> str:
    """SHA-256 (hex) of what the kept rows are a function of, beside the rooms and the date."""
    here = Path(__file__)
    modules = (here, *(here.with_name(name) for name in ("build_inputs.py", "arrivals.py")))
    views = [path.read_text(encoding="utf-8") for path in modules]
    models = fingerprint.of_code(["dbt_project"])
    said = json.dumps([models, *views, duckdb.__version__, dict(variables)], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def open_resumed(last: Path, aside: Path) -> Path:
    """Make the database in which a build goes on, and the path of it: ``last`` itself.

    Where somebody reads ``last`` it is a copy, ``aside``. All but what is kept is dropped.
    """
    try:
        _clear(last)
    except (duckdb.IOException, duckdb.ConnectionException) as error:
        if not any(said in str(error) for said in IN_USE):
            raise
    else:
        return last
    shutil.copyfile(last, aside)
    _clear(aside)
    return aside


def _clear(database: Path) -> None:
    with duckdb.connect(str(database)) as connection:
        hold_back_checkpoints(connection)
        connection.execute("create or replace schema before")
        for table, rows in COMPARED.items():
            connection.execute(
                f"create table before.{table} as from intermediate.{table} where {rows}"
            )
        connection.execute("create table before.built as from inputs.built")
        _drop_all_but_kept(connection)


def what_holds(last: Path, as_of: date, on_basis: str) -> date | None:
    """The as-of date of ``last`` where a build as of ``as_of`` can go on from it, else None."""
    if not last.is_file():
        return None
    try:
        with duckdb.connect(str(last), read_only=True) as connection:
            found = connection.execute("select basis, as_of from inputs.built").fetchone()
    except duckdb.Error:
        return None  # of an older form, or damaged: it is derived, and derived again
    if found is None or found[0] != on_basis or found[1] > as_of:
        return None
    built_as_of: date = found[1]
    return None if _organisations_change(built_as_of, as_of) else built_as_of


def _organisations_change(since: date, until: date) -> bool:
    """Whether a body begins or ends between two days: then who answers for whom changes."""
    if since == until:
        return False
    seeds = PROJECT_ROOT / "dbt_project" / "seeds"
    for pattern in (ORGANISATIONS, COLLECTIVES):
        for path in seeds.glob(pattern):
            for found in ISO_DATE.findall(path.read_text(encoding="utf-8")):
                if since.isoformat() <= found <= until.isoformat():
                    return True
    return False


def _drop_all_but_kept(connection: duckdb.DuckDBPyConnection) -> None:
    relations = connection.execute(
        "select schema_name, view_name, 'view' from duckdb_views() where not internal union all "
        "select schema_name, table_name, 'table' from duckdb_tables() where not internal"
    ).fetchall()
    for schema, name, kind in relations:
        if schema != "before" and name not in KEPT.get(schema, ()):
            connection.execute(f'drop {kind} "{schema}"."{name}"')


def lay_changes(connection: duckdb.DuckDBPyConnection, home: Home) -> list[Path]:
    """Make ``inputs.changed`` and bring ``inputs.files`` up to date; the files to be read.

    ``inputs.files`` has a row for each delivery and file of a room that grows; ``inputs.changed``
    the deliveries whose rows came, went, are to be used or no longer, or came from a file written
    anew since the last build. Needs ``inputs.withheld`` and :func:`arrivals.lay_arrivals`.
    """
    connection.execute(
        "create table if not exists inputs.files"
        " (dataset varchar, path varchar, delivery_id varchar, is_used boolean);"
        "create table inputs.changed (dataset varchar, delivery_id varchar, path varchar)"
    )
    for dataset in GROWING:
        folder = home.profiles if dataset == "profiles" else home.accepted / dataset
        new = arrivals.lay_files(connection, home, dataset, sorted(folder.glob("*.parquet")))
        _lay_deliveries(connection, dataset, new)
    used = (
        "delivery_id not in (select delivery_id from inputs.withheld where delivery_id is not null)"
    )
    connection.execute(
        "insert into inputs.changed select dataset, delivery_id, path from inputs.files"
        f" where is_used != ({used});"
        f"update inputs.files set is_used = {used} where is_used != ({used})"
    )
    found = connection.execute("select distinct path from inputs.changed").fetchall()
    return sorted(path for (name,) in found if (path := home.root / name).is_file())


def _lay_deliveries(connection: duckdb.DuckDBPyConnection, dataset: str, new: list[str]) -> None:
    """The deliveries of files that came, went or changed; needs ``gone`` and ``there``."""
    of_gone = f"where dataset = '{dataset}' and path in (from gone)"
    connection.execute(
        "insert into inputs.changed select dataset, delivery_id, path from inputs.files"
        f" {of_gone} and is_used;"
        f"delete from inputs.files {of_gone}"
    )
    if not new:
        return
    connection.execute(
        f"create or replace temp table came as select distinct '{dataset}' as dataset,"
        " there.path, rows.delivery_id, rows.delivery_id not in (select delivery_id from"
        " inputs.withheld where delivery_id is not null) as is_used"
        " from read_parquet(?, filename = true, union_by_name = true) as rows"
        " inner join there on rows.filename = there.file",
        [new],
    )
    connection.execute(
        "insert into inputs.files by name from came;"
        "insert into inputs.changed select dataset, delivery_id, path from came where is_used"
    )


def built_as_of(connection: duckdb.DuckDBPyConnection) -> date | None:
    """The as-of date of the build before, where the database holds its kept tables."""
    found = connection.execute(
        "select 1 from duckdb_tables() where schema_name = 'before' and table_name = 'built'"
    ).fetchone()
    if found is None:
        return None
    built: date = connection.execute("select as_of from before.built").fetchall()[0][0]
    return built


def lay_touched(connection: duckdb.DuckDBPyConnection) -> None:
    """Make ``inputs.touched``: tasks that had rows in a changed delivery of the last build."""
    connection.execute(
        "create table inputs.touched (task_key varchar, source varchar, task_code varchar)"
    )
    for table, source in (("stg_tasks", "source"), ("stg_progress", "task_source")):
        connection.execute(
            f"insert into inputs.touched select distinct {source} || '/' || task_code, {source},"
            f" task_code from staging.{table}"
            " where delivery_id in (select delivery_id from inputs.changed)"
        )


def finish(connection: duckdb.DuckDBPyConnection, as_of: date, on_basis: str) -> None:
    """Write into a build what it was built from, for the next one to ask; from now on it counts."""
    connection.execute("drop schema if exists before cascade")
    connection.execute(
        "create table inputs.built as select ? as basis, ?::date as as_of", [on_basis, as_of]
    )
    connection.execute("checkpoint")
