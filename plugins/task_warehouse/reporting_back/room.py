"""The room of reports: files written whole, and an index of what each was made from.

``reports/<source>/<business date>.json``, ``.xlsx`` and ``.txt`` (the receipt, one line). The index
lets a run skip what did not change; a file that is not as the index says is written again.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from task_warehouse.reporting_back import workbook
from task_warehouse.settings import Home
from task_warehouse.storage import written_whole

INDEX = "_index.parquet"
FORMATS = ("json", "xlsx", "txt")
SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("business_date", pa.date32()),
        ("inputs", pa.string()),
        *((f"{name}_bytes", pa.int64()) for name in FORMATS),
        *((f"{name}_sha256", pa.string()) for name in FORMATS),
    ]
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One report of the index: its inputs, and the size and SHA-256 of each of its files."""

    source: str
    business_date: date
    inputs: str
    json_bytes: int
    xlsx_bytes: int
    txt_bytes: int
    json_sha256: str
    xlsx_sha256: str
    txt_sha256: str

    def size(self, name: str) -> int:
        found: int = getattr(self, f"{name}_bytes")
        return found

    def sha256(self, name: str) -> str:
        found: str = getattr(self, f"{name}_sha256")
        return found


def path_of(home: Home, source: str, business_date: date, name: str) -> Path:
    """Where the file of a format (``json``, ``xlsx``, ``txt``) lies."""
    return home.reports / source / f"{business_date.isoformat()}.{name}"


def read_index(home: Home) -> dict[tuple[str, date], Entry]:
    """The index; empty where no report was written yet."""
    path = home.reports / INDEX
    if not path.is_file():
        return {}
    rows = pq.read_table(path, schema=SCHEMA).to_pylist()
    return {(row["source"], row["business_date"]): Entry(**row) for row in rows}


def is_whole(home: Home, entry: Entry) -> bool:
    """Whether the files of a report are there with their sizes."""
    for name in FORMATS:
        path = path_of(home, entry.source, entry.business_date, name)
        try:
            if path.stat().st_size != entry.size(name):
                return False
        except FileNotFoundError:
            return False
    return True


def write_report(home: Home, report: Mapping[str, Any], inputs: str) -> Entry:
    """Write the files of one report; raises StorageError when the disk does not take them."""
    day = date.fromisoformat(report["business_date"])
    lines = f"{report['receipt_vi']} / {report['receipt_en']}\n"
    text = json.dumps(report, ensure_ascii=False, indent=1) + "\n"
    octets = {
        "json": unicodedata.normalize("NFC", text).encode(),
        "xlsx": workbook.write(report),
        "txt": lines.encode(),
    }
    for name in FORMATS:
        _replace(path_of(home, report["source"], day, name), octets[name])
    return Entry(
        source=report["source"],
        business_date=day,
        inputs=inputs,
        **{f"{name}_bytes": len(octets[name]) for name in FORMATS},  # type: ignore[arg-type]
        **{f"{name}_sha256": hashlib.sha256(octets[name]).hexdigest() for name in FORMATS},  # type: ignore[arg-type]
    )


def write_index(home: Home, entries: Iterable[Entry]) -> None:
    """Write the index anew; raises StorageError when the disk does not take it."""
    ordered = sorted(entries, key=lambda entry: (entry.source, entry.business_date))
    write_table(home.reports / INDEX, [asdict(entry) for entry in ordered], SCHEMA)


def write_table(path: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    """Write rows as Parquet, whole or not at all."""
    with written_whole(path) as aside:
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), aside, compression="zstd")


def _replace(path: Path, octets: bytes) -> None:
    # No fsync a file: thousands of them take minutes, and a torn one is found by its size.
    with written_whole(path, durable=False) as aside:
        aside.write_bytes(octets)
