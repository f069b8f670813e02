"""Text tables to canonical tables: the source's headers, dates, numbers and codes become ours.

Set-wise for any number of deliveries: the headers of each layout become positions (resolved once
per distinct header signature and options), positions a column of a table joined to the text, and
one query per dataset maps every delivery of it. Nothing is lost: a value that does not read as what
its column asks for stays as received, and the check refuses it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa

from task_warehouse.checking import forms, secrecy
from task_warehouse.checking.conditions import in_list, literal, quote
from task_warehouse.contracts import Column, Contract, Contracts
from task_warehouse.vocabulary import Resolution

# A row number within all deliveries of a batch: the delivery in the high bits, its record below.
RECORD_BITS = 40


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery as its receipt describes it; ``options`` are what its source file declared."""

    delivery_id: str
    source: str
    organisation_code: str
    dataset: str
    mode: str
    business_date: date
    received_at: datetime
    sha256: str
    name: str = ""
    format: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def task_source(self) -> str:
        """The source whose task codes its progress refers to."""
        return str(self.options.get("refers_to") or self.source)


@dataclass(frozen=True, slots=True)
class Layout:
    """What the reader found in one part of a delivery."""

    delivery_id: str
    part: str
    format: str | None
    encoding: str | None
    headers: tuple[str | None, ...]
    records: int
    refused: str | None
    refused_detail: str | None
    notes: tuple[str, ...]


@dataclass(slots=True)
class Mapped:
    """Outcome of resolving headers: ``missing`` names required columns by delivery."""

    missing: dict[str, tuple[str, ...]] = field(default_factory=dict)
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)


def table_of(dataset: str) -> str:
    """Name of the canonical table of ``dataset`` in the check's own database."""
    return f"rows_{dataset}"


def register_deliveries(con: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery]) -> None:
    """Create ``deliveries``: one row each, numbered in the given order."""
    rows = [
        {
            "number": number,
            "delivery_id": item.delivery_id,
            "source": item.source,
            "organisation_code": item.organisation_code,
            "dataset": item.dataset,
            "mode": item.mode,
            "business_date": item.business_date,
            "received_at": item.received_at,
            "task_source": item.task_source,
            "date_format": item.options.get("date_format"),
            "decimal_mark": item.options.get("decimal"),
            "values_key": _values_key(item),
        }
        for number, item in enumerate(deliveries)
    ]
    schema = pa.schema(
        [
            ("number", pa.int64()),
            *((name, pa.string()) for name in ("delivery_id", "source", "organisation_code")),
            ("dataset", pa.string()),
            ("mode", pa.string()),
            ("business_date", pa.date32()),
            ("received_at", pa.timestamp("us", tz="UTC")),
            *((name, pa.string()) for name in ("task_source", "date_format", "decimal_mark")),
            ("values_key", pa.string()),
        ]
    )
    create_from(con, "deliveries", pa.Table.from_pylist(rows, schema=schema))


