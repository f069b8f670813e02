"""Every fault of the simulated server through one real collect: none costs another a row."""

from __future__ import annotations

import json
import resource
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from collecting_bench import QUICK, Bench

from task_warehouse import landing, simulating
from task_warehouse.reading import LAYOUTS_FILE, ReadRequest, read_batch
from task_warehouse.sample.source_files import PAGING
from task_warehouse.simulated_faults import FAULTS

# The drip is there to meet its deadline; the others must not, on however busy a machine.
DRIP_SECONDS, DEADLINE_SECONDS = 4, 40
ROWS = [{"maNhiemVu": f"NV-{number}", "tenNhiemVu": "Một việc"} for number in range(40)]
# A fault, how its list is cut, and the reason it ends with.
ENDS = {
    ("status:500", "page"): ("failed", "transport.server_error"),
    ("status:403", "page"): ("failed", "transport.unauthorised"),
    ("busy:900", "page"): ("failed", "transport.too_many_requests"),
    ("timeout", "page"): ("failed", "transport.time_out"),
    ("half", "page"): ("failed", "transport.body_cut"),
    ("wrong_length", "page"): ("failed", "transport.wrong_length"),
    ("drip:0.2", "page"): ("failed", "transport.deadline"),
    ("redirect", "page"): ("refused", "transport.redirect"),
    ("error_page", "page"): ("refused", "transport.page_for_people"),
    ("endless", "page"): ("refused", "transport.too_many_pages"),
    ("endless", "cursor"): ("refused", "transport.too_many_pages"),
    ("endless", "next"): ("refused", "transport.paging_loop"),
    ("endless", "link"): ("refused", "transport.paging_loop"),
    ("loop", "offset"): ("refused", "transport.paging_loop"),
    ("loop", "cursor"): ("refused", "transport.paging_loop"),
    ("loop", "next"): ("refused", "transport.paging_loop"),
    ("loop", "link"): ("refused", "transport.paging_loop"),
    ("gzip_bomb", "page"): ("refused", "transport.too_large"),
    ("deep_json", "page"): ("refused", "transport.page_unreadable"),
    ("giant_headers", "page"): ("failed", "transport.connection"),
    ("xml_bomb", "page"): ("refused", "transport.page_unreadable"),
}
# What lands as it is and is refused by the reader, or by the check, in its child process.
LANDS = {
    ("deep_json", None): "file.too_deep",
    ("xml_bomb", None): "file.xml_forbidden",
    ("slow:0.5", "page"): None,
    ("new_schema", "page"): None,
}


def source_of(fault: str, paging: str | None) -> str:
    return f"{fault.replace(':', '-').replace('.', '-')}-{paging or 'whole'}"


@pytest.fixture
def simulated(bench: Bench) -> Iterator[Bench]:
    """A source for each fault, and between them sound ones; two datasets each."""
    cases: list[tuple[str | None, str | None]] = [*ENDS, *LANDS]
    cases += [(None, kind) for kind in PAGING]
    listed: dict[str, Any] = {}
    for fault, paging in cases:
        source = source_of(fault or "sound", paging)
        listed[source] = {
            "secret": None,
            "fault": None,
            "paging": PAGING[paging or "page"],
            "datasets": ["tasks", "progress"],
        }
        folder = bench.root / "http" / source
        folder.mkdir(parents=True)
        for name in ("tasks", "progress"):
            (folder / f"{name}.json").write_text(json.dumps(ROWS), encoding="utf-8")
    manifest = bench.root / "http" / "manifest.json"
    manifest.write_text(json.dumps({"sources": listed}), encoding="utf-8")
    faults = {source_of(fault, paging): fault for fault, paging in cases if fault}
    server = simulating.start(bench.root, faults=faults)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    for fault, paging in cases:
        declare(bench, source_of(fault or "sound", paging), server.server_address[1], paging)
    yield bench
    server.stopping.set()
    server.shutdown()
    server.server_close()


def declare(bench: Bench, source: str, port: int, paging: str | None) -> None:
    limits = {
        **QUICK,
        "deadline_seconds": DRIP_SECONDS if source.startswith("drip") else DEADLINE_SECONDS,
        "read_seconds": 4,
        "retries": 0,
        "max_pages": 12,
        "max_bytes": 2_000_000,
        "max_page_bytes": 1_000_000,
    }
    more = {"paging": PAGING[paging]} if paging else {}
    said = {
        name: bench.http(
            f"http://127.0.0.1:{port}/{source}/{name}", private_network=True, limits=limits, **more
        )
        for name in ("tasks", "progress")
    }
    bench.declare(source, **said)


def test_every_fault_ends_in_a_receipt_and_costs_no_other_source_anything(simulated: Bench) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    found = simulated.collect()
    took = time.monotonic() - began
    grown_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) / 1024
    assert took < 2 * DEADLINE_SECONDS
    assert grown_mib < 150
    ends = {(one["source"], one["dataset"]): one for one in found}
    wrong = {}
    for (fault, paging), expected in ENDS.items():
        for dataset in ("tasks", "progress"):
            one = ends[source_of(fault, paging), dataset]
            if (one["outcome"], one["reason_code"]) != expected:
                wrong[fault, paging] = (one["outcome"], one["reason_code"], one["reason_en"])
            assert one["reason_vi"]
            assert one["reason_en"]
            assert one["elapsed_ms"] < (DEADLINE_SECONDS + 2) * 1000
    assert not wrong, sorted((case, told[:2]) for case, told in wrong.items())
    for paging in PAGING:
        for dataset in ("tasks", "progress"):
            one = ends[source_of("sound", paging), dataset]
            assert one["outcome"] == "landed"
            assert simulated.landed(one).count(b"maNhiemVu") == len(ROWS)
    assert {
        one["outcome"] for one in found if (one["source"]) in {source_of(*c) for c in LANDS}
    } == {"landed"}
    assert read_of_landed(simulated, ends) == {
        source_of(*case): refusal for case, refusal in LANDS.items()
    }


def read_of_landed(bench: Bench, ends: dict[tuple[str, str], dict[str, Any]]) -> dict[str, Any]:
    """What the reader says of the faults that land: refused with which kind, or not."""
    requests = []
    for case in LANDS:
        one = ends[source_of(*case), "tasks"]
        options = json.loads(one["options"])
        path = landing.path_of(bench.home, one["sha256"])
        requests.append(ReadRequest.declared(one["source"], path, "", options))
    out = Path(bench.root / "read")
    read_batch(requests, out)
    layouts = pq.read_table(out / LAYOUTS_FILE).to_pylist()
    return {layout["delivery_id"]: layout["refused"] for layout in layouts}


def test_every_kind_of_fault_is_among_them() -> None:
    tried = {fault.partition(":")[0] for fault, _ in (*ENDS, *LANDS)}
    assert tried == set(FAULTS)
