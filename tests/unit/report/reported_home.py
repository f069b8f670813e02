"""A published morning with one ministry's deliveries: a workbook, a CSV file and a JSON pull."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from task_warehouse import ledger, receipts
from task_warehouse.contracts import load_contracts
from task_warehouse.reporting_back.gathering import LAYOUT_COLUMNS
from task_warehouse.settings import Home
from task_warehouse.snapshots import DATABASE_NAME, Manifest

DAY = date(2025, 7, 1)
RECEIVED = datetime(2025, 6, 30, 23, 0, tzinfo=UTC)
SOURCE = "bo-g06"
BATCH = "b1"
MARTS = (Path(__file__).parent / "reported_marts.sql").read_text(encoding="utf-8")


def reject(
    number: int, delivery: str, column: str | None, check: str, **said: Any
) -> dict[str, Any]:
    """A row of rejects: record ``number`` stands in line ``number + 1``."""
    return {
        "reject_id": f"r{number}-{check}",
        "business_date": DAY,
        "source": SOURCE,
        "organisation_code": "G06",
        "dataset": check.partition(".")[0],
        "delivery_id": delivery,
        "part": "",
        "record": number,
        "line": number + 1,
        "column_name": column,
        "check_id": check,
        "severity": "error",
        "message_vi": "Sai giá trị.",
        "message_en": "A wrong value.",
        "responsibility": "source",
        "record_key": f"NV-{number}",
        **said,
    }


def make_home(
    root: Path, rejects: Sequence[Mapping[str, Any]], warnings: Sequence[Mapping[str, Any]] = ()
) -> Home:
    """Rooms of one check over three deliveries, and the folder of the snapshot made from it."""
    home = Home(root)
    contracts = load_contracts()
    ledger.prepare(home, contracts)
    receipts.write_receipts(home, BATCH, [_receipt(*one) for one in DELIVERIES])
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        _write(con, home.ledger, [_ledger_row(*one) for one in DELIVERIES], ledger.LEDGER)
        _write(con, home.rejects, rejects, ledger.REJECTS)
        _write(con, ledger.warnings_directory(home), warnings, ledger.REJECTS)
        con.execute(f"create table layouts ({LAYOUT_COLUMNS})")
        for delivery, part, kind, first_column, headers in LAYOUTS:
            names = ["task_code", "reported_on", "percent_complete", "result"]
            con.execute(
                "insert into layouts values (?, ?, ?, ?, ?, [1, 2, 3, 4], ?)",
                [delivery, part, kind, first_column, names, headers],
            )
        home.layouts.mkdir()
        con.execute(f"copy layouts to '{home.layouts / (BATCH + '.parquet')}' (format parquet)")
    _publish(home)
    return home


HEADERS = ["Mã NV", "Ngày BC", "Tỷ lệ (%)", "Kết quả"]
DELIVERIES = (
    ("book", "xlsx", "bao_cao.xlsx", None),
    ("text", "csv", "bao_cao.csv", None),
    ("pull", "json", "progress", '{"records": "data.items"}'),
)
LAYOUTS = (
    ("book", "Tháng 6", "xlsx", 26, HEADERS),
    ("text", "", "csv", None, HEADERS),
    ("pull", "", "json", None, ["ma", "ngay", "tyLe", "ketQua"]),
)


def snapshot_of(home: Home) -> Path:
    return home.published / "s1"


def _receipt(delivery: str, kind: str, name: str, options: str | None) -> receipts.Receipt:
    return receipts.Receipt(
        batch=BATCH,
        source=SOURCE,
        organisation_code="G06",
        dataset="progress",
        mode="delta",
        business_date=DAY,
        received_at=RECEIVED,
        due_at=None,
        expected=True,
        outcome="landed",
        origin=name,
        original_name=name,
        size_bytes=10,
        sha256=delivery * 4,
        delivery_id=delivery,
        format=kind,
        options=options,
    )


def _ledger_row(delivery: str, kind: str, *_: object) -> dict[str, Any]:
    return {
        "delivery_id": delivery,
        "batch": BATCH,
        "source": SOURCE,
        "organisation_code": "G06",
        "dataset": "progress",
        "business_date": DAY,
        "received_at": RECEIVED,
        "verdict": "accept_with_warnings",
        "rows_received": 10,
        "rows_accepted": 8,
        "rows_rejected": 2,
        "rows_duplicate": 0,
        "rows_warned": 0,
        "format": kind,
    }


def _write(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    rows: Sequence[Mapping[str, Any]],
    columns: Mapping[str, str],
) -> None:
    declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    con.execute(f"create or replace table room ({declared})")
    for row in rows:
        names, marks = ", ".join(row), ", ".join("?" for _ in row)
        con.execute(f"insert into room ({names}) values ({marks})", list(row.values()))
    folder.mkdir(parents=True, exist_ok=True)
    con.execute(f"copy room to '{folder / (BATCH + '.parquet')}' (format parquet)")


def _publish(home: Home) -> None:
    folder = snapshot_of(home)
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / DATABASE_NAME)) as con:
        con.execute("set timezone = 'UTC'")
        con.execute(MARTS)
    Manifest(
        snapshot_id="s1",
        run_id="r1",
        as_of_date=DAY,
        published_at=RECEIVED,
        started_at=RECEIVED,
        inputs="",
        versions={},
        tables={},
        database_sha256="",
        ledger={},
        path=folder,
    ).write()
