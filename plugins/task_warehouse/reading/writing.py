"""The two files of a batch, written piece by piece from the children's messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from task_warehouse.reading import refusal
from task_warehouse.reading.request import ReadRequest
from task_warehouse.reading.tables import LAYOUT_SCHEMA, TEXT_SCHEMA, clean_text

TEXT_FILE = "text.arrow"
LAYOUTS_FILE = "layouts.parquet"
ROWS_A_PIECE = 122_880
BYTES_A_PIECE = 64 * 1024 * 1024
ROWS_NOT_COPIED = 4_096  # smaller batches are joined to pieces


@dataclass(slots=True)
class Outcome:
    """What came of one delivery: a range of messages in a child's file, or a refusal."""

    request: ReadRequest
    text: Path | None = None
    start: int = 0
    end: int = 0
    records: int = 0
    layouts: list[dict[str, Any]] = field(default_factory=list)
    refused: str | None = None
    detail: str | None = None

    @classmethod
    def refusal(cls, request: ReadRequest, kind: str, detail: str) -> Outcome:
        return cls(request, refused=kind, detail=clean_text(detail)[:2_000])


def open_text(folder: Path) -> pa.Table:
    """The text table of a batch, mapped from its file: memory is taken only by what is touched.

    The file may be deleted while the table is in use.
    """
    return pa.ipc.open_file(pa.memory_map(str(folder / TEXT_FILE))).read_all()


class BatchWriter:
    """Both files of a batch; they appear under their names only when whole.

    The text is Arrow as it lies in memory, neither packed nor encoded: it is read several times
    within the minute and then deleted.
    """

    def __init__(self, out_dir: Path, scratch: Path) -> None:
        self._targets = {name: out_dir / name for name in (TEXT_FILE, LAYOUTS_FILE)}
        self._parts = {name: scratch / name for name in self._targets}
        self._text = pa.ipc.new_file(str(self._parts[TEXT_FILE]), TEXT_SCHEMA)
        self._pending: list[pa.RecordBatch] = []
        self._rows = 0
        self._bytes = 0
        self._layouts: list[dict[str, Any]] = []

    def __enter__(self) -> BatchWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._flush()
        self._text.close()
        if kind is None:
            pq.write_table(
                pa.Table.from_pylist(self._layouts, LAYOUT_SCHEMA),
                self._parts[LAYOUTS_FILE],
                compression="zstd",
            )
            for name, part in self._parts.items():
                part.replace(self._targets[name])

    def add(self, outcome: Outcome) -> None:
        """Write what came of one delivery; an account that does not add up is a refusal."""
        batches: Iterable[pa.RecordBatch] = []
        if outcome.refused is None:
            if outcome.end - outcome.start <= BYTES_A_PIECE:
                batches = list(messages(outcome))
                delivered = sum(map(len, batches))
            else:  # counted in a first pass, so that a large delivery is never whole in memory
                batches = messages(outcome)
                delivered = sum(map(len, messages(outcome)))
            stated = sum(layout["records"] for layout in outcome.layouts)
            if not delivered == stated == outcome.records:
                detail = f"{stated} records stated, {delivered} delivered"
                outcome = Outcome.refusal(outcome.request, refusal.READER_DIED, detail)
                batches = []
        self._layouts.extend(layout_rows(outcome))
        for batch in batches:
            if len(batch) >= ROWS_NOT_COPIED:
                self._flush()
                self._text.write_batch(batch)
                continue
            self._pending.append(batch)
            self._rows += len(batch)
            self._bytes += batch.nbytes
            if self._rows >= ROWS_A_PIECE or self._bytes >= BYTES_A_PIECE:
                self._flush()

    def _flush(self) -> None:
        if self._pending:
            table = pa.Table.from_batches(self._pending, TEXT_SCHEMA)
            self._text.write_table(table.combine_chunks())
        self._pending, self._rows, self._bytes = [], 0, 0


def messages(outcome: Outcome) -> Iterator[pa.RecordBatch]:
    """The record batches a child wrote for one delivery, checked before anything uses them."""
    if outcome.text is None or outcome.end == outcome.start:
        return
    with pa.OSFile(str(outcome.text), "rb") as stream:
        stream.seek(outcome.start)
        while stream.tell() < outcome.end:
            batch = pa.ipc.read_record_batch(pa.ipc.read_message(stream), TEXT_SCHEMA)
            batch.validate(full=True)
            yield batch


def layout_rows(outcome: Outcome) -> list[dict[str, Any]]:
    """Rows of ``layouts.parquet``: one a part, or one for a refused delivery."""
    identity = {"delivery_id": outcome.request.delivery_id}
    if outcome.refused is not None:
        return [
            identity
            | {
                "part": "",
                "format": outcome.request.format,
                "headers": [],
                "records": 0,
                "damaged": 0,
                "refused": outcome.refused,
                "refused_detail": outcome.detail,
                "notes": [],
            }
        ]
    return [identity | layout | {"refused": None} for layout in outcome.layouts]
