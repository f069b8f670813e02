"""What a check leaves: accepted rows, rejects, warnings and the ledger, from the findings.

Rejects are made by DuckDB from the keys that the broken rules selected, joined to the cells as they
were received. A delivery refused as a whole has one reject row without a record, while the ledger
counts every one of its records as rejected.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from task_warehouse import landing, ledger
from task_warehouse.checking import CheckSummary
from task_warehouse.checking.conditions import quote
from task_warehouse.checking.refusals import ALL_REJECTED, Refusal, Refusals
from task_warehouse.contracts import Contract, Contracts
from task_warehouse.errors import AuditError
from task_warehouse.ledger import SECRET, write_parquet
from task_warehouse.mapping import RECORD_BITS, create_from, table_of
from task_warehouse.settings import PROJECT_ROOT, Home

LONGEST_VALUE = 2000
LONGEST_IN_MESSAGE = 200
UNKNOWN_KIND = {"vi": "Dòng hoặc tệp bị lỗi:", "en": "The row or the file is damaged:"}


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
    """Create ``failures``: a row for each record and rule that it breaks."""
    con.execute(
        "create or replace table failures (dataset varchar, check_id varchar, severity varchar,"
        " row_id bigint, column_name varchar, expected varchar)"
    )


def accepted_rows(contract: Contract) -> str:
    """The query of a dataset's rows that break no rule of severity error."""
    return (
        f"select * from {table_of(contract.dataset)} where row_id not in (select row_id from"
        f" failures where dataset = '{contract.dataset}' and severity = 'error')"
    )


def write_accepted(
    con: duckdb.DuckDBPyConnection, home: Home, contract: Contract, batch: str
) -> None:
    """Write ``accepted/<dataset>/<batch>.parquet``; no file when nothing is accepted."""
    if con.execute(f"select 1 from ({accepted_rows(contract)}) limit 1").fetchone() is None:
        return
    columns = ", ".join(
        f"row.{quote(name)}" for name in ledger.accepted_columns(contract) if name != "warnings"
    )
    query = (
        f"with said as (select row_id, list(check_id order by check_id) as warnings from failures"
        f" where dataset = '{contract.dataset}' and severity = 'warn' group by row_id)"
        f" select {columns}, coalesce(said.warnings, cast([] as varchar[])) as warnings"
        f" from ({accepted_rows(contract)}) as row left join said on said.row_id = row.row_id"
        f" order by row.row_id"
    )
    write_parquet(con, query, home.accepted / contract.dataset / f"{batch}.parquet")


def commit(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    contracts: Contracts,
    batch: str,
    refusals: Refusals,
    notes: Mapping[str, tuple[str, ...]],
) -> CheckSummary:
    """Write rejects, warnings and, last, the ledger; then discard the bytes of secret deliveries.

    Raises :class:`AuditError` when a delivery's rows do not add up; nothing is committed then.
    """
    kinds = load_defect_kinds()
    _create_rules(con, contracts, kinds)
    _create_dispositions(con, contracts)
    _create_refused(con, refusals)
    for severity, folder in (("error", home.rejects), ("warn", ledger.warnings_directory(home))):
        query = _defect_rows(contracts, severity)
        write_parquet(con, query, folder / f"{batch}.parquet")
    rows = [
        _ledger_row(con, contracts, batch, refusals, notes, kinds, item) for item in _counted(con)
    ]
    schema = pa.schema([(name, _ARROW[kind]) for name, kind in ledger.LEDGER.items()])
    create_from(con, "ledger_rows", pa.Table.from_pylist(rows, schema=schema))
    columns = ", ".join(quote(name) for name in ledger.LEDGER)
    write_parquet(
        con,
        f"select {columns} from ledger_rows order by dataset, source, delivery_id",
        home.ledger / f"{batch}.parquet",
    )
    for delivery_id in refusals.secret_rows:
        landing.discard(home, refusals.deliveries[delivery_id].sha256)
    return _summary(batch, rows)


