"""Collecting at full size: every ministry, province and commune, one in ten of them faulty.

The simulated server runs in a process of its own on loopback. What is measured is the collecting
process: wall, processor and memory; the moment at which the last healthy export was received, with
and without the faulty sources beside them; a second pull of unchanged exports; and, where it is
installed (extra ``bench``, or ``--dlt-python``), dlt's REST source on a part of the healthy ones.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import duckdb
from rich.console import Console
from rich.table import Table

from task_warehouse.sample.organisations import load_registry
from task_warehouse.sample.source_files import PAGING
from task_warehouse.simulating import free_port, wait_until_ready

AS_OF, NEXT_DAY = "2025-11-14", "2025-11-15"
DATASETS = ("tasks", "progress", "indicator_values", "feedback", "control_totals")
ROWS = 1_000_000
FAULTY_ONE_IN = 10
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 500},
    {"kind": "timeout", "seconds": 600},
    {"kind": "half"},
    {"kind": "drip", "seconds": 0.5},
    {"kind": "redirect"},
    {"kind": "loop"},
    {"kind": "endless"},
    {"kind": "gzip_bomb"},
    {"kind": "deep_json"},
    {"kind": "giant_headers"},
    {"kind": "error_page"},
    {"kind": "status", "status": 503},
)
LIMITS = {
    "deadline_seconds": 30,
    "read_seconds": 10,
    "retries": 1,
    "backoff_seconds": 0.2,
    "max_bytes": "20 MB",
    "max_pages": 20,
}
LOOKED_EVERY_SECONDS = 0.25
DLT_EXPORTS = 500
# dlt's own way: one resource an address, extracted in parallel, loaded into DuckDB.
DLT = """
import json, os, sys, time
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "CRITICAL"
began = time.monotonic()
import dlt
from dlt.sources.rest_api import rest_api_source
imported = time.monotonic()
folder, base, addresses = sys.argv[1], sys.argv[2], json.loads(open(sys.argv[3]).read())
paging = {"type": "page_number", "base_page": 1, "page_param": "page", "total_path": None,
          "stop_after_empty_page": True}
source = rest_api_source({
    "client": {"base_url": base, "paginator": paging},
    "resource_defaults": {"parallelized": True, "write_disposition": "append"},
    "resources": [
        {"name": address.strip("/").replace("/", "__").replace("-", "_").lower(),
         "table_name": address.rsplit("/", 1)[-1],
         "endpoint": {"path": address, "data_selector": "data.items", "params": {"size": 200}}}
        for address in addresses
    ],
})
pipeline = dlt.pipeline("bench", destination=dlt.destinations.duckdb(folder + "/dlt.duckdb"),
                        dataset_name="bench", pipelines_dir=folder + "/pipelines")
