"""The invariants, checked in every run: a run whose ledger does not balance does not publish.

Counted again from the files themselves, never from what a step said of its own work.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from task_warehouse import landing, receipts
from task_warehouse.errors import AuditError
from task_warehouse.holding import rooms
from task_warehouse.last_build import last_build
from task_warehouse.settings import Home
from task_warehouse.snapshots import sha256_of

SHOWN = 5
REPLAY = "replay the business date of the delivery: task-warehouse replay --from … --to …"

# Each query returns the offenders: a name and what is wrong with it. No row, no fault.
LEDGER_RULES: dict[str, str] = {
    "a delivery is in the ledger twice": """
        select delivery_id, count(*) || ' times' from ledger group by 1 having count(*) > 1
    """,
    "rows received are not accepted, rejected and duplicate rows together": """
        select delivery_id, rows_received || ' received, ' || rows_accepted || ' accepted, '
            || rows_rejected || ' rejected, ' || rows_duplicate || ' duplicate, '
            || rows_held || ' held'
        from decided
        where rows_received != rows_accepted + rows_rejected + rows_duplicate + rows_held
            or (verdict != 'hold' and rows_held != 0)
    """,
    "the accepted rows are not as many as the ledger says": """
        select l.delivery_id, l.rows_accepted + coalesce(l.rows_held, 0) || ' in the ledger, '
            || coalesce(a.n, 0) || ' kept'
        from ledger as l
        left join (select delivery_id, count(*) as n from accepted group by 1) as a
            using (delivery_id)
        where l.rows_accepted + coalesce(l.rows_held, 0) != coalesce(a.n, 0)
    """,
    "rows were accepted of a delivery that the ledger does not know": """
        select delivery_id, count(*) || ' rows' from accepted
        where delivery_id not in (select delivery_id from ledger) group by 1
    """,
    "the refused rows are not as many as the ledger says": """
        select l.delivery_id, l.rows_rejected || ' in the ledger, ' || coalesce(r.n, 0) || ' kept'
        from ledger as l
        left join (
            select delivery_id, count(distinct (coalesce(part, ''), record)) as n
            from rejects where severity = 'error' and record is not null group by 1
        ) as r using (delivery_id)
        where l.verdict != 'refuse' and l.rows_rejected != coalesce(r.n, 0)
    """,
    "a delivery was refused whole without a reason": """
        select delivery_id, source || ' ' || dataset from ledger
        where verdict = 'refuse'
            and (reason_code is null
                or delivery_id not in (
                    select delivery_id from rejects where delivery_id is not null))
    """,
    "a delivery was landed and never checked": """
        select delivery_id, any_value(source || ' ' || dataset) from receipts
        where outcome = 'landed' and delivery_id not in (select delivery_id from ledger)
        group by 1
    """,
}

MART_RULES: dict[str, str] = {
    "the nation's tasks are not its six classes together": """
        select 'VN', tasks || ' tasks' from mart_scorecard
        where organisation_code = 'VN' and tasks != completed_on_time + completed_late
            + completed_undated + open_in_term + open_overdue + open_undated
    """,
    "the nation does not count each task once": """
        select 'VN', (select tasks from mart_scorecard where organisation_code = 'VN')
            || ' counted, ' || (select count(*) from fct_task_status) || ' there'
        where (select tasks from mart_scorecard where organisation_code = 'VN')
            is distinct from (select count(*) from fct_task_status)
    """,
    "a task has no lead, not even UNRESOLVED": """
        select task_key, 'no lead' from fct_task_status
        where task_key not in (
            select task_key from bridge_task_organisation where role in ('lead', 'co_lead'))
    """,
    "a day's rows received are not accepted, rejected and duplicate rows together": """
        select source || ' ' || dataset, business_date::varchar from mart_reporting
        where rows_received != rows_accepted + rows_rejected + rows_duplicate + rows_held
    """,
    "a delivery's rows received in the marts are not what became of them": """
        select delivery_id, source || ' ' || dataset from mart_ledger
        where rows_received != rows_accepted + rows_rejected + rows_duplicate + rows_held
    """,
    "what was, what came and what went are not what is": """
        select organisation_code, period || ' since ' || since_date from mart_movement
        where is_comparable and not (
            tasks_now = tasks_then + newly_assigned - gone
            and completed_now = completed_then + newly_completed - reopened - completed_gone
            and overdue_now = overdue_then + newly_overdue - left_overdue)
    """,
    "the nation's movement does not end in its scorecard": """
        select 'VN', period from mart_movement
        inner join mart_scorecard using (organisation_code)
        where organisation_code = 'VN' and is_comparable
            and (tasks_now != tasks or overdue_now != open_overdue)
    """,
    "a rate is no share": """
        select organisation_code, 'rate' from mart_scorecard
        where least(completion_rate, on_time_rate, overdue_rate, due_completion_rate) < 0
            or greatest(completion_rate, on_time_rate, overdue_rate, due_completion_rate) > 1
    """,
}


def audit_ledger(home: Home) -> None:
    """Hold the rooms against the ledger. Raises :class:`AuditError` naming the deliveries."""
    with duckdb.connect() as connection:
        receipts.scan(connection, home)
        files = sorted(home.ledger.glob("*.parquet"))
        connection.execute(f"create temp view ledger as {rooms.checked_ledger(files)}")
        rooms.create_decisions(connection, home, "decisions", temporary=True)
        connection.execute(f"create temp view decided as {rooms.decided('ledger', 'decisions')}")
        _view(connection, "rejects", home.rejects)
        accepted = " union all ".join(
            f"select delivery_id from read_parquet({_files(folder)})"
            for folder in sorted(home.accepted.glob("*"))
            if folder.is_dir()
        )
        connection.execute(
            f"create temp view accepted as {accepted or 'select null::varchar as delivery_id'}"
        )
        for fault, query in LEDGER_RULES.items():
            _hold(connection, fault, query, REPLAY)
        _hold_secrets(connection, home)
        _hold_landing(connection, home)


def audit_build(home: Home) -> None:
    """Hold the built marts against each other. Raises :class:`AuditError` naming the offenders."""
    with duckdb.connect(str(last_build(home)), read_only=True) as connection:
        connection.execute("set search_path = 'marts'")
        for fault, query in MART_RULES.items():
            _hold(connection, fault, query, "this is a fault of the models: nothing was published")


def _hold(connection: duckdb.DuckDBPyConnection, fault: str, query: str, remedy: str) -> None:
    offenders = connection.execute(query).fetchall()
    if offenders:
        named = "; ".join(f"{name}: {said}" for name, said in offenders[:SHOWN])
        more = f"; and {len(offenders) - SHOWN} more" if len(offenders) > SHOWN else ""
        raise AuditError(fault, where=named + more, remedy=remedy)


def _hold_secrets(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """No content of a delivery with secret rows is kept."""
    for (sha256,) in connection.execute("""
        select distinct sha256 from receipts join ledger using (delivery_id)
        where secret_rows > 0 and sha256 is not null
    """).fetchall():
        if landing.path_of(home, sha256).exists():
            raise AuditError(
                "the content of a delivery with secret rows is still in landing",
                where=sha256,
                remedy="remove that file at once, then run the check again",
            )


def _hold_landing(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """What was landed last still is what its name says; of the rest, that it is there."""
    for sha256, is_newest in connection.execute("""
        select sha256, bool_or(r.received_at = (select max(received_at) from receipts))
        from receipts as r
        left join ledger as l on r.delivery_id = l.delivery_id
        where r.outcome = 'landed' and coalesce(l.secret_rows, 0) = 0
        group by 1
    """).fetchall():
        path = landing.path_of(home, sha256)
        if not path.exists() or (is_newest and sha256_of(path) != sha256):
            raise AuditError(
                "a landed file is gone or changed",
                where=str(path),
                remedy="restore it from the backup, or collect that business date again",
            )


def _view(connection: duckdb.DuckDBPyConnection, name: str, folder: Path) -> None:
    connection.execute(f"create temp view {name} as from read_parquet({_files(folder)})")


def _files(folder: Path) -> str:
    pattern = str(folder / "*.parquet").replace("'", "''")
    return f"'{pattern}', union_by_name = true"