def create_from(con: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    """Create the table ``name`` from Arrow data."""
    con.register("arrow_rows", table)
    con.execute(f"create or replace table {quote(name)} as select * from arrow_rows")
    con.unregister("arrow_rows")


def resolve_layouts(
    con: duckdb.DuckDBPyConnection,
    contracts: Contracts,
    deliveries: Sequence[Delivery],
    layouts: Iterable[Layout],
) -> Mapped:
    """Create ``layout_positions``: for each part the position of every canonical column.

    A part without records is left out; one that lacks a required column makes its delivery's entry
    in ``missing``. The positions are 1-based, null where the column is not there.
    """
    by_id = {item.delivery_id: item for item in deliveries}
    outcome, rows = Mapped(), []
    resolved: dict[tuple[Any, ...], Resolution] = {}
    for layout in layouts:
        delivery = by_id[layout.delivery_id]
        contract = contracts.by_dataset[delivery.dataset]
        own = delivery.options.get("headers") or {}
        signature = (delivery.dataset, layout.headers, json.dumps(own, sort_keys=True))
        if signature not in resolved:
            resolved[signature] = contracts.headers[delivery.dataset].resolve(layout.headers, own)
        resolution = resolved[signature]
        notes = (*layout.notes, *resolution.notes)
        outcome.notes[layout.delivery_id] = outcome.notes.get(layout.delivery_id, ()) + notes
        missing = _missing(contract, resolution)
        if missing and layout.records:
            outcome.missing[layout.delivery_id] = missing
        rows.append(
            {
                "delivery_id": layout.delivery_id,
                "part": layout.part,
                "file_format": layout.format,
                "positions": [
                    resolution.positions[name] + 1 if name in resolution.positions else None
                    for name in contract.names
                ],
            }
        )
    schema = pa.schema(
        [
            ("delivery_id", pa.string()),
            ("part", pa.string()),
            ("file_format", pa.string()),
            ("positions", pa.list_(pa.int32())),
        ]
    )
    create_from(con, "layout_positions", pa.Table.from_pylist(rows, schema=schema))
    return outcome


def _missing(contract: Contract, resolution: Resolution) -> tuple[str, ...]:
    return tuple(
        column.name
        for column in contract.columns
        if column.header_required and column.name not in resolution.positions
    )


def map_dataset(
    con: duckdb.DuckDBPyConnection,
    contracts: Contracts,
    dataset: str,
    deliveries: Sequence[Delivery],
    first_row: int,
    last_row: int,
) -> str:
    """Create the canonical table of ``dataset`` from ``text`` and return its name.

    Reads ``text`` (the reader's output with ``file_row_number``; those of this dataset lie between
    ``first_row`` and ``last_row``), ``deliveries``, ``layout_positions`` and ``open_deliveries``
    (ids that were not refused as a whole). ``row_id`` orders rows by delivery and record.
    """
    contract = contracts.by_dataset[dataset]
    own_values = {_values_key(item): item.options.get("values") or {} for item in deliveries}
    coded = [column for column in contract.columns if column.form == "code"]
    for column in coded:
        _create_codes(con, contracts, contract, column, own_values)
    table = table_of(dataset)
    query = (
        f"with layout as ({_layouts(contract)}),"
        f" cut as ({_cut(contracts, contract, first_row, last_row)}),"
        f" neat as ({_neat(contracts, contract)}),"
        f" typed as ({_typed(contract, coded)})"
        f" select *, {_key_hash(contract)} as key_hash from typed"
    )
    con.execute(f"create or replace table {table} as {query}")
    for column in coded:
        _resolve_rare_codes(con, contracts, contract, column, own_values)
    return table


def _layouts(contract: Contract) -> str:
    positions = ", ".join(
        f"place.positions[{index}] as {quote('at_' + name)}"
        for index, name in enumerate(contract.names, start=1)
    )
    return (
        f"select delivery.*, place.part, place.file_format, {positions}"
        f" from deliveries as delivery join layout_positions as place using (delivery_id)"
        f" where delivery.dataset = {literal(contract.dataset)}"
        f" and delivery_id in (select delivery_id from open_deliveries)"
    )


CONTEXT = (
    "delivery_id",
    "source",
    "organisation_code",
    "business_date",
    "received_at",
    "mode",
    "task_source",
    "values_key",
    "date_format",
    "decimal_mark",
    "file_format",
    "part",
)


def _cut(contracts: Contracts, contract: Contract, first_row: int, last_row: int) -> str:
    """Cells by column as received, and whether any cell of the row needs cleaning or is a mark."""
    cells = ", ".join(
        f"here.cells[layout.{quote('at_' + name)}] as {quote(name)}" for name in contract.names
    )
    context = ", ".join(f"layout.{name}" for name in CONTEXT)
    return (
        f"select (layout.number << {RECORD_BITS}) + here.record as row_id, here.record, here.line,"
        f" {context}, {forms.needs_cleaning('here.joined', contracts.null_markers['typed'])}"
        f" as is_untidy, {secrecy.is_marked('here.joined')} as is_marked, {cells}"
        f" from (select *, {secrecy.joined('cells')} as joined from text where problem is null"
        f" and file_row_number between {first_row} and {last_row}) as here"
        f" join layout on layout.delivery_id = here.delivery_id and layout.part = here.part"
    )


def _neat(contracts: Contracts, contract: Contract) -> str:
    """Without blanks at the ends and null markers. Both cost much and most rows need neither."""
    columns = []
    for column in contract.columns:
        name = quote(column.name)
        kind = "any" if column.is_text or column.form == "code" else "typed"
        tidied = forms.tidied(name, contracts.null_markers[kind])
        columns.append(f"case when is_untidy then {tidied} else nullif({name}, '') end as {name}")
    context = ", ".join(CONTEXT)
    return f"select row_id, record, line, {context}, is_marked, {', '.join(columns)} from cut"


def _typed(contract: Contract, coded: Sequence[Column]) -> str:
    columns, joins = [], []
    for column in contract.columns:
        name = quote(column.name)
        if column in coded:
            codes = quote(f"codes_{column.name}")
            columns.append(f"coalesce({codes}.code, layout.{name}) as {name}")
            joins.append(
                f" left join {quote(_codes_table(contract, column))} as {codes}"
                f" on {codes}.values_key = layout.values_key and {codes}.received = layout.{name}"
            )
        else:
            canonical = forms.canonical(column).replace(name, f"layout.{name}")
            columns.append(f"{canonical} as {name}")
    context = ", ".join(f"layout.{name}" for name in CONTEXT)
    return (
        f"select layout.row_id, layout.record, layout.line, {context}, layout.is_marked,"
        f" {', '.join(columns)} from neat as layout{''.join(joins)}"
    )


def _key_hash(contract: Contract) -> str:
    return f"hash({', '.join(['delivery_id', *(quote(name) for name in contract.key)])})"


def _codes_table(contract: Contract, column: Column) -> str:
    return f"codes_{contract.dataset}_{column.name}"


def _create_codes(
    con: duckdb.DuckDBPyConnection,
    contracts: Contracts,
    contract: Contract,
    column: Column,
    own_values: Mapping[str, Mapping[str, Mapping[str, str]]],
) -> None:
    """What the usual spellings of a code column mean, as a table to join."""
    known = contracts.value_maps[column.code_list or ""]
    rows = []
    for values_key, by_column in own_values.items():
        own = by_column.get(column.name, {})
        for text in sorted({*known.texts, *own}):
            code = known.meaning(text, own)
            spellings = {text, text.lower(), text.upper(), text.capitalize(), text.title()}
            rows += [
                {"values_key": values_key, "received": spelling, "code": code}
                for spelling in spellings
                if code is not None
            ]
    names = ("values_key", "received", "code")
    schema = pa.schema([(name, pa.string()) for name in names])
    create_from(con, "codes_raw", pa.Table.from_pylist(rows, schema=schema))
    con.execute(
        f"create or replace table {_codes_table(contract, column)} as"
        " select values_key, received, any_value(code) as code from codes_raw group by all"
    )


def _resolve_rare_codes(
    con: duckdb.DuckDBPyConnection,
    contracts: Contracts,
    contract: Contract,
    column: Column,
    own_values: Mapping[str, Mapping[str, Mapping[str, str]]],
) -> None:
    """Spellings that no join foresaw, folded one distinct value at a time."""
    table, name = table_of(contract.dataset), quote(column.name)
    known = contracts.value_maps[column.code_list or ""]
    codes = in_list(contracts.code_lists[column.code_list or ""])
    seen = con.execute(
        f"select distinct values_key, {name} from {table} where {name} not in {codes}"
    ).fetchall()
    for values_key, received in seen:
        code = known.meaning(received, own_values[values_key].get(column.name, {}))
        if code is not None:
            con.execute(
                f"update {table} set {name} = ? where {name} = ? and values_key = ?",
                [code, received, values_key],
            )


def _values_key(delivery: Delivery) -> str:
    return json.dumps(delivery.options.get("values") or {}, sort_keys=True, ensure_ascii=False)
