"""What dbt reads: the rooms of the data root as tables and views of the schema ``inputs``.

They are made over the Parquet files there are, so that a room which is still empty has its columns
too. Of the rooms that grow with history dbt sees what changed since the last build (resuming.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb

from task_warehouse import arrivals, receipts, resuming
from task_warehouse.contracts import DATASETS
from task_warehouse.errors import NoDataError
from task_warehouse.holding import rooms as decisions
from task_warehouse.last_build import hold_back_checkpoints
from task_warehouse.settings import Home

SIGHTED = "('landed', 'unchanged', 'duplicate')"

_ROW = """delivery_id varchar, source varchar, organisation_code varchar, business_date date,
received_at timestamptz, mode varchar, part varchar, record bigint, line bigint,
warnings varchar[]"""


def _texts(names: str) -> str:
    return ", ".join(f"{name} varchar" for name in names.split())


# The columns dbt reads of each room; a file may hold more.
ROOMS: Mapping[str, str] = {
    "receipts": """receipt_id varchar, source varchar, organisation_code varchar, dataset varchar,
        mode varchar, business_date date, received_at timestamptz, due_at timestamptz,
        expected boolean, outcome varchar, delivery_id varchar, reason_code varchar,
        reason_vi varchar, reason_en varchar""",
    "ledger": """delivery_id varchar, batch varchar, source varchar, organisation_code varchar,
        dataset varchar, business_date date, received_at timestamptz, verdict varchar,
        reason_code varchar, reason_vi varchar, reason_en varchar, rows_received bigint,
        rows_accepted bigint, rows_rejected bigint, rows_duplicate bigint, rows_warned bigint,
        secret_rows bigint, contract_version varchar, format varchar, encoding varchar,
        notes varchar[], rows_held bigint, findings varchar[]""",
    "rejects": """reject_id varchar, business_date date, source varchar, organisation_code varchar,
        dataset varchar, delivery_id varchar, part varchar, record bigint, line bigint,
        column_name varchar, value varchar, check_id varchar, severity varchar,
        message_vi varchar, message_en varchar, responsibility varchar, raw varchar,
        record_key varchar""",
    "runs": """run_id varchar, as_of_date date, started_at timestamptz, published_at timestamptz,
        deliveries bigint, rows_received bigint, rows_accepted bigint, rows_rejected bigint,
        rows_duplicate bigint, rows_held bigint""",
    "profiles": "delivery_id varchar, fact varchar, name varchar, code varchar, rows bigint",
    "documents": f"{_ROW}, "
    + _texts("document_code issued_on issuer title parent_document_code programme secrecy"),
    "tasks": f"{_ROW}, "
    + _texts(
        "task_code title kind group_name document_code parent_task_code lead cooperating "
        "responsible_position assigned_on deadline product priority secrecy updated_at"
    ),
    "progress": f"{_ROW}, "
    + _texts(
        "task_source task_code reported_on percent_complete status_reported completed_on evidence "
        "result difficulty proposal extension_to approval_state updated_at"
    ),
    "indicators": f"{_ROW}, "
    + _texts(
        "indicator_code name unit better target_operator target_low target_high target_text "
        "target_on baseline baseline_on lead document_code frequency kind formula"
    ),
    "indicator_values": f"{_ROW}, "
    + _texts("indicator_code organisation period value breakdown state note"),
    "feedback": f"{_ROW}, "
    + _texts(
        "feedback_code kind received_on sender_kind field assigned_to due_on state answered_on "
        "published"
    ),
    "control_totals": f"{_ROW}, " + _texts("dataset measure value"),
}


def prepare(home: Home, database: Path, as_of: date) -> None:
    """Make the views over the rooms in ``database``; raises :class:`NoDataError`.

    Of the rooms that grow with history dbt sees the changed deliveries alone: the others are in
    the tables that were kept of the last build, if there are any.
    """
    with duckdb.connect(str(database)) as connection:
        hold_back_checkpoints(connection)
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("create schema if not exists inputs")
        for room, columns in ROOMS.items():
            laid = arrivals.LEDGER if room == "ledger" else room
            connection.execute(f"create table inputs.{laid}__empty ({columns})")
        connection.execute("create table inputs.keys (table_name varchar, columns varchar[])")
        arrived = {
            "receipts": _paths_of(home, "receipts"),
            arrivals.LEDGER: _paths_of(home, "ledger"),
        }
        arrivals.lay_arrivals(connection, home, arrived)
        arrivals.lay_firsts(connection, as_of)
        _lay_decisions(connection, home)
        changed = resuming.lay_changes(connection, home)
        if built_as_of := resuming.built_as_of(connection):
            resuming.lay_touched(connection)
            arrivals.lay_told_anew(connection, built_as_of)
        for room in ROOMS:
            if room not in ("receipts", "ledger"):
                files = changed if room in resuming.GROWING else None
                connection.execute(f"create view inputs.{room} as {_view_of(home, room, files)}")
        earliest = _earliest_tasks(connection)
    if earliest is None or earliest > as_of:
        raise NoDataError(
            f"there are no accepted tasks on or before {as_of}",
            where=str(home.accepted / "tasks"),
            remedy=(
                f"the earliest business date with tasks is {earliest}"
                if earliest
                else "collect and check a source that exports tasks first"
            ),
        )


def _lay_decisions(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Make the ledger as persons left it, and the list of deliveries that are not to be used."""
    decisions.create_decisions(connection, home, "inputs.decisions")
    checked = f"inputs.{arrivals.LEDGER}"
    laid = decisions.decided(checked, "inputs.decisions")
    connection.execute(f"create view inputs.ledger as {laid}")
    waiting = decisions.withheld(checked, "inputs.decisions")
    connection.execute(f"create table inputs.withheld as {waiting}")


