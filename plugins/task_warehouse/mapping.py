"""Text tables to canonical tables: the source's headers, dates, numbers and codes become ours.

Set-wise for any number of deliveries: the headers of each layout become positions, resolved once
per distinct header signature and options, and one query per dataset maps every delivery of it.
That query joins nothing: what layouts and code lists say is looked up in place, through an
enumeration of their keys and lists of their values.

Nothing is lost: a value that does not read as what its column asks for stays as received, and the
check refuses it.
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
from task_warehouse.checking.quoting import in_list, quote
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
    for name in ("source", "mode", "values_key"):
        _set_list(
            con, f"delivery_{name}", f"select {name} as item, number from deliveries", "number"
        )


def of_delivery(name: str) -> str:
    """SQL of a delivery's ``source``, ``mode`` or ``values_key`` in a row that has its number."""
    return f"getvariable('delivery_{name}')[number + 1]"


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
    text: str = "text",
) -> str:
    """Create the canonical table of ``dataset`` from ``text`` and return its name.

    Reads ``text`` (the reader's output, or the part of it that holds this dataset), ``deliveries``,
    ``layout_positions`` and ``open_deliveries`` (ids that were not refused as a whole). ``row_id``
    orders rows by delivery and record. The steps of the query are not to be materialised, which is
    what DuckDB does with a named one unless told: a million rows would be copied thrice.
    """
    contract = contracts.by_dataset[dataset]
    own_values = {_values_key(item): item.options.get("values") or {} for item in deliveries}
    coded = [column for column in contract.columns if column.form == "code"]
    for column in coded:
        _create_codes(con, contracts, contract, column, own_values)
    layout_key = _create_layouts(con, contract)
    table = table_of(dataset)
    query = (
        f"with cut as not materialized ({_cut(contracts, contract, layout_key, text)}),"
        f" neat as not materialized ({_neat(contracts, contract)}),"
        f" typed as not materialized ({_typed(contract, coded)})"
        f" select * exclude ({', '.join(LOOKED_UP)}), {_key_hash(contract)} as key_hash"
        f" from typed"
    )
    con.execute(f"create or replace table {table} as {query}")
    for column in coded:
        _resolve_rare_codes(con, contracts, contract, column, own_values)
    return table


# What a row needs to know of its layout while it is mapped, and what its checks ask for.
LOOKED_UP = ("values_key", "date_format", "decimal_mark", "file_format")
KEPT = ("number", "organisation_code", "business_date", "received_at", "task_source")


def _set_list(con: duckdb.DuckDBPyConnection, name: str, items: str, order: str) -> None:
    con.execute(f"set variable {name} = (select list(item order by {order}) from ({items}))")


def _create_layouts(con: duckdb.DuckDBPyConnection, contract: Contract) -> str:
    """Enumerate the layouts of a dataset and list what each says; SQL of a text row's key."""
    con.execute(
        "create or replace table layouts as select"
        " row_number() over (order by number, part) as layout_no, place.*,"
        " delivery.* exclude (delivery_id) from layout_positions as place"
        " join deliveries as delivery using (delivery_id)"
        f" where dataset = '{contract.dataset}'"
        " and delivery_id in (select delivery_id from open_deliveries)"
    )
    doubled = con.execute(
        "select 1 from layouts group by delivery_id having count(*) > 1 limit 1"
    ).fetchone()
    key = "delivery_id || chr(31) || part" if doubled else "delivery_id"
    kind = f"layout_of_{contract.dataset}"
    con.execute(
        f"create type {kind} as enum (select key from (select {key} as key, layout_no from layouts"
        " union all select '', null) order by layout_no nulls last)"
    )
    for name in (*KEPT, *LOOKED_UP):
        _set_list(
            con, f"layout_{name}", f"select {name} as item, layout_no from layouts", "layout_no"
        )
    for index, name in enumerate(contract.names, start=1):
        items = f"select positions[{index}] as item, layout_no from layouts"
        _set_list(con, f"position_of_{name}", items, "layout_no")
    return f"cast(enum_code(try_cast({key} as {kind})) as integer) + 1"


