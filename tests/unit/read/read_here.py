"""Reading in this process, for tests of what comes out; the sandbox has tests of its own."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from task_warehouse.reading.delivery import read_delivery
from task_warehouse.reading.refusal import Refusal
from task_warehouse.reading.request import Limits, ReadRequest
from task_warehouse.reading.tables import TEXT_SCHEMA, Layout, TextSink


@dataclass
class Reading:
    """What came of one delivery."""

    rows: list[list[str | None]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    damaged: list[tuple[int, str, str]] = field(default_factory=list)
    layouts: list[Layout] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    refused: str | None = None
    detail: str = ""

    @property
    def layout(self) -> Layout:
        assert len(self.layouts) == 1, (self.refused, self.detail)
        return self.layouts[0]

    @property
    def headers(self) -> list[str]:
        return self.layout.headers

    @property
    def notes(self) -> str:
        return "\n".join(note for layout in self.layouts for note in layout.notes)

    @property
    def problems(self) -> list[str]:
        return [problem for _, problem, _ in self.damaged]


Read = Callable[..., Reading]


def read_here(
    path: Path, name: str, limits: Limits, scratch: Path, declared: dict[str, Any]
) -> Reading:
    stream = io.BytesIO()
    sink = TextSink(stream, "d1", limits.output_bytes)
    request = ReadRequest("d1", path, name=name, **declared)
    try:
        read_delivery(request, limits, sink, scratch)
    except Refusal as verdict:
        return Reading(refused=verdict.kind, detail=verdict.detail)
    return _collected(stream.getvalue(), sink.layouts)


def _collected(octets: bytes, layouts: list[Layout]) -> Reading:
    reading = Reading(layouts=layouts)
    source = pa.BufferReader(octets)
    while source.tell() < source.size():
        batch = pa.ipc.read_record_batch(pa.ipc.read_message(source), TEXT_SCHEMA)
        batch.validate(full=True)
        reading.records.extend(batch.to_pylist())
    for record in reading.records:
        if record["problem"] is None:
            reading.rows.append(record["cells"])
            reading.lines.append(record["line"])
        else:
            reading.damaged.append((record["line"], record["problem"], record["raw"]))
    assert [record["record"] for record in reading.records] == list(
        range(1, len(reading.records) + 1)
    )
    assert len(reading.records) == sum(layout.records for layout in layouts)
    assert len(reading.damaged) == sum(layout.damaged for layout in layouts)
    return reading
