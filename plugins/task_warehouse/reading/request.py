"""What is to be read, and how much it may cost."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MIB = 1024 * 1024
# What of a receipt's options says how to read it.
FROZEN = ("format", "encoding", "delimiter", "sheet", "records", "member")


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """One delivery: the landed bytes at ``path`` and what its source declared about them.

    ``name`` is the name it came under (data, never opened), ``records`` the path of the records in
    JSON or XML, ``member`` a glob of the members to read in an archive. ``header_hints`` are
    normalised header names the contracts know (see :func:`headers.normalise_header`).
    """

    delivery_id: str
    path: Path
    name: str = ""
    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    records: str | None = None
    member: str | None = None
    header_hints: frozenset[str] = frozenset()

    @classmethod
    def declared(
        cls, delivery_id: str, path: Path, name: str, options: Mapping[str, Any]
    ) -> ReadRequest:
        """The request for a delivery with the options that its receipt froze."""
        said: dict[str, Any] = {key: options.get(key) for key in FROZEN}
        return cls(delivery_id, path, name, **said)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one delivery may cost; ``children`` of them are read at a time."""

    children: int = 2
    memory_bytes: int = 3072 * MIB
    cpu_seconds: int = 120
    wall_seconds: float = 300.0
    open_files: int = 64
    input_bytes: int = 1024 * MIB
    output_bytes: int = 4096 * MIB
    document_bytes: int = 256 * MIB
    record_bytes: int = MIB
    columns: int = 2_000
    depth: int = 64
    archive_members: int = 1_000
    archive_bytes: int = 1024 * MIB
    archive_ratio: int = 200
    sheet_cells: int = 50_000_000

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)
