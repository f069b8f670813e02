"""Which deliveries wait for a check, and their way through the reader."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from task_warehouse import landing, ledger, receipts
from task_warehouse.contracts import DATASETS, Contracts
from task_warehouse.mapping import Delivery, Layout
from task_warehouse.reading import LAYOUTS_FILE
from task_warehouse.settings import Home


def pending_deliveries(home: Home) -> list[Delivery]:
    """Landed deliveries that are not in the ledger, by dataset, source and time of receipt."""
    with duckdb.connect() as con:
        receipts.scan(con, home)
        rows = con.execute(
            "select delivery_id, source, organisation_code, dataset, mode, business_date,"
            " received_at, sha256, coalesce(original_name, ''), format, options from receipts"
            " where outcome = 'landed' and delivery_id not in"
            f" (select delivery_id from {ledger.scan_of(home.ledger)})"
            " qualify row_number() over (partition by delivery_id"
            " order by received_at, business_date, receipt_id) = 1"
        ).fetchall()
    deliveries = [
        Delivery(
            delivery_id=row[0],
            source=row[1],
            organisation_code=row[2],
            dataset=row[3],
            mode=row[4],
            business_date=row[5],
            received_at=row[6],
            sha256=row[7],
            name=row[8],
            format=row[9],
            options=json.loads(row[10] or "{}"),
        )
        for row in rows
    ]
    return sorted(
        deliveries,
        key=lambda item: (
            DATASETS.index(item.dataset),
            item.source,
            item.received_at,
            item.business_date,
            item.delivery_id,
        ),
    )


def read(home: Home, contracts: Contracts, deliveries: Sequence[Delivery], work: Path) -> None:
    """Read the landed bytes of ``deliveries`` into ``work``."""
    from task_warehouse import reading

    hints = {
        dataset: frozenset(
            reading.normalise_header(header) for header in contracts.known_headers(dataset)
        )
        for dataset in {item.dataset for item in deliveries}
    }
    requests = [
        reading.ReadRequest(
            delivery_id=item.delivery_id,
            path=landing.path_of(home, item.sha256),
            name=item.name,
            format=item.options.get("format") or item.format,
            encoding=item.options.get("encoding"),
            delimiter=item.options.get("delimiter"),
            sheet=item.options.get("sheet"),
            records=item.options.get("records"),
            member=item.options.get("member"),
            header_hints=hints[item.dataset]
            | {reading.normalise_header(header) for header in item.options.get("headers") or {}},
        )
        for item in deliveries
    ]
    reading.read_batch(requests, work)


def load_layouts(work: Path) -> list[Layout]:
    """What the reader found, one entry a part."""
    return list(_layouts(pq.read_table(work / LAYOUTS_FILE).to_pylist()))


def _layouts(rows: Iterable[dict[str, object]]) -> Iterable[Layout]:
    for row in rows:
        yield Layout(
            delivery_id=str(row["delivery_id"]),
            part=str(row["part"] or ""),
            format=row["format"],  # type: ignore[arg-type]
            encoding=row["encoding"],  # type: ignore[arg-type]
            headers=tuple(row["headers"] or ()),  # type: ignore[arg-type]
            records=int(row["records"] or 0),  # type: ignore[call-overload]
            refused=row["refused"],  # type: ignore[arg-type]
            refused_detail=row["refused_detail"],  # type: ignore[arg-type]
            notes=tuple(row["notes"] or ()),  # type: ignore[arg-type]
        )
