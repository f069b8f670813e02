"""What tests of collecting share: a bench, and a server that misbehaves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from collecting_bench import Bench
from misbehaving_server import Server
from sftp_place import drop, process, ssh

__all__ = ["bench", "drop", "process", "server", "ssh"]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    (tmp_path / "sources").mkdir()
    return Bench(tmp_path)


@pytest.fixture
def server() -> Iterator[Server]:
    one = Server()
    yield one
    one.stop()
