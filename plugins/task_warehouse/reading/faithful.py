"""One file as the pipeline sees it, for the person who asks why it did not load."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from task_warehouse.errors import StorageError, UsageError
from task_warehouse.reading.batch import read_batch
from task_warehouse.reading.request import Limits, ReadRequest
from task_warehouse.reading.writing import LAYOUTS_FILE, open_text


@dataclass(frozen=True, slots=True)
class FileReading:
    """What was found: ``layouts`` as in ``layouts.parquet``, and the files written."""

    layouts: list[dict[str, Any]]
    records: int
    damaged: int
    refused: str | None = None
    refused_detail: str | None = None
    out: Path | None = None
    rejects: Path | None = None
    notes: list[str] = field(default_factory=list)


def read_file(
    path: Path,
    *,
    format: str | None = None,  # noqa: A002 - the word the command line uses
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    records: str | None = None,
    member: str | None = None,
    header_hints: frozenset[str] = frozenset(),
    out: Path | None = None,
    limits: Limits | None = None,
) -> FileReading:
    """Read one file; with ``out``, write it as UTF-8 CSV, header first, every cell once.

    Damaged records go to ``OUT.rejects.csv`` (line, problem, raw). This output is faithful: cells
    that a spreadsheet would take for a formula are *not* altered, because the question it answers
    is what the file holds; exports meant for spreadsheets neutralise them. Several parts (sheets,
    members) come one after another with a first column ``part``. An absent cell is empty.
    Raises UsageError where there is no such file; a refused file is a result, not an error.
    """
    if not path.is_file():
        raise UsageError(f"no file {path}", remedy="name an existing file")
    request = ReadRequest(
        "file",
        path,
        name=path.name,
        format=format,
        encoding=encoding,
        delimiter=delimiter,
        sheet=sheet,
        records=records,
        member=member,
    )
    with tempfile.TemporaryDirectory(prefix="task-warehouse-read-") as folder:
        read_batch([request], Path(folder), limits, header_hints)
        layouts = pq.read_table(Path(folder) / LAYOUTS_FILE).to_pylist()
        reading = _result(layouts, out)
        if out is not None and reading.refused is None:
            _write(open_text(Path(folder)), layouts, out, _rejects_path(out))
    return reading


def _result(layouts: list[dict[str, Any]], out: Path | None) -> FileReading:
    refused = layouts[0]["refused"]
    written = out is not None and refused is None
    return FileReading(
        layouts=layouts,
        records=sum(layout["records"] for layout in layouts),
        damaged=sum(layout["damaged"] for layout in layouts),
        refused=refused,
        refused_detail=layouts[0]["refused_detail"],
        out=out if written else None,
        rejects=_rejects_path(out) if out is not None and written else None,
        notes=[note for layout in layouts for note in layout["notes"] or []],
    )


def _rejects_path(out: Path) -> Path:
    return out.with_name(f"{out.name.removesuffix('.csv')}.rejects.csv")


def _write(text: pa.Table, layouts: list[dict[str, Any]], out: Path, rejects: Path) -> None:
    several = len(layouts) > 1
    headers = {layout["part"]: list(layout["headers"] or []) for layout in layouts}
    try:
        with (
            out.open("w", encoding="utf-8", newline="") as rows_file,
            rejects.open("w", encoding="utf-8", newline="") as rejects_file,
        ):
            rows, damaged = csv.writer(rows_file), csv.writer(rejects_file)
            damaged.writerow(["part", "line", "problem", "raw"][0 if several else 1 :])
            begun: str | None = None
            for batch in text.to_batches(max_chunksize=16_384):
                for row in batch.to_pylist():
                    part = row["part"]
                    prefix = [part] if several else []
                    if row["problem"] is not None:
                        damaged.writerow([*prefix, row["line"], row["problem"], row["raw"]])
                        continue
                    if part != begun:
                        begun = part
                        rows.writerow((["part"] if several else []) + headers[part])
                    missing = len(headers[part]) - len(row["cells"])
                    rows.writerow([*prefix, *row["cells"], *[None] * missing])
            if begun is None and layouts:
                rows.writerow(headers[layouts[0]["part"]])
    except OSError as error:
        raise StorageError(f"cannot write {out}: {error.strerror}", where=str(out)) from error
