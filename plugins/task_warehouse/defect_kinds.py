"""Every kind of defect, with its words for officers: the seed ``defect_kinds.csv``."""

from __future__ import annotations

import csv
from pathlib import Path

from task_warehouse.settings import PROJECT_ROOT


def seed_path() -> Path:
    """``defect_kinds.csv``."""
    return PROJECT_ROOT / "dbt_project" / "seeds" / "defect_kinds.csv"


def load_defect_kinds() -> dict[str, dict[str, str]]:
    """Kinds of defect by name: the columns of the seed."""
    with seed_path().open(encoding="utf-8", newline="") as stream:
        return {row["defect"]: row for row in csv.DictReader(stream)}
