"""Fixtures of the reading tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from read_here import Read, Reading, read_here

from task_warehouse.reading.request import Limits


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read octets, text or a fixture's path under a name and declarations."""

    def run(
        content: bytes | str | Path,
        name: str = "tep.csv",
        limits: Limits | None = None,
        **declared: Any,
    ) -> Reading:
        if isinstance(content, Path):
            path, name = content, content.name
        else:
            path = tmp_path / "delivery"
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_here(path, name, limits or Limits(), tmp_path, declared)

    return run
