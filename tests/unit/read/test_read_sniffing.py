"""A file that is not what its name or its source says is refused by its content."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest
from read_here import Read

from task_warehouse.reading import refusal

SEED = Path(__file__).parents[3] / "dbt_project" / "seeds" / "defect_kinds.csv"
TABLE = "Mã nhiệm vụ;Hạn\nNV-1;31/12/2025\n"


@pytest.mark.parametrize(
    ("content", "name", "declared"),
    [
        (b"<!DOCTYPE html><html><body>Login</body></html>", "nv.csv", None),
        (b"\n <html><table><tr><td>1</td></tr></table></html>", "nv.xls", None),
        (b"%PDF-1.7 ...", "nv.csv", None),
        (b"\x89PNG\r\n\x1a\n0000", "nv.xlsx", None),
        (b"Rar!\x1a\x07\x01\x00", "nv.zip", None),
        (b"PAR1....", "nv.csv", None),
        (b"MZ\x90\x00\x03\x00\x00", "nv.csv", None),
        (b'[{"a":1}]', "nv.csv", None),
        (b'[{"a":1}]', "nv.xml", None),
        (b"<a><b>1</b></a>", "nv.json", None),
        (TABLE.encode(), "nv.json", None),
        (TABLE.encode(), "nv.xlsx", None),
        (TABLE.encode(), "nv.zip", None),
        (TABLE.encode(), "nv.csv.gz", None),
        (TABLE.encode(), "nv.csv", "xml"),
        (b'{"error":"unauthorised"}', "nv.csv", "csv"),
        (gzip.compress(b"%PDF-1.7"), "nv.csv.gz", None),
        (bytes(range(256)) * 4, "nv.csv", None),
    ],
)
def test_content_that_contradicts_its_name(
    read: Read, content: bytes, name: str, declared: str | None
) -> None:
    assert read(content, name, format=declared).refused == "file.not_what_it_says"


@pytest.mark.parametrize(
    ("content", "name", "declared", "found"),
    [
        (TABLE.encode(), "nv.txt", None, "csv"),
        (TABLE.encode(), "nv.dat", None, "csv"),
        (TABLE.encode(), "", None, "csv"),
        (TABLE.encode(), "../../etc/passwd\x00.csv", None, "csv"),
        (TABLE.replace(";", "\t").encode(), "nv.tsv", "tsv", "csv"),
        (b'{"a":1}\n{"a":2}\n', "nv.json", None, "ndjson"),
        (b'{"a":1}\n', "nv.jsonl", None, "ndjson"),
        (b"[\n1,\n2]\n", "nv.json", None, "json"),
        (b"[Ma];[Ten]\n1;2\n3;4\n", "nv.csv", None, "csv"),
        (b"  \n<a><b>1</b></a>", "nv.xml", None, "xml"),
        (b'\xef\xbb\xbf[{"a":1}]', "nv.json", None, "json"),
    ],
)
def test_content_that_agrees(
    read: Read, content: bytes, name: str, declared: str | None, found: str
) -> None:
    assert read(content, name, format=declared).layout.format == found


def test_a_format_nobody_reads_is_our_mistake(read: Read) -> None:
    assert read(TABLE, "nv.csv", format="dbf").refused == "file.unsupported"


def test_every_kind_of_defect_has_its_texts_and_no_other() -> None:
    with SEED.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["defect"].startswith("file.")]
    assert len(rows) == len({row["defect"] for row in rows})
    assert {row["defect"] for row in rows} == refusal.DELIVERY_KINDS | refusal.RECORD_KINDS
    for row in rows:
        assert all(row.values()), row["defect"]
        assert row["severity"] == "error"
        assert row["responsibility"] in {"source", "us"}
        assert "Hãy" in row["message_vi"] or "cần" in row["message_vi"]
