"""What a check leaves: accepted rows, rejects, warnings and, last, the ledger.

Of a delivery refused as a whole the ledger counts every record as rejected, while the rejects hold
one row that says why. Of one that is held the good rows are written like accepted ones and counted
as held: a person's decision is laid over that, and changes no file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa

from task_warehouse import landing, ledger
from task_warehouse.checking import CheckSummary, rejects
from task_warehouse.checking.quoting import quote
from task_warehouse.checking.refusals import ALL_REJECTED, Finding, Refusal, Refusals
from task_warehouse.contracts import Contract, Contracts
from task_warehouse.defect_kinds import load_defect_kinds
from task_warehouse.errors import AuditError
from task_warehouse.ledger import write_parquet
from task_warehouse.mapping import RECORD_BITS, create_from, of_delivery, table_of
from task_warehouse.settings import Home

ARROW_TYPES = {
    "varchar": pa.string(),
    "date": pa.date32(),
    "timestamptz": pa.timestamp("us", tz="UTC"),
    "bigint": pa.int64(),
    "varchar[]": pa.list_(pa.string()),
}
TOTALS = (
    "rows_received",
    "rows_accepted",
    "rows_rejected",
    "rows_duplicate",
    "rows_warned",
    "rows_held",
)


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of the records of one delivery, were it not refused as a whole."""

    delivery_id: str
    source: str
    organisation_code: str
    dataset: str
    business_date: date
    received_at: datetime
    kept: int
    duplicate: int
    accepted: int
    warned: int
    damaged: int


