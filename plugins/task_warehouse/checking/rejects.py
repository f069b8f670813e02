"""Rejects and warnings: each broken rule as a row that a person can act on.

Made by DuckDB from the keys that the broken rules selected, joined to the cells as they were
received. A delivery refused as a whole has one row, without a record; what else was found of a
delivery besides its rows is a warning of that kind.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pyarrow as pa

from task_warehouse import ledger
from task_warehouse.checking.received import Received
from task_warehouse.checking.refusals import Refusals
from task_warehouse.contracts import Contract, Contracts
from task_warehouse.defect_kinds import load_defect_kinds
from task_warehouse.ledger import write_parquet
from task_warehouse.mapping import RECORD_BITS, create_from, table_of
from task_warehouse.settings import Home

LONGEST_VALUE = 2000
LONGEST_IN_MESSAGE = 200
UNKNOWN_KIND = {"vi": "Dòng hoặc tệp bị lỗi:", "en": "The row or the file is damaged:"}
REJECTED_ROWS = "select row_id from failures where severity = 'error'"


def write_defects(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    contracts: Contracts,
    batch: str,
    refusals: Refusals,
) -> None:
    """Write ``rejects/<batch>.parquet`` and ``warnings/<batch>.parquet``."""
    _create_rules(con, contracts, load_defect_kinds())
    _create_labels(con, contracts)
    _create_refused(con, refusals)
    _create_record_keys(con)
    for severity, folder in (("error", home.rejects), ("warn", ledger.warnings_directory(home))):
        write_parquet(con, _defect_rows(severity), folder / f"{batch}.parquet")


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


def _create_labels(con: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Create ``labels``: each column's name in Vietnamese and its place."""
    labels = [
        {"dataset": dataset, "column_name": column.name, "label": column.label, "at": at}
        for dataset, contract in contracts.by_dataset.items()
        for at, column in enumerate(contract.columns, start=1)
    ]
    create_from(con, "labels", pa.Table.from_pylist(labels))


def _create_refused(con: duckdb.DuckDBPyConnection, refusals: Refusals) -> None:
    """Create ``refused`` and ``remarked``: what is said of deliveries as a whole."""
    remarks = [
        (delivery_id, finding.refusal)
        for delivery_id, found in refusals.findings.items()
        if delivery_id not in refusals.secret_rows
        for finding in found
        if finding.level != "refuse"
    ]
    names = ("delivery_id", "check_id", "label", "value", "expected")
    schema = pa.schema([(name, pa.string()) for name in names])
    for table, said in (("refused", refusals.by_delivery.items()), ("remarked", remarks)):
        rows = [
            (delivery_id, item.reason, item.column, item.value, item.expected)
            for delivery_id, item in said
        ]
        named = [dict(zip(names, row, strict=True)) for row in rows]
        create_from(con, table, pa.Table.from_pylist(named, schema=schema))


def create_received(con: duckdb.DuckDBPyConnection, received: Received) -> None:
    """Create ``received``: the cells, as they came, of every row that breaks a rule."""
    failing = con.execute("select distinct row_id from failures").fetchnumpy()["row_id"]
    con.register("failing_text", received.records(failing))
    con.execute(
        "create or replace table received as"
        f" select (number << {RECORD_BITS}) + record as row_id, part, line, cells"
        " from failing_text join deliveries using (delivery_id)"
    )
    con.unregister("failing_text")


