"""Read exports back with plain libraries, knowing only what the source file declares."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import python_calamine

from task_warehouse.sources import DatasetSource


def read_texts(path: Path, dataset: DatasetSource) -> list[list[str]]:
    """Header row and data rows as text; for nested formats a row holds the values."""
    content = path.read_bytes()
    if path.suffix == ".zip":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = archive.read(archive.namelist()[0])
    if dataset.format in ("csv", "tsv"):
        text = content.decode(dataset.encoding or "utf-8")
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=dataset.delimiter or ","))
    if dataset.format == "xlsx":
        return _read_sheet(content, dataset)
    if dataset.records == "duLieuBaoCao[].dulieu[]":
        return [["duLieuBaoCao"], *_values_of_reports(json.loads(content))]
    if dataset.format == "xml":
        records = ElementTree.fromstring(content).findall("banGhi")
        return [["banGhi"], *([child.text or "" for child in record] for record in records)]
    lines = content.decode().splitlines() if dataset.format == "ndjson" else []
    records = [json.loads(line) for line in lines] or json.loads(content)["data"]["items"]
    header = list(records[0]) if records else []
    return [header, *([str(value) for value in record.values()] for record in records)]


def _values_of_reports(reports: Any) -> list[list[str]]:
    return [
        [report["maDonVi"], report["kyDuLieu"], indicator["maChiTieu"], *value.values()]
        for report in reports
        for indicator in report["duLieuBaoCao"]
        for value in indicator["dulieu"]
    ]


def _read_sheet(content: bytes, dataset: DatasetSource) -> list[list[str]]:
    book = python_calamine.load_workbook(io.BytesIO(content))
    rows = book.get_sheet_by_name(dataset.sheet or book.sheet_names[0]).to_python()
    texts = [[str(cell) for cell in row] for row in rows]
    # Above the header stand titles in one merged cell; below a merged header its second row.
    first = next(n for n, row in enumerate(texts) if sum(bool(cell) for cell in row) > 2)
    if len(texts) > first + 1 and not texts[first + 1][0]:
        first += 1
    return texts[first:]
