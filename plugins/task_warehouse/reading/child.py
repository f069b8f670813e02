"""The reading process itself: limits first, then deliveries one after the other.

Run as ``python -I -m task_warehouse.reading.child SCRATCH LIMITS``. Jobs come as JSON lines on
standard input; answers go as JSON lines to the descriptor that was standard output, and the text
as Arrow messages into ``text-<n>.arrow`` of the scratch folder.
"""

from __future__ import annotations

import json
import math
import os
import resource
import sys
import time
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from task_warehouse.reading.refusal import READER_DIED
from task_warehouse.reading.request import Limits, ReadRequest
from task_warehouse.reading.sandbox import OUT_OF_MEMORY_EXIT

OUTPUT_FILE_BYTES = 256 * 1024 * 1024
NICENESS = 5


class Desk:
    """Takes jobs, gives answers, and turns over its output file before it grows too big."""

    def __init__(self, scratch: Path, limits: Limits, answers: BinaryIO) -> None:
        self.scratch = scratch
        self.limits = limits
        self.answers = answers
        self.hints: dict[str, frozenset[str]] = {}
        self.number = 0
        self.output = self._open()

    def _open(self) -> BinaryIO:
        return (self.scratch / f"text-{self.number}.arrow").open("wb")

    def say(self, answer: dict[str, Any]) -> None:
        self.answers.write(json.dumps(answer).encode() + b"\n")
        self.answers.flush()

    def serve(self, job: dict[str, Any]) -> None:
        """Read one delivery, or keep a set of header hints for those to come."""
        if "hints" in job:
            self.hints[job["name"]] = frozenset(job["hints"])
            return
        allow_processor_time(self.limits.cpu_seconds)
        if self.output.tell() > OUTPUT_FILE_BYTES:
            self.output.close()
            self.number += 1
            self.output = self._open()
        self.say(self._read(job))

    def _read(self, job: dict[str, Any]) -> dict[str, Any]:
        from task_warehouse.reading.delivery import read_delivery
        from task_warehouse.reading.refusal import Refusal
        from task_warehouse.reading.tables import TextSink

        fields = dict(job["request"], path=Path(job["request"]["path"]))
        request = ReadRequest(**fields, header_hints=self.hints[job["hints_name"]])
        start = self.output.tell()
        sink = TextSink(self.output, request.delivery_id, self.limits.output_bytes)
        try:
            read_delivery(request, self.limits, sink, self.scratch)
        except Refusal as verdict:
            self.output.seek(start)
            self.output.truncate()
            return {"index": job["index"], "refused": verdict.kind, "detail": verdict.detail}
        except MemoryError:
            raise
        except Exception as fault:  # noqa: BLE001 - a reader that stumbles costs this delivery only
            self.output.seek(start)
            self.output.truncate()
            return {"index": job["index"], "refused": READER_DIED, "detail": _where(fault)}
        self.output.flush()
        return {
            "index": job["index"],
            "file": self.number,
            "start": start,
            "end": self.output.tell(),
            "records": sink.record,
            "layouts": [layout.as_json() for layout in sink.layouts],
        }


def _where(fault: Exception) -> str:
    """The fault without its text, which may hold a line of the file."""
    places = traceback.extract_tb(fault.__traceback__)[-3:]
    trail = " < ".join(f"{Path(place.filename).name}:{place.lineno}" for place in places[::-1])
    return f"the reader stumbled: {type(fault).__name__} at {trail}"


def limit_process(limits: Limits) -> None:
    """The limits that hold for the whole life of the child.

    It gives way to the rest of the step, which loads a large library meanwhile, and to its
    neighbours: whatever a file does, it does in what time they leave.
    """
    os.nice(NICENESS)
    for what, value in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, limits.output_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (value if hard == -1 else min(value, hard),) * 2)


def allow_processor_time(seconds: int) -> None:
    """Processor time is counted from the start of the process; each delivery gets its share."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + seconds, hard))


def main() -> None:
    scratch, limits = Path(sys.argv[1]), Limits(**json.loads(sys.argv[2]))
    limit_process(limits)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not look like an answer
    import pyarrow as pa

    pa.set_cpu_count(1)
    import_module("task_warehouse.reading.delivery")  # once, before the first delivery
    sys.setrecursionlimit(1_000)
    desk = Desk(scratch, limits, answers)
    desk.say({"ready": True})
    for line in sys.stdin.buffer:
        try:
            desk.serve(json.loads(line))
        except MemoryError:
            os._exit(OUT_OF_MEMORY_EXIT)


if __name__ == "__main__":
    main()
