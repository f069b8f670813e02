"""The load for the benchmark: as many rows as asked for, and exactly the defects it says."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from pathlib import Path

import pytest

from task_warehouse.errors import UsageError
from task_warehouse.sample import LoadSummary, write_progress_load
from task_warehouse.sources import load_sources

ROWS, FILES = 20_003, 5


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> LoadSummary:
    out = tmp_path_factory.mktemp("load") / "load"
    return write_progress_load(out, rows=ROWS, files=FILES, defect_share=0.05)


def _rows(path: Path) -> list[tuple[str, ...]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return [tuple(row) for row in csv.reader(stream)][1:]


def _is_sound(row: tuple[str, ...], tasks: set[str]) -> bool:
    code, reported_on, percent = row[:3]
    try:
        number = float(percent)
    except ValueError:
        return False
    return code in tasks and reported_on != "31/02/2025" and 0 <= number <= 100


def test_it_holds_the_rows_and_defects_it_says(load: LoadSummary) -> None:
    rejected = duplicate = total = 0
    for source in load_sources(load.directory / "sources"):
        folder = load.directory / "exports" / source.source
        tasks = {row[0] for row in _rows(folder / "nhiem_vu.csv")}
        rows = _rows(folder / "tien_do.csv")
        total += len(rows)
        distinct = set(rows)
        duplicate += len(rows) - len(distinct)
        sound = [row for row in distinct if _is_sound(row, tasks)]
        keys = Counter(row[:2] for row in sound)
        rejected += len(distinct) - sum(keys[row[:2]] == 1 for row in sound)
    assert total == load.rows == ROWS
    assert (rejected, duplicate) == (load.rejected, load.duplicate)
    assert 0.03 < (rejected + duplicate) / ROWS < 0.07


def test_the_truth_is_told_by_source(load: LoadSummary) -> None:
    with (load.directory / "truth" / "load.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == load.files == FILES
    assert sum(int(row["rows"]) for row in rows) == load.rows
    assert sum(int(row["rejected"]) for row in rows) == load.rejected
    assert sum(int(row["duplicate"]) for row in rows) == load.duplicate


def test_same_arguments_give_the_same_bytes(load: LoadSummary, tmp_path: Path) -> None:
    write_progress_load(tmp_path, rows=ROWS, files=FILES, defect_share=0.05)
    for path in sorted(load.directory.rglob("*.*")):
        twin = tmp_path / path.relative_to(load.directory)
        assert (
            hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(twin.read_bytes()).digest()
        ), path


def test_without_defects_every_row_is_sound(tmp_path: Path) -> None:
    summary = write_progress_load(tmp_path, rows=100, files=2, defect_share=0)
    assert (summary.rejected, summary.duplicate) == (0, 0)


@pytest.mark.parametrize("numbers", [{"files": 0}, {"rows": 10}, {"files": 9999}], ids=str)
def test_a_load_that_cannot_be_is_refused(numbers: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write"):
        write_progress_load(tmp_path / "none", **numbers)
    assert not (tmp_path / "none").exists()
