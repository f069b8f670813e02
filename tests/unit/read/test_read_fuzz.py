"""What the fuzzer starts from, and what it once broke, hold the same properties in every run."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fuzz.__main__ import FOUND, SEEDS
from tests.fuzz.properties import KINDS, LostError, _count_lines, examine


@pytest.mark.parametrize("kind", range(len(KINDS)), ids=lambda kind: str(KINDS[kind]))
def test_seeds_read_as_anything_end_and_add_up(kind: int, tmp_path: Path) -> None:
    for seed in SEEDS:
        examine(bytes((kind,)) + seed.encode(), tmp_path)


def test_what_was_found_stays_mended(tmp_path: Path) -> None:
    for path in sorted(FOUND.iterdir()) if FOUND.is_dir() else ():
        examine(path.read_bytes(), tmp_path)


def test_a_lost_row_is_noticed() -> None:
    from task_warehouse.reading.tables import Layout

    layout = Layout(part="", format="csv", encoding="utf-8")
    layout.delimiter, layout.header_line, layout.records = ",", 1, 1
    with pytest.raises(LostError):
        _count_lines(b"a,b\n1,2\n3,4\n", layout)