pipeline.extract(source)
print(json.dumps({"import": imported - began, "extract": time.monotonic() - imported}))
"""


@dataclass(frozen=True)
class World:
    """What is served: sources with their exports, and the rows in all."""

    folder: Path
    sources: int
    exports: int
    rows: int
    faulty: frozenset[str]


def write_world(folder: Path, share: float, *, base_url: str) -> World:
    """Exports for ``share`` of all bodies, and one source file a kind of body.

    The same exports lie in ``served`` with one source in ten faulty, in ``sound`` without; source
    files beside each name the same addresses.
    """
    registry = load_registry()
    bodies = registry.of_kind("ministry", "agency", "province", "commune")
    bodies = bodies[:: max(1, round(1 / share))]
    exports = len(bodies) * len(DATASETS)
    rows_each = -(-round(ROWS * share) // exports)
    faulty: dict[str, dict[str, Any]] = {}
    manifest: dict[str, dict[str, Any]] = {}
    for number, body in enumerate(bodies):
        source = f"s-{body.code}"
        fault = FAULTS[number // FAULTY_ONE_IN % len(FAULTS)] if _is_faulty(number) else None
        if fault:
            faulty[source.lower()] = fault
        manifest[source] = {
            "secret": None,
            "fault": fault,
            "paging": PAGING["page"],
            "datasets": list(DATASETS),
        }
        _write_lists(folder / "http" / source, source, rows_each)
    _write_manifest(folder / "http" / "manifest.json", manifest)
    for name, left_out in (("sources", set[str]()), ("sound", set(faulty))):
        _write_sources(folder / name, bodies, left_out, base_url)
    return World(folder, len(bodies), exports, rows_each * exports, frozenset(faulty))


def _is_faulty(number: int) -> bool:
    return number % FAULTY_ONE_IN == FAULTY_ONE_IN - 1


def _write_lists(folder: Path, source: str, rows: int) -> None:
    folder.mkdir(parents=True)
    for dataset in DATASETS:
        records = (
            f'{{"maNhiemVu":"{source}-{dataset}-{number:04d}","tenNhiemVu":"Triển khai nền tảng số'
            f' dùng chung, đợt {number}","ngayBaoCao":"2025-11-{number % 14 + 1:02d}",'
            f'"tyLeHoanThanh":{number % 101},"trangThai":"chuahoanthanh_tronghan"}}'
            for number in range(rows)
        )
        (folder / f"{dataset}.json").write_text("[" + ",".join(records) + "]", encoding="utf-8")


def _write_manifest(path: Path, manifest: dict[str, Any]) -> None:
    path.write_text(json.dumps({"sources": manifest}), encoding="utf-8")


def _write_sources(folder: Path, bodies: list[Any], left_out: set[str], base_url: str) -> None:
    folder.mkdir()
    for kind in ("ministry", "agency", "province", "commune"):
        codes = [
            body.code
            for body in bodies
            if body.kind == kind and f"s-{body.code.lower()}" not in left_out
        ]
        if not codes:
            continue
        said = {
            "source": "s-{code}",
            "family": kind,
            "organisations": {"kind": kind, "only": codes},
            "defaults": {
                "transport": "http",
                "private_network": True,
                "limits": LIMITS,
                "paging": PAGING["page"],
                "format": "json",
            },
            "datasets": {name: {"url": f"{base_url}/s-{{code}}/{name}"} for name in DATASETS},
        }
        text = json.dumps(said, ensure_ascii=False)
        (folder / f"{kind}.yml").write_text(text, encoding="utf-8")


@contextlib.contextmanager
def served(folder: Path, port: int) -> Iterator[None]:
    """The simulated server over ``folder``, in a process of its own."""
    child = subprocess.Popen(
        [
            *(sys.executable, "-m", "task_warehouse.cli", "simulate"),
            *(str(folder), "--port", str(port)),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_ready(port)
        yield
    finally:
        child.terminate()
        child.wait(timeout=30)


@dataclass(frozen=True)
class Pulled:
    """One run of ``task-warehouse collect``."""

    name: str
    wall: float
    processor: float
    peak: float  # MiB, of all its processes together
    healthy: float  # seconds until the last healthy export was in the landing; 0: none landed
    outcomes: dict[str, int]
    bodies: int  # bytes of bodies the server sent


def pull(name: str, world: World, sources: str, home: str, as_of: str, port: int) -> Pulled:
    """Collect once and look at what it left."""
    root = world.folder / home
    variables = {
        **os.environ,
        "TASK_WAREHOUSE_HOME": str(root),
        "TASK_WAREHOUSE_SOURCES": str(world.folder / sources),
        "TASK_WAREHOUSE_ALERT_SHARE": "1",
    }
    arguments = (
        *(sys.executable, "-m", "task_warehouse.cli", "collect"),
        *("--as-of", as_of, "--received-at", f"{as_of}T05:00:00+07:00"),
    )
    sent = _bodies_sent(port)
    began, began_at = time.monotonic(), time.time()
    child = subprocess.Popen(arguments, env=variables, stdout=sys.stderr, stderr=subprocess.DEVNULL)
    peak = 0.0
    while True:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            break
        peak = max(peak, _resident(child.pid))
        time.sleep(LOOKED_EVERY_SECONDS)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{name}: collect ended with {child.returncode}")
    wall = time.monotonic() - began
    outcomes, last = _left(root, as_of, world.faulty)
    return Pulled(
        name,
        wall,
        usage.ru_utime + usage.ru_stime,
        peak,
        max(0.0, last - began_at),
        outcomes,
        _bodies_sent(port) - sent,
    )


def _resident(pid: int) -> float:
    """MiB that a process and all below it hold, what they share counted once for each."""
    total = 0.0
    with contextlib.suppress(OSError):  # a process may end between two looks
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        held = next((line for line in status.splitlines() if line.startswith("VmRSS")), "0 0 kB")
        total = int(held.split()[1]) / 1024
        for task in Path(f"/proc/{pid}/task").iterdir():
            for below in (task / "children").read_text(encoding="ascii").split():
                total += _resident(int(below))
    return total


def _bodies_sent(port: int) -> int:
    with urlopen(f"http://127.0.0.1:{port}/health") as answer:
        return int(json.load(answer)["body_bytes"])


def _left(root: Path, as_of: str, faulty: frozenset[str]) -> tuple[dict[str, int], float]:
    """Attempts by outcome, and when the last healthy export was landed."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select source, outcome, sha256 from '{root}/receipts/*/*.parquet' "
            "where business_date = ?",
            [as_of],
        ).fetchall()
    outcomes: dict[str, int] = {}
    last = 0.0
    for source, outcome, sha256 in rows:
        said = outcome if source not in faulty else f"faulty: {outcome}"
        outcomes[said] = outcomes.get(said, 0) + 1
        if outcome == "landed" and source not in faulty:
            last = max(last, (root / "landing" / sha256[:2] / sha256).stat().st_mtime)
    return outcomes, last