def _view_of(home: Home, room: str, changed: list[Path] | None = None) -> str:
    """Rows of the room; none of a delivery that waits for a person or was refused by one.

    Given the files that ``changed``, only rows of the changed deliveries in them.
    """
    rows = _files_of(home, room, changed)
    if changed is not None:
        return (
            f"from ({rows}) where delivery_id in (select delivery_id from inputs.changed where"
            f" dataset = '{room}') and delivery_id not in (from inputs.withheld)"
        )
    if room == "rejects":
        return f"{rows} union all by name {decisions.refused_by_person('inputs.ledger')}"
    if room in DATASETS:
        return f"from ({rows}) where delivery_id not in (from inputs.withheld)"
    return rows


def _files_of(home: Home, room: str, chosen: list[Path] | None = None) -> str:
    """Rows of the room's files under the declared columns, with nulls where a file lacks one."""
    empty = f"from inputs.{room}__empty"
    reader = "read_parquet({files}, union_by_name = true, hive_partitioning = false)"
    if room == "runs":
        reader = "read_json_auto({files}, union_by_name = true)"
    paths = _paths_of(home, room)
    if chosen is not None:
        paths = [path for path in paths if path in chosen]
    if not paths:
        return empty
    quoted = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    return f"{empty} union all by name from {reader.format(files=f'[{quoted}]')}"


def _paths_of(home: Home, room: str) -> list[Path]:
    if room == "receipts":
        return receipts.files(home)
    if room == "runs":
        return sorted(home.runs.glob("*.json"))
    folders = {"ledger": home.ledger, "rejects": home.rejects, "profiles": home.profiles}
    return sorted(folders.get(room, home.accepted / room).glob("*.parquet"))


def _earliest_tasks(connection: duckdb.DuckDBPyConnection) -> date | None:
    found = connection.execute(
        f"""
        select min(receipts.business_date)
        from inputs.receipts as receipts
        inner join inputs.ledger as ledger on receipts.delivery_id = ledger.delivery_id
        where receipts.dataset = 'tasks' and receipts.outcome in {SIGHTED}
            and ledger.verdict not in ('refuse', 'hold') and ledger.rows_accepted > 0
        """
    ).fetchone()
    return found[0] if found else None
