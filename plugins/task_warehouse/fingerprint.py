"""What a snapshot is a function of, as one hash: the same hash is the same snapshot.

Left out on purpose: how often something was tried, and when an unchanged delivery was seen again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from task_warehouse import receipt_summaries
from task_warehouse.holding import decisions
from task_warehouse.settings import PROJECT_ROOT, Home

CODE_FOLDERS = ("plugins/task_warehouse", "dbt_project", "expectations")
CODE_ENDINGS = {".py", ".sql", ".yml", ".yaml", ".toml", ".csv", ".j2", ".css", ".js", ".svg"}
DERIVED_FOLDERS = {"target", "logs", "dbt_packages", "__pycache__"}


def of_inputs(home: Home, as_of: date) -> str:
    """SHA-256 (hex) over the as-of date, the sightings up to it, ledger, decisions and code."""
    digest = hashlib.sha256(as_of.isoformat().encode())
    for day in receipt_summaries.sightings(home, as_of):
        digest.update(repr(day).encode())
    for batch in sorted(path.name for path in home.ledger.glob("*.parquet")):
        digest.update(batch.encode())
    for name, said in sorted(decisions(home).items()):
        digest.update(f"{name} {said.decision} {said.decided_at.isoformat()}".encode())
    digest.update(of_code().encode())
    return digest.hexdigest()


def of_code(folders: Iterable[str] = CODE_FOLDERS) -> str:
    """SHA-256 (hex) over the code, models and contracts this checkout would run."""
    digest = hashlib.sha256()
    for path in _code_files(folders):
        digest.update(str(path.relative_to(PROJECT_ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _code_files(folders: Iterable[str]) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((PROJECT_ROOT / folder).rglob("*")):
            derived = DERIVED_FOLDERS.intersection(path.parts)
            if path.suffix in CODE_ENDINGS and not derived and path.is_file():
                yield path
