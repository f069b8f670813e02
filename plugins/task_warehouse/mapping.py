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

from task_warehouse.checking import forms
from task_warehouse.checking.conditions import in_list, literal, quote
from task_warehouse.contracts import Column, Contract, Contracts
from task_warehouse.vocabulary import Resolution, fold

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
    own_values: Mapping[str, Mapping[str, Mapping[str, str]]],
) -> str:
    """Create the canonical table of ``dataset`` from ``text`` and return its name.

    Reads ``text`` (view of the reader's output), ``deliveries``, ``layout_positions`` and
    ``open_deliveries`` (ids that were not refused as a whole). ``own_values`` are the value maps
    of sources by ``values_key`` and column.
    """
    contract = contracts.by_dataset[dataset]
    coded = [column for column in contract.columns if column.form == "code"]
    for column in coded:
        _create_codes(con, contracts, contract, column, own_values)
    table = table_of(dataset)
    con.execute(
        f"create or replace table {table} as with layout as ({_layouts(contract)}),"
        f" cut as ({_cut(contracts, contract)}),"
        f" typed as ({_typed(contract, coded)})"
        f" select * from {_derived(contract)}"
    )
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


def _cut(contracts: Contracts, contract: Contract) -> str:
    """Text rows with every canonical column trimmed, null markers null."""
    columns = ", ".join(
        f"{_without_markers(contracts, column)} as {quote(column.name)}"
        for column in contract.columns
    )
    return (
        f"select (layout.number << {RECORD_BITS}) + record as row_id, layout.number,"
        f" layout.delivery_id, layout.part, text.record, text.line, {columns}"
        f" from text join layout on layout.delivery_id = text.delivery_id"
        f" and layout.part = text.part where text.problem is null"
    )


def _without_markers(contracts: Contracts, column: Column) -> str:
    cell = forms.trimmed(f"text.cells[layout.{quote('at_' + column.name)}]")
    kind = "any" if column.is_text or column.form == "code" else "typed"
    markers = contracts.null_markers[kind]
    longest = max(len(marker) for marker in markers)
    return (
        f"case when length({cell}) <= {longest} and lower({cell}) in {in_list(markers)}"
        f" then null else {cell} end"
    )


def _typed(contract: Contract, coded: Sequence[Column]) -> str:
    columns, joins = [], []
    for column in contract.columns:
        name = quote(column.name)
        if column in coded:
            codes = quote(f"codes_{column.name}")
            columns.append(f"coalesce({codes}.code, cut.{name}) as {name}")
            joins.append(
                f" left join {quote(_codes_table(contract, column))} as {codes}"
                f" on {codes}.values_key = layout.values_key and {codes}.received = cut.{name}"
            )
        else:
            columns.append(f"{_qualified(column)} as {name}")
    hashed = ", ".join(["cut.delivery_id", *(f"cut.{quote(name)}" for name in contract.key)])
    return (
        f"select cut.row_id, cut.delivery_id, layout.source, layout.organisation_code,"
        f" layout.business_date, layout.received_at, layout.mode, layout.task_source,"
        f" cut.part, cut.record, cut.line, hash({hashed}) as key_hash, {', '.join(columns)}"
        f" from cut join layout on layout.number = cut.number and layout.part = cut.part"
        f"{''.join(joins)}"
    )


def _qualified(column: Column) -> str:
    return forms.canonical(column).replace(quote(column.name), f"cut.{quote(column.name)}")


def _derived(contract: Contract) -> str:
    """Columns that a printed text states: the target of an indicator."""
    if contract.dataset != "indicators":
        return "typed"
    return f"({forms.split_target('typed')})"


def _codes_table(contract: Contract, column: Column) -> str:
    return f"codes_{contract.dataset}_{column.name}"


def _create_codes(
    con: duckdb.DuckDBPyConnection,
    contracts: Contracts,
    contract: Contract,
    column: Column,
    own_values: Mapping[str, Mapping[str, Mapping[str, str]]],
) -> None:
    """What each distinct received value of a code column means, as a table to join."""
    at = 1 + contract.names.index(column.name)
    seen = con.execute(
        f"select distinct delivery.values_key, {forms.trimmed(f'text.cells[place.positions[{at}]]')}"
        f" from text join layout_positions as place"
        f" on place.delivery_id = text.delivery_id and place.part = text.part"
        f" join deliveries as delivery on delivery.delivery_id = text.delivery_id"
        f" where delivery.dataset = {literal(contract.dataset)} and text.problem is null"
    ).fetchall()
    ours = contracts.value_maps[column.code_list or ""]
    rows = []
    for values_key, received in seen:
        if received is None:
            continue
        own = own_values.get(values_key, {}).get(column.name, {})
        code = _meaning(received, own, ours)
        if code is not None:
            rows.append({"values_key": values_key, "received": received, "code": code})
    names = ("values_key", "received", "code")
    schema = pa.schema([(name, pa.string()) for name in names])
    create_from(con, _codes_table(contract, column), pa.Table.from_pylist(rows, schema=schema))


def _meaning(received: str, own: Mapping[str, str], ours: Mapping[str, str]) -> str | None:
    key = fold(received)
    for said, code in own.items():
        if fold(said) == key:
            return code
    return ours.get(key)


def own_values_of(deliveries: Iterable[Delivery]) -> dict[str, dict[str, dict[str, str]]]:
    """Value maps of sources by the key that ``deliveries`` carries."""
    return {_values_key(item): dict(item.options.get("values") or {}) for item in deliveries}


def _values_key(delivery: Delivery) -> str:
    return json.dumps(delivery.options.get("values") or {}, sort_keys=True, ensure_ascii=False)