_ARROW = {
    "varchar": pa.string(),
    "date": pa.date32(),
    "timestamptz": pa.timestamp("us", tz="UTC"),
    "bigint": pa.int64(),
    "varchar[]": pa.list_(pa.string()),
}


def load_defect_kinds(path: Path | None = None) -> dict[str, dict[str, str]]:
    """Kinds of defect of the seed, by name."""
    seed = path or PROJECT_ROOT / "dbt_project" / "seeds" / "defect_kinds.csv"
    with seed.open(encoding="utf-8", newline="") as stream:
        return {row["defect"]: row for row in csv.DictReader(stream)}


def _create_rules(
    con: duckdb.DuckDBPyConnection, contracts: Contracts, kinds: Mapping[str, Mapping[str, str]]
) -> None:
    rules = [
        {
            "check_id": rule.check_id,
            "responsibility": rule.responsibility,
            "message_vi": rule.message_vi,
            "message_en": rule.message_en,
            "expected_vi": rule.expected_vi,
            "expected_en": rule.expected_en,
            "keep_value": rule.keep_value,
        }
        for contract in contracts.by_dataset.values()
        for rule in contract.rules
    ]
    known = {rule["check_id"] for rule in rules}
    rules += [
        {
            "check_id": name,
            "responsibility": kind["responsibility"],
            "message_vi": kind["message_vi"],
            "message_en": kind["message_en"],
            "expected_vi": "",
            "expected_en": "",
            "keep_value": True,
        }
        for name, kind in kinds.items()
        if name not in known
    ]
    create_from(con, "rules", pa.Table.from_pylist(rules))
    labels = [
        {"dataset": dataset, "column_name": column.name, "label": column.label, "at": at}
        for dataset, contract in contracts.by_dataset.items()
        for at, column in enumerate(contract.columns, start=1)
    ]
    create_from(con, "labels", pa.Table.from_pylist(labels))


