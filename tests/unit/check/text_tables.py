"""Text tables as the reader leaves them, made from rows; a check over them in a data root."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from task_warehouse import ledger
from task_warehouse.checking import CheckSummary, pending, step
from task_warehouse.contracts import DATASETS, Contracts
from task_warehouse.mapping import (
    Delivery,
    map_dataset,
    register_deliveries,
    resolve_layouts,
)
from task_warehouse.reading.tables import LAYOUT_SCHEMA, TEXT_SCHEMA
from task_warehouse.reading.writing import LAYOUTS_FILE, TEXT_FILE, open_text
from task_warehouse.settings import Home

RECEIVED = datetime(2025, 7, 1, 0, 30, tzinfo=UTC)


@dataclass
class Given:
    """One delivery of a test: headers and rows of cells, damaged lines, options."""

    dataset: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str | None]]
    source: str = "bo-g06"
    organisation_code: str = "G06"
    mode: str = "full"
    business_date: date = date(2025, 6, 30)
    received_at: datetime = RECEIVED
    format: str = "csv"
    damaged: Sequence[tuple[str, str]] = ()
    refused: str | None = None
    records: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def delivery(self) -> Delivery:
        """As its receipt would describe it."""
        content = repr((self.headers, self.rows, self.damaged, self.refused, self.records))
        sha256 = hashlib.sha256(content.encode()).hexdigest()
        identity = f"{self.source}|{self.dataset}|{sha256}"
        return Delivery(
            delivery_id=hashlib.sha256(identity.encode()).hexdigest()[:20],
            source=self.source,
            organisation_code=self.organisation_code,
            dataset=self.dataset,
            mode=self.mode,
            business_date=self.business_date,
            received_at=self.received_at,
            sha256=sha256,
            options=self.options,
        )


def write_text_tables(work: Path, given: Sequence[Given]) -> None:
    """Write ``text.arrow`` and ``layouts.parquet`` of ``given`` into ``work``."""
    text: list[dict[str, Any]] = []
    layouts: list[dict[str, Any]] = []
    for item in given:
        name = item.delivery.delivery_id
        rows = [] if item.refused else list(item.rows)
        lines: list[tuple[Any, Any, Any]] = [(list(cells), None, None) for cells in rows]
        lines += [(None, problem, raw) for problem, raw in item.damaged]
        text += [
            {
                "delivery_id": name,
                "part": "",
                "record": at,
                "line": at + 1,
                "cells": c,
                "problem": p,
                "raw": r,
            }
            for at, (c, p, r) in enumerate(lines, start=1)
        ]
        layouts.append(
            {
                "delivery_id": name,
                "part": "",
                "format": item.format,
                "encoding": "utf-8",
                "header_line": 1,
                "headers": list(item.headers),
                "records": len(lines) if item.records is None else item.records,
                "damaged": len(item.damaged),
                "refused": item.refused,
                "notes": [],
            }
        )
    work.mkdir(parents=True, exist_ok=True)
    with pa.ipc.new_file(str(work / TEXT_FILE), TEXT_SCHEMA) as file:
        file.write_table(pa.Table.from_pylist(text, schema=TEXT_SCHEMA))
    pq.write_table(pa.Table.from_pylist(layouts, schema=LAYOUT_SCHEMA), work / LAYOUTS_FILE)


def check(home: Home, contracts: Contracts, given: Sequence[Given]) -> CheckSummary:
    """Check ``given`` as one batch, by dataset as pending deliveries are."""
    given = sorted(given, key=lambda item: DATASETS.index(item.dataset))
    deliveries = [item.delivery for item in given]
    batch = ledger.batch_id(item.delivery_id for item in deliveries)
    work = home.work / f"test-{batch}"
    ledger.prepare(home, contracts)
    write_text_tables(work, given)
    return step.check_read(home, contracts, deliveries, work, batch)


def rows_of(folder: Path, columns: str = "*", where: str = "true") -> list[dict[str, Any]]:
    """Rows of all Parquet files of a room."""
    with duckdb.connect() as con:
        found = con.execute(
            f"select {columns} from {ledger.scan_of(folder)} where {where} order by all"
        )
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def mapped(contracts: Contracts, given: Given, work: Path) -> list[dict[str, Any]]:
    """Canonical rows of one delivery, in order, without any check."""
    write_text_tables(work, [given])
    delivery = given.delivery
    with duckdb.connect() as con:
        step.prepare_database(con, work, open_text(work))
        register_deliveries(con, [delivery])
        resolve_layouts(con, contracts, [delivery], pending.load_layouts(work))
        con.execute("create table open_deliveries as select delivery_id from deliveries")
        table = map_dataset(con, contracts, given.dataset, [delivery])
        found = con.execute(f"select * from {table} order by row_id")
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