def extract_with_dlt(world: World, port: int, python: str) -> tuple[int, float] | None:
    """Exports and seconds of dlt's REST source on some healthy exports; None where it is absent."""
    if subprocess.run([python, "-c", "import dlt"], capture_output=True, check=False).returncode:
        return None
    sound = [
        path
        for path in sorted((world.folder / "http").iterdir())
        if path.is_dir() and path.name.lower() not in world.faulty
    ]
    addresses = [f"/{path.name}/{name}" for path in sound for name in DATASETS][:DLT_EXPORTS]
    folder = world.folder / "dlt"
    folder.mkdir()
    (folder / "addresses.json").write_text(json.dumps(addresses), encoding="utf-8")
    told = subprocess.run(
        [
            *(python, "-c", DLT, str(folder), f"http://127.0.0.1:{port}"),
            str(folder / "addresses.json"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode:
        sys.exit(f"dlt failed: {told.stderr[-2000:]}")
    return len(addresses), float(json.loads(told.stdout.splitlines()[-1])["extract"])


def run(console: Console, folder: Path, share: float, dlt_python: str) -> None:
    """Write the world, pull it three times, and print what it cost."""
    port = free_port()
    console.print(f"Collecting: {share:.0%} of all bodies …")
    world = write_world(folder, share, base_url=f"http://127.0.0.1:{port}")
    with served(folder, port):
        pulls = [
            pull("one in ten faulty", world, "sources", "home-all", AS_OF, port),
            pull("the healthy alone", world, "sound", "home-sound", AS_OF, port),
            pull("again, nothing changed", world, "sound", "home-sound", NEXT_DAY, port),
        ]
        dlt = extract_with_dlt(world, port, dlt_python)
    _print(console, world, pulls)
    _print_dlt(console, pulls[1], dlt)


def _print(console: Console, world: World, pulls: list[Pulled]) -> None:
    table = Table(
        "pull", "wall s", "healthy in s", "processor s", "peak MiB", "MB moved", "came of it"
    )
    for one in pulls:
        outcomes = ", ".join(f"{count} {name}" for name, count in sorted(one.outcomes.items()))
        table.add_row(
            one.name,
            f"{one.wall:.1f}",
            f"{one.healthy:.1f}" if one.healthy else "",
            f"{one.processor:.1f}",
            f"{one.peak:.0f}",
            f"{one.bodies / 1e6:.2f}",
            outcomes,
        )
    console.print(f"{world.sources} sources, {world.exports} exports, {world.rows} rows")
    console.print(table)
    beside, alone, again = pulls
    console.print(
        f"healthy exports beside faulty ones, over alone: {beside.healthy / alone.healthy:.2f}"
    )
    console.print(f"second pull: {again.outcomes.get('landed', 0)} landed")


def _print_dlt(console: Console, alone: Pulled, dlt: tuple[int, float] | None) -> None:
    if dlt is None:
        console.print("dlt's REST source: not installed (extra 'bench', or --dlt-python)")
        return
    exports, seconds = dlt
    ours = alone.wall / alone.outcomes["landed"]
    console.print(
        f"dlt's REST source, extract of {exports} healthy exports: {seconds:.1f} s, "
        f"{seconds / exports * 1000:.1f} ms an export; ours: {ours * 1000:.1f} ms"
    )


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.bench.collecting", description=__doc__)
    options.add_argument("--share", type=float, default=1.0, help="of all bodies (default 1)")
    options.add_argument("--dlt-python", default=sys.executable, help="a Python that has dlt")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="task-warehouse-bench-") as scratch:
        run(Console(), Path(scratch), chosen.share, chosen.dlt_python)


if __name__ == "__main__":
    main()
