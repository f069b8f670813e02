"""The pages leaders open in the morning, drawn from one published snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def render(snapshot: Path, previous: Sequence[Path] = ()) -> None:
    """Write ``dashboard/`` into the folder of a snapshot that has database and manifest."""
    (snapshot / "dashboard").mkdir()
    (snapshot / "dashboard" / "index.html").write_text("<!doctype html></html>", encoding="utf-8")
