"""``read_file``: one file as the pipeline sees it, every cell once."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from task_warehouse.errors import UsageError
from task_warehouse.reading import read_file


def written(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def test_rows_and_rejects_are_written(tmp_path: Path) -> None:
    source = tmp_path / "nv.csv"
    source.write_text('\ufeffMã;Tên\n1;"=1+1; a"\n2;"mở\n3;c\n', encoding="utf-8")
    reading = read_file(source, out=tmp_path / "out.csv")
    assert (reading.records, reading.damaged, reading.refused) == (3, 1, None)
    assert reading.layouts[0]["delimiter"] == ";"
    assert written(tmp_path / "out.csv") == [["Mã", "Tên"], ["1", "=1+1; a"], ["3", "c"]]
    assert reading.rejects is not None
    assert written(reading.rejects) == [
        ["line", "problem", "raw"],
        ["3", "file.stray_quote", '2;"mở'],
    ]
    assert reading.rejects.name == "out.rejects.csv"


def test_absent_cells_are_empty_and_rows_as_wide_as_the_header(tmp_path: Path) -> None:
    source = tmp_path / "nv.json"
    source.write_text(json.dumps([{"a": 1}, {"b": None, "c": 2}]))
    read_file(source, out=tmp_path / "out.csv")
    assert written(tmp_path / "out.csv") == [["a", "b", "c"], ["1", "", ""], ["", "", "2"]]


def test_a_header_without_records_is_still_written(tmp_path: Path) -> None:
    source = tmp_path / "nv.csv"
    source.write_text("a,b\n")
    read_file(source, out=tmp_path / "out.csv")
    assert written(tmp_path / "out.csv") == [["a", "b"]]


def test_a_refused_file_is_a_result_and_writes_nothing(tmp_path: Path) -> None:
    source = tmp_path / "nv.csv"
    source.write_text("<html></html>")
    reading = read_file(source, out=tmp_path / "out.csv")
    assert reading.refused == "file.not_what_it_says"
    assert "HTML" in (reading.refused_detail or "")
    assert not (tmp_path / "out.csv").exists()


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file"):
        read_file(tmp_path / "nowhere.csv")
