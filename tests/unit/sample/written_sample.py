"""A sample written to a folder, and its truth as rows."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from task_warehouse.sample import SampleSummary, write_sample

AS_OF = date(2025, 11, 14)
NEXT_DAY = date(2025, 11, 15)
URL = "http://127.0.0.1:8057"


@dataclass(frozen=True)
class Written:
    """A written sample and its truth."""

    folder: Path
    summary: SampleSummary

    def truth(self, table: str) -> list[dict[str, str]]:
        path = self.folder / "truth" / f"{table}.csv"
        with path.open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))


def write(folder: Path, as_of: date, **numbers: int) -> Written:
    return Written(folder, write_sample(folder, as_of=as_of, base_url=URL, **numbers))