def _cut(contracts: Contracts, contract: Contract, layout_key: str, text: str) -> str:
    """Cells by column as received, and whether any cell of the row needs cleaning or is a mark."""
    cells = ", ".join(
        f"cells[getvariable('position_of_{name}')[layout_no]] as {quote(name)}"
        for name in contract.names
    )
    context = ", ".join(
        f"getvariable('layout_{name}')[layout_no] as {name}" for name in KEPT + LOOKED_UP
    )
    untidy = forms.needs_cleaning("joined", contracts.null_markers["typed"])
    return (
        f"select (getvariable('layout_number')[layout_no] << {RECORD_BITS}) + record as row_id,"
        f" delivery_id, part, record, line, {context}, {untidy} as is_untidy,"
        f" {secrecy.is_marked('joined')} as is_marked, {cells}"
        f" from (select *, {layout_key} as layout_no, {secrecy.joined('cells')} as joined"
        f" from {text} where problem is null) where layout_no <= len(getvariable('layout_number'))"
    )


CONTEXT = ("row_id", "delivery_id", "part", "record", "line", *KEPT, *LOOKED_UP, "is_marked")


def _neat(contracts: Contracts, contract: Contract) -> str:
    """Without blanks at the ends and null markers. Both cost much and most rows need neither."""
    columns = []
    for column in contract.columns:
        name = quote(column.name)
        kind = "any" if column.is_text or column.form == "code" else "typed"
        tidied = forms.tidied(name, contracts.null_markers[kind])
        columns.append(f"case when is_untidy then {tidied} else nullif({name}, '') end as {name}")
    return f"select {', '.join(CONTEXT)}, {', '.join(columns)} from cut"


def _typed(contract: Contract, coded: Sequence[Column]) -> str:
    columns = []
    for column in contract.columns:
        name = quote(column.name)
        if column in coded:
            columns.append(f"coalesce({_code_of(contract, column)}, {name}) as {name}")
        else:
            canonical = forms.canonical(column).replace(name, f"layout.{name}")
            columns.append(f"{canonical} as {name}")
    return f"select {', '.join(CONTEXT)}, {', '.join(columns)} from neat as layout"


def _key_hash(contract: Contract) -> str:
    return f"hash({', '.join(['number', *(quote(name) for name in contract.key)])})"


def _code_of(contract: Contract, column: Column) -> str:
    """SQL of the code that a received value means, null where it is no usual spelling."""
    name = f"{contract.dataset}_{column.name}"
    key = f"layout.values_key || chr(31) || layout.{quote(column.name)}"
    at = f"cast(enum_code(try_cast({key} as spelling_of_{name})) as integer) + 1"
    return f"getvariable('code_of_{name}')[{at}]"


def _create_codes(
    con: duckdb.DuckDBPyConnection,
    contracts: Contracts,
    contract: Contract,
    column: Column,
    own_values: Mapping[str, Mapping[str, Mapping[str, str]]],
) -> None:
    """Enumerate the usual spellings of a code column and list what they mean."""
    known = contracts.value_maps[column.code_list or ""]
    meanings: dict[str, str] = {}
    for values_key, by_column in own_values.items():
        own = by_column.get(column.name, {})
        for text in sorted({*known.texts, *own}):
            code = known.meaning(text, own)
            spellings = {text, text.lower(), text.upper(), text.capitalize(), text.title()}
            if code is not None:
                meanings.update({f"{values_key}\x1f{spelling}": code for spelling in spellings})
    table = pa.table({"spelling": list(meanings), "item": list(meanings.values())})
    create_from(con, "codes", table)
    name = f"{contract.dataset}_{column.name}"
    con.execute(f"create type spelling_of_{name} as enum (select spelling from codes order by 1)")
    _set_list(con, f"code_of_{name}", "select * from codes", "spelling")


def _resolve_rare_codes(
    con: duckdb.DuckDBPyConnection,
    contracts: Contracts,
    contract: Contract,
    column: Column,
    own_values: Mapping[str, Mapping[str, Mapping[str, str]]],
) -> None:
    """Spellings that nobody foresaw, folded one distinct value at a time."""
    table, name = table_of(contract.dataset), quote(column.name)
    known = contracts.value_maps[column.code_list or ""]
    codes = in_list(contracts.code_lists[column.code_list or ""])
    values_key = of_delivery("values_key")
    seen = con.execute(
        f"select distinct {values_key}, {name} from {table} where {name} not in {codes}"
    ).fetchall()
    for key, received in seen:
        code = known.meaning(received, own_values[key].get(column.name, {}))
        if code is not None:
            con.execute(
                f"update {table} set {name} = ? where {name} = ? and {values_key} = ?",
                [code, received, key],
            )


def _values_key(delivery: Delivery) -> str:
    """Names the source's own value map; empty, as most are, for none."""
    values = delivery.options.get("values")
    return json.dumps(values, sort_keys=True, ensure_ascii=False) if values else ""