def set_duplicates_apart(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Move rows equal to an earlier row of their delivery to ``duplicates_<dataset>``."""
    table, apart = table_of(contract.dataset), f"duplicates_{contract.dataset}"
    same = ", ".join(["delivery_id", *(quote(name) for name in contract.names)])
    con.execute(
        f"create or replace table {apart} as select row_id, delivery_id from (select row_id,"
        f" delivery_id, row_number() over (partition by {same} order by row_id) as occurrence"
        f" from {table} where key_hash in"
        f" (select key_hash from {table} group by key_hash having count(*) > 1))"
        f" where occurrence > 1"
    )
    con.execute(f"delete from {table} where row_id in (select row_id from {apart})")


def create_failures(con: duckdb.DuckDBPyConnection) -> None:
    """Create ``failures`` (records and the rules they break), ``warned`` (accepted rows and the
    rules they break all the same) and ``fates`` (counts of rows).
    """
    con.execute(
        "create or replace table failures (dataset varchar, check_id varchar, severity varchar,"
        " row_id bigint, column_name varchar, expected varchar)"
    )
    con.execute("create or replace table warned (row_id bigint, checks varchar[])")
    con.execute("create or replace table fates (delivery_id varchar, fate varchar, records bigint)")


def split_rows(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Delete the rows of a dataset that break a rule of severity error; note warnings in the rest.

    What is left of the table is what is accepted.
    """
    table = table_of(contract.dataset)
    con.execute(f"insert into fates select delivery_id, 'kept', count(*) from {table} group by all")
    mine = f"dataset = '{contract.dataset}'"
    con.execute(f"delete from {table} where row_id in ({rejects.REJECTED_ROWS} and {mine})")
    con.execute(
        "insert into warned select row_id, list(check_id order by check_id) from failures"
        f" where {mine} and severity = 'warn'"
        f" and row_id not in ({rejects.REJECTED_ROWS} and {mine}) group by row_id"
    )


def write_accepted(
    con: duckdb.DuckDBPyConnection, home: Home, contract: Contract, batch: str
) -> None:
    """Write ``accepted/<dataset>/<batch>.parquet``; no file when nothing is accepted."""
    table = table_of(contract.dataset)
    if con.execute(f"select 1 from {table} limit 1").fetchone() is None:
        return
    made = {
        "source": of_delivery("source"),
        "mode": of_delivery("mode"),
        "warnings": "coalesce(warned.checks, cast([] as varchar[]))",
    }
    columns = ", ".join(
        f"{made.get(name, quote(name))} as {quote(name)}"
        for name in ledger.accepted_columns(contract)
    )
    target = home.accepted / contract.dataset / f"{batch}.parquet"
    write_parquet(con, f"select {columns} from {table} left join warned using (row_id)", target)


def _write_all_accepted(
    con: duckdb.DuckDBPyConnection, home: Home, contracts: Contracts, batch: str
) -> None:
    for (dataset,) in con.execute("select distinct dataset from deliveries order by 1").fetchall():
        write_accepted(con, home, contracts.by_dataset[dataset], batch)


def commit(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    contracts: Contracts,
    batch: str,
    refusals: Refusals,
    notes: Mapping[str, tuple[str, ...]],
) -> CheckSummary:
    """Write accepted rows, rejects, warnings and, last, the ledger; then discard secret bytes.

    Raises :class:`AuditError` when a delivery's rows do not add up; nothing is committed then.
    """
    _write_all_accepted(con, home, contracts, batch)
    rejects.write_defects(con, home, contracts, batch, refusals)
    kinds = load_defect_kinds()
    rows = [
        {"batch": batch, **_ledger_row(contracts, refusals, notes, kinds, counted)}
        for counted in count(con)
    ]
    schema = pa.schema([(name, ARROW_TYPES[kind]) for name, kind in ledger.LEDGER.items()])
    create_from(con, "ledger_rows", pa.Table.from_pylist(rows, schema=schema))
    write_parquet(
        con,
        "select * from ledger_rows order by dataset, source, delivery_id",
        home.ledger / f"{batch}.parquet",
    )
    if refusals.pasts is not None:
        refusals.pasts.write(home)
    # A kill between the ledger and this leaves the bytes; the next check discards them first.
    for delivery_id in refusals.secret_rows:
        landing.discard(home, refusals.deliveries[delivery_id].sha256)
    total = {name: sum(row[name] for row in rows) for name in TOTALS}
    refused, held = (sum(row["verdict"] == said for row in rows) for said in ("refuse", "hold"))
    return CheckSummary(batch=batch, deliveries=len(rows), refused=refused, held=held, **total)


def count(con: duckdb.DuckDBPyConnection) -> list[Counted]:
    """What became of the records of every delivery of the batch, in order."""
    present = con.execute("select distinct dataset from deliveries order by 1").fetchall()
    parts = ["select * from fates"]
    for (dataset,) in present:
        parts += [
            f"select delivery_id, 'duplicate', count(*) from duplicates_{dataset} group by all",
            f"select delivery_id, 'accepted', count(*) from {table_of(dataset)} group by all",
        ]
    parts.append(
        "select delivery_id, 'warned', count(*) from warned join deliveries"
        f" on number = row_id >> {RECORD_BITS} group by all"
    )
    parts.append(
        "select delivery_id, 'damaged', count(*) from text where problem is not null"
        " and delivery_id in (select delivery_id from open_deliveries) group by all"
    )
    sums = ", ".join(
        f"coalesce(cast(sum(records) filter (where fate = '{fate}') as bigint), 0)"
        for fate in ("kept", "duplicate", "accepted", "warned", "damaged")
    )
    found = con.execute(
        "select delivery_id, source, organisation_code, dataset, business_date, received_at,"
        f" {sums} from deliveries left join ({' union all '.join(parts)}) using (delivery_id)"
        " group by all order by any_value(number)"
    ).fetchall()
    return [Counted(*row) for row in found]


def _ledger_row(
    contracts: Contracts,
    refusals: Refusals,
    notes: Mapping[str, tuple[str, ...]],
    kinds: Mapping[str, Mapping[str, str]],
    counted: Counted,
) -> dict[str, Any]:
    delivery_id = counted.delivery_id
    refusal = refusals.by_delivery.get(delivery_id)
    received = refusals.received(delivery_id)
    if refusal is not None:
        rows = {
            "rows_accepted": 0,
            "rows_rejected": received,
            "rows_duplicate": 0,
            "rows_warned": 0,
            "rows_held": 0,
        }
    else:
        rows = {
            "rows_accepted": counted.accepted,
            "rows_rejected": counted.kept - counted.accepted + counted.damaged,
            "rows_duplicate": counted.duplicate,
            "rows_warned": counted.warned,
            "rows_held": 0,
        }
        _refuse_imbalance(counted, received, rows)
        if refusals.is_refused(delivery_id, counted.accepted):
            refusal = Refusal(ALL_REJECTED, value=str(received))
        elif refusals.is_held(delivery_id):
            rows |= {"rows_accepted": 0, "rows_held": counted.accepted}
    secret = refusals.secret_rows.get(delivery_id, 0)
    found = refusals.strictest_first(delivery_id)
    is_named = delivery_id not in refusals.by_delivery
    layouts = refusals.layouts[delivery_id]
    return {
        "delivery_id": delivery_id,
        "source": counted.source,
        "organisation_code": counted.organisation_code,
        "dataset": counted.dataset,
        "business_date": counted.business_date,
        "received_at": counted.received_at,
        "verdict": _verdict(refusal, rows, found),
        **_reasons(refusal, found, kinds),
        "rows_received": received,
        **rows,
        "secret_rows": secret,
        "contract_version": contracts.by_dataset[counted.dataset].version,
        "format": next((layout.format for layout in layouts if layout.format), None),
        "encoding": next((layout.encoding for layout in layouts if layout.encoding), None),
        "notes": [] if secret else list(notes.get(delivery_id, ())),
        "findings": [finding.refusal.reason for finding in found],
        "headers": list(refusals.headers.get(delivery_id, ())) if is_named else [],
        "columns": list(refusals.columns.get(delivery_id, ())) if is_named else [],
    }


def _refuse_imbalance(counted: Counted, received: int, rows: Mapping[str, int]) -> None:
    accepted, rejected, duplicate = (
        rows[name] for name in ("rows_accepted", "rows_rejected", "rows_duplicate")
    )
    if received != accepted + rejected + duplicate:
        raise AuditError(
            f"{received} rows received, but {accepted} accepted, {rejected} rejected,"
            f" {duplicate} duplicate",
            where=f"delivery {counted.delivery_id} of {counted.source} ({counted.dataset})",
            remedy="nothing was committed; this is a fault of ours, report it with the log",
        )


def _verdict(refusal: Refusal | None, rows: Mapping[str, int], found: Sequence[Finding]) -> str:
    if refusal is not None:
        return "refuse"
    if any(finding.level == "hold" for finding in found):
        return "hold"
    flawed = rows["rows_warned"] or rows["rows_rejected"] or found
    return "accept_with_warnings" if flawed else "accept"


def _reasons(
    refusal: Refusal | None, found: Sequence[Finding], kinds: Mapping[str, Mapping[str, str]]
) -> dict[str, str | None]:
    """Why a delivery is refused, or all that it is held for."""
    if refusal is not None:
        return _reason(refusal, kinds)
    said = [_reason(item.refusal, kinds) for item in found if item.level == "hold"]
    if not said:
        return _reason(None, kinds)
    joined = {
        name: " ".join(str(each[name]) for each in said) for name in ("reason_vi", "reason_en")
    }
    return {"reason_code": said[0]["reason_code"], **joined}


def _reason(
    refusal: Refusal | None, kinds: Mapping[str, Mapping[str, str]]
) -> dict[str, str | None]:
    if refusal is None:
        return {"reason_code": None, "reason_vi": None, "reason_en": None}
    kind = kinds.get(refusal.reason, {})
    said: dict[str, str | None] = {"reason_code": refusal.reason}
    for language, unknown in rejects.UNKNOWN_KIND.items():
        said[f"reason_{language}"] = (
            kind.get(f"message_{language}", f"{unknown} {refusal.reason}")
            .replace("{expected}", refusal.expected)
            .replace("{column}", refusal.column)
            .replace("{value}", refusal.value[: rejects.LONGEST_IN_MESSAGE])
        )
    return said