def _create_dispositions(con: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Create ``counts``: what became of the records of each delivery that is not refused."""
    present = {row[0] for row in con.execute("select distinct dataset from deliveries").fetchall()}
    parts = []
    for dataset in sorted(present):
        contract = contracts.by_dataset[dataset]
        parts += [
            f"select delivery_id, 'kept' as what, count(*) as records from {table_of(dataset)} group by all",
            f"select delivery_id, 'duplicate', count(*) from duplicates_{dataset} group by all",
            f"select delivery_id, 'accepted', count(*) from ({accepted_rows(contract)}) group by all",
            f"select delivery_id, 'warned', count(*) from ({accepted_rows(contract)}) where row_id in"
            f" (select row_id from failures where dataset = '{dataset}' and severity = 'warn') group by all",
        ]
    parts.append(
        "select delivery_id, 'damaged', count(*) from text where problem is not null"
        " and delivery_id in (select delivery_id from open_deliveries) group by all"
    )
    con.execute(
        "create or replace table counts as pivot (" + " union all ".join(parts) + ") on what in"
        " ('kept', 'duplicate', 'accepted', 'warned', 'damaged') using sum(records) group by delivery_id"
    )


def _create_refused(con: duckdb.DuckDBPyConnection, refusals: Refusals) -> None:
    rows = [
        {
            "delivery_id": delivery_id,
            "check_id": refusal.reason,
            "label": refusal.column,
            "value": refusal.value,
            "expected": refusal.expected,
        }
        for delivery_id, refusal in refusals.by_delivery.items()
    ]
    names = ("delivery_id", "check_id", "label", "value", "expected")
    schema = pa.schema([(name, pa.string()) for name in names])
    create_from(con, "refused", pa.Table.from_pylist(rows, schema=schema))


def _filled(language: str) -> str:
    """SQL of a message with its places filled; the value last, so that nothing in it is filled."""
    said = f"coalesce(rules.message_{language}, '{UNKNOWN_KIND[language]} ' || joined.check_id)"
    label = "coalesce(label, column_name, '')"
    column = label if language == "vi" else "coalesce(column_name, label, '')"
    expected = f"coalesce(nullif(expected, ''), expected_{language}, '')"
    return (
        f"replace(replace(replace({said}, '{{expected}}', {expected}),"
        f" '{{column}}', {column}), '{{value}}', coalesce(left(value, {LONGEST_IN_MESSAGE}), ''))"
    )


def _defect_rows(contracts: Contracts, severity: str) -> str:
    """The query of all rows of ``rejects`` (error) or ``warnings`` (warn) of the batch."""
    only_accepted = (
        ""
        if severity == "error"
        else " and failures.row_id not in (select row_id from failures where severity = 'error')"
    )
    broken = (
        f"select failures.check_id, (failures.row_id >> {RECORD_BITS}) as number,"
        f" failures.row_id & {2**RECORD_BITS - 1} as record, failures.column_name, failures.expected,"
        f" cast(null as varchar) as label, cast(null as varchar) as value, cast(null as varchar) as raw"
        f" from failures where severity = '{severity}'{only_accepted}"
    )
    damaged = (
        "select text.problem as check_id, deliveries.number, text.record, null, null, null, null,"
        " text.raw from text join deliveries using (delivery_id)"
        " where text.problem is not null and delivery_id in (select delivery_id from open_deliveries)"
    )
    whole = (
        "select check_id, deliveries.number, null, null, expected, label, value, null"
        " from refused join deliveries using (delivery_id)"
    )
    parts = [broken, damaged, whole] if severity == "error" else [broken]
    rows_of_failures = (
        "with defects as (" + " union all ".join(parts) + "),"
        " wanted as (select distinct deliveries.delivery_id, record from defects"
        " join deliveries using (number) where record is not null),"
        " cells_of as (select text.delivery_id, text.part, text.record, text.line, text.cells"
        " from text join wanted on wanted.delivery_id = text.delivery_id"
        " and wanted.record = text.record)"
    )
    return f"{rows_of_failures} {_finished(severity)}"


def _finished(severity: str) -> str:
    received = (
        "case when coalesce(rules.keep_value, true) then left(coalesce(defects.value,"
        f" cells_of.cells[place.positions[labels.at]]), {LONGEST_VALUE}) end"
    )
    joined = (
        f"select defects.check_id, delivery.business_date, delivery.source,"
        f" delivery.organisation_code, delivery.dataset, delivery.delivery_id, cells_of.part,"
        f" defects.record, cells_of.line, defects.column_name,"
        f" coalesce(defects.label, labels.label) as label, {received} as value, defects.expected,"
        f" defects.raw from defects join deliveries as delivery on delivery.number = defects.number"
        f" left join rules on rules.check_id = defects.check_id"
        f" left join cells_of on cells_of.delivery_id = delivery.delivery_id"
        f" and cells_of.record = defects.record"
        f" left join layout_positions as place on place.delivery_id = delivery.delivery_id"
        f" and place.part = cells_of.part"
        f" left join labels on labels.dataset = delivery.dataset"
        f" and labels.column_name = defects.column_name"
    )
    identity = "concat_ws('|', delivery_id, coalesce(cast(record as varchar), ''), joined.check_id)"
    return (
        f", joined as ({joined}) select left(sha256({identity}), 20) as reject_id, business_date,"
        f" source, organisation_code, dataset, delivery_id, part, record, line, column_name,"
        f" nullif(value, '') as value, joined.check_id, '{severity}' as severity,"
        f" {_filled('vi')} as message_vi, {_filled('en')} as message_en,"
        f" coalesce(rules.responsibility, 'source') as responsibility, raw"
        f" from joined left join rules on rules.check_id = joined.check_id"
        f" order by dataset, source, delivery_id, record nulls first, joined.check_id"
    )


def _counted(con: duckdb.DuckDBPyConnection) -> Iterable[dict[str, Any]]:
    """Each delivery with what became of its records."""
    columns = (
        "delivery_id, source, organisation_code, dataset, business_date, received_at,"
        " coalesce(kept, 0), coalesce(duplicate, 0), coalesce(accepted, 0), coalesce(warned, 0),"
        " coalesce(damaged, 0)"
    )
    found = con.execute(
        f"select {columns} from deliveries left join counts using (delivery_id) order by number"
    ).fetchall()
    names = (
        "delivery_id",
        "source",
        "organisation_code",
        "dataset",
        "business_date",
        "received_at",
        "kept",
        "duplicate",
        "accepted",
        "warned",
        "damaged",
    )
    return [dict(zip(names, row, strict=True)) for row in found]


def _ledger_row(
    con: duckdb.DuckDBPyConnection,
    contracts: Contracts,
    batch: str,
    refusals: Refusals,
    notes: Mapping[str, tuple[str, ...]],
    kinds: Mapping[str, Mapping[str, str]],
    counted: Mapping[str, Any],
) -> dict[str, Any]:
    delivery_id = counted["delivery_id"]
    refusal = refusals.by_delivery.get(delivery_id)
    layouts = refusals.layouts[delivery_id]
    received = refusals.received(delivery_id)
    whole = refusal is not None
    accepted = 0 if whole else counted["accepted"]
    duplicate = 0 if whole else counted["duplicate"]
    rejected = received if whole else counted["kept"] - accepted + counted["damaged"]
    if received != accepted + rejected + duplicate:
        raise AuditError(
            f"{received} rows received, but {accepted} accepted, {rejected} rejected,"
            f" {duplicate} duplicate",
            where=f"delivery {delivery_id} of {counted['source']} ({counted['dataset']})",
            remedy="nothing was committed; this is a fault of ours, report it with the log",
        )
    if refusal is None and received and not accepted:
        refusal = Refusal(ALL_REJECTED, value=str(received))
    warned = 0 if whole else counted["warned"]
    kept = [name for name in (*notes.get(delivery_id, ()),)]
    return {
        **{name: counted[name] for name in ("delivery_id", "source", "organisation_code")},
        "dataset": counted["dataset"],
        "batch": batch,
        "business_date": counted["business_date"],
        "received_at": counted["received_at"],
        "verdict": "refuse" if refusal else _verdict(warned, rejected),
        **_reason(refusal, kinds),
        "rows_received": received,
        "rows_accepted": accepted,
        "rows_rejected": rejected,
        "rows_duplicate": duplicate,
        "rows_warned": warned,
        "secret_rows": refusals.secret_rows.get(delivery_id, 0),
        "contract_version": contracts.by_dataset[counted["dataset"]].version,
        "format": next((layout.format for layout in layouts if layout.format), None),
        "encoding": next((layout.encoding for layout in layouts if layout.encoding), None),
        "notes": [] if delivery_id in refusals.secret_rows else kept,
    }


def _verdict(warned: int, rejected: int) -> str:
    return "accept_with_warnings" if warned or rejected else "accept"


def _reason(
    refusal: Refusal | None, kinds: Mapping[str, Mapping[str, str]]
) -> dict[str, str | None]:
    if refusal is None:
        return {"reason_code": None, "reason_vi": None, "reason_en": None}
    kind = kinds.get(refusal.reason, {})
    said = {
        language: kind.get(f"message_{language}", f"{unknown} {refusal.reason}")
        .replace("{expected}", refusal.expected)
        .replace("{column}", refusal.column)
        .replace("{value}", refusal.value[:LONGEST_IN_MESSAGE])
        for language, unknown in UNKNOWN_KIND.items()
    }
    return {
        "reason_code": refusal.reason,
        "reason_vi": said["vi"],
        "reason_en": said["en"],
    }


def _summary(batch: str, rows: list[dict[str, Any]]) -> CheckSummary:
    total = {
        name: sum(row[name] for row in rows)
        for name in (
            "rows_received",
            "rows_accepted",
            "rows_rejected",
            "rows_duplicate",
            "rows_warned",
        )
    }
    refused = sum(row["verdict"] == "refuse" for row in rows)
    return CheckSummary(batch=batch, deliveries=len(rows), refused=refused, **total)