def remember_keys(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Keep the key of every row of the dataset that breaks a rule, its parts joined by '|'.

    By it the warehouse knows which last good version a refused row stands for, and a corrected
    row finds the reject that it closes. To be called before the refused rows are set apart.
    """
    _create_record_keys(con)
    con.execute(
        f"insert into record_keys select row_id, nullif(concat_ws('|', {', '.join(contract.key)}),"
        f" '') from {table_of(contract.dataset)} where row_id in (select row_id from failures)"
    )


def _create_record_keys(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create table if not exists record_keys (row_id bigint, record_key varchar)")


def _defect_rows(severity: str) -> str:
    """The query of all rows of ``rejects`` (error) or ``warnings`` (warn) of the batch."""
    kept = "" if severity == "error" else f" and row_id not in ({REJECTED_ROWS})"
    broken = (
        f"select check_id, row_id >> {RECORD_BITS} as number,"
        f" row_id & {2**RECORD_BITS - 1} as record,"
        f" row_id, column_name, expected, cast(null as varchar) as label,"
        f" cast(null as varchar) as value, cast(null as varchar) as raw,"
        f" cast(null as varchar) as part, cast(null as bigint) as line"
        f" from failures where severity = '{severity}'{kept}"
    )
    damaged = (
        "select text.problem, deliveries.number, text.record, null, null, null, null, null,"
        " text.raw, text.part, text.line from text join deliveries using (delivery_id)"
        " where text.problem is not null"
        " and delivery_id in (select delivery_id from open_deliveries)"
    )
    whole = (
        "select check_id, deliveries.number, null, null, null, expected, label, value, null, null,"
        f" null from {'refused' if severity == 'error' else 'remarked'}"
        " join deliveries using (delivery_id)"
    )
    parts = [broken, damaged, whole] if severity == "error" else [broken, whole]
    return f"with defects as ({' union all '.join(parts)}), {_joined_defects()} {_told(severity)}"


def _joined_defects() -> str:
    """Each defect with its delivery, its cell as received and the texts of its rule."""
    value = (
        "case when coalesce(rules.keep_value, true) then left(coalesce(defects.value,"
        f" received.cells[place.positions[labels.at]]), {LONGEST_VALUE}) end"
    )
    return (
        f"joined as (select defects.check_id, delivery.business_date, delivery.source,"
        f" delivery.organisation_code, delivery.dataset, delivery.delivery_id,"
        f" coalesce(defects.part, received.part) as part, defects.record,"
        f" coalesce(defects.line, received.line) as line, defects.column_name,"
        f" coalesce(defects.label, labels.label) as label, {value} as value, defects.expected,"
        f" defects.raw, keys.record_key, rules.* exclude (check_id) from defects"
        f" join deliveries as delivery on delivery.number = defects.number"
        f" left join rules on rules.check_id = defects.check_id"
        f" left join received on received.row_id = defects.row_id"
        f" left join record_keys as keys on keys.row_id = defects.row_id"
        f" left join layout_positions as place on place.delivery_id = delivery.delivery_id"
        f" and place.part = received.part"
        f" left join labels on labels.dataset = delivery.dataset"
        f" and labels.column_name = defects.column_name)"
    )


def _told(severity: str) -> str:
    identity = "concat_ws('|', delivery_id, coalesce(cast(record as varchar), ''), check_id)"
    return (
        f"select left(sha256({identity}), 20) as reject_id, business_date, source,"
        f" organisation_code, dataset, delivery_id, part, record, line, column_name,"
        f" nullif(value, '') as value, check_id, '{severity}' as severity,"
        f" {_filled('vi')} as message_vi, {_filled('en')} as message_en,"
        f" coalesce(responsibility, 'source') as responsibility, raw, record_key"
        f" from joined order by dataset, source, delivery_id, record nulls first, check_id"
    )


def _filled(language: str) -> str:
    """SQL of a message with its places filled; the value last, so that nothing in it is filled."""
    said = f"coalesce(message_{language}, '{UNKNOWN_KIND[language]} ' || check_id)"
    column = ["label", "column_name"] if language == "vi" else ["column_name", "label"]
    expected = f"coalesce(nullif(expected, ''), expected_{language}, '')"
    return (
        f"replace(replace(replace({said}, '{{expected}}', {expected}),"
        f" '{{column}}', coalesce({', '.join(column)}, '')),"
        f" '{{value}}', coalesce(left(value, {LONGEST_IN_MESSAGE}), ''))"
    )
