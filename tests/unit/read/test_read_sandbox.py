"""What a hostile or unlucky delivery may cost: itself, and nothing else."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from task_warehouse.errors import TaskWarehouseError
from task_warehouse.reading import Limits, ReadRequest, open_text, read_batch
from task_warehouse.reading.tables import LAYOUT_SCHEMA, TEXT_SCHEMA

GOOD = "Mã nhiệm vụ;Hạn\nNV-1;31/12/2025\nNV-2;30/06/2025\n"
MIB = 1024 * 1024


def deliver(folder: Path, *contents: bytes | str, names: str = "tep.csv") -> list[ReadRequest]:
    folder.mkdir(exist_ok=True)
    requests = []
    for number, content in enumerate(contents):
        path = folder / f"{number}"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        requests.append(ReadRequest(f"d{number}", path, name=names))
    return requests


def results(out: Path) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    layouts = pq.read_table(out / "layouts.parquet").to_pylist()
    return {row["delivery_id"]: row for row in layouts}, open_text(out).to_pylist()


def test_schemas_are_those_the_next_room_expects(tmp_path: Path) -> None:
    read_batch(deliver(tmp_path / "in", GOOD, b""), tmp_path / "out")
    assert open_text(tmp_path / "out").schema.equals(TEXT_SCHEMA)
    assert pq.read_schema(tmp_path / "out" / "layouts.parquet").equals(LAYOUT_SCHEMA)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "layouts.parquet",
        "text.arrow",
    ]


def test_nothing_to_read_gives_empty_tables(tmp_path: Path) -> None:
    read_batch([], tmp_path / "out")
    assert results(tmp_path / "out") == ({}, [])


def test_the_order_of_the_requests_is_the_order_of_the_rows(tmp_path: Path) -> None:
    contents = [GOOD.replace("NV", f"X{number}") * (1 + number % 3) for number in range(60)]
    requests = deliver(tmp_path / "in", *contents)
    read_batch(requests, tmp_path / "a")
    read_batch(requests, tmp_path / "b", Limits(children=1))
    first, second = results(tmp_path / "a"), results(tmp_path / "b")
    assert first == second
    order = list(dict.fromkeys(row["delivery_id"] for row in first[1]))
    assert order == [request.delivery_id for request in requests]


def memory_hog() -> str:
    """A document whose text is small and whose objects are not."""
    return "[" + ",".join(['{"a":[[],[],[],[],[],[],[]]}'] * 150_000) + "]"


def test_a_delivery_that_needs_too_much_memory_costs_itself(tmp_path: Path) -> None:
    requests = deliver(tmp_path / "in", GOOD, GOOD, memory_hog(), GOOD, GOOD)
    requests[2] = dataclasses.replace(requests[2], name="to.json")
    read_batch(requests, tmp_path / "out", Limits(memory_bytes=380 * MIB))
    layouts, rows = results(tmp_path / "out")
    assert layouts["d2"]["refused"] in {"file.too_large", "file.reader_died"}
    assert len(rows) == 8
    assert all(layouts[name]["refused"] is None for name in ("d0", "d1", "d3", "d4"))


def slow_text() -> str:
    """Many lines that are not sound, which the careful reader must look at one by one."""
    return "a,b,c\n" + 'x,"y","z"\n' * 30_000 + 'x,"",""y"\n' * 600_000


@pytest.mark.parametrize("limits", [Limits(wall_seconds=4.0), Limits(cpu_seconds=1)])
def test_a_delivery_that_takes_too_long_costs_itself(tmp_path: Path, limits: Limits) -> None:
    requests = deliver(tmp_path / "in", GOOD, slow_text(), GOOD)
    begun = time.monotonic()
    read_batch(requests, tmp_path / "out", limits)
    assert time.monotonic() - begun < 60
    layouts, rows = results(tmp_path / "out")
    assert layouts["d1"]["refused"] == "file.timeout"
    assert [row["delivery_id"] for row in rows] == ["d0", "d0", "d2", "d2"]


def test_output_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    requests = deliver(tmp_path / "in", "a,b\n" + "1,2\n" * 200_000, GOOD)
    read_batch(requests, tmp_path / "out", Limits(output_bytes=MIB))
    layouts, rows = results(tmp_path / "out")
    assert layouts["d0"]["refused"] == "file.too_large"
    assert len(rows) == 2


KILLER = """
import os, signal, sys
from task_warehouse.reading import child, delivery
real = delivery.read_delivery
def read(request, *rest):
    if request.name == "kill.csv":
        os.kill(os.getpid(), signal.SIGSEGV)
    if request.name == "fork.csv" and os.fork() == 0:
        import time; time.sleep(600)
    if request.name in ("hang.csv", "fork.csv"):
        signal.pause()
    if request.name == "lie.csv":
        os.write(ANSWERS, b'{"index": 99, "refused": "x", "detail": ""}\\n')
    return real(request, *rest)
delivery.read_delivery = read
dup = os.dup
def remembered(number):
    global ANSWERS
    ANSWERS = dup(number)
    return ANSWERS
os.dup = remembered
child.main()
"""


@pytest.fixture
def fragile_children(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Children that crash, hang or lie when told to by the name of a delivery."""
    script = tmp_path / "fragile.py"
    script.write_text(KILLER)
    real = subprocess.Popen

    def start(command: list[str], **options: Any) -> Any:
        if "task_warehouse.reading.child" in command:
            place = command.index("-m")
            command = [*command[:place], str(script), *command[place + 2 :]]
        return real(command, **options)

    monkeypatch.setattr("task_warehouse.reading.sandbox.subprocess.Popen", start)


@pytest.mark.usefixtures("fragile_children")
def test_a_child_that_crashes_is_replaced_and_the_rest_goes_on(tmp_path: Path) -> None:
    requests = deliver(tmp_path / "in", *[GOOD] * 40)
    for number in (0, 7, 8, 39):
        requests[number] = dataclasses.replace(requests[number], name="kill.csv")
    read_batch(requests, tmp_path / "out")
    layouts, rows = results(tmp_path / "out")
    dead = {name for name, row in layouts.items() if row["refused"]}
    assert dead == {"d0", "d7", "d8", "d39"}
    assert {layouts[name]["refused"] for name in dead} == {"file.reader_died"}
    assert "SIGSEGV" in layouts["d7"]["refused_detail"]
    assert len(rows) == 36 * 2


@pytest.mark.usefixtures("fragile_children")
def test_a_child_that_answers_for_another_delivery_is_not_believed(tmp_path: Path) -> None:
    requests = deliver(tmp_path / "in", *[GOOD] * 6)
    requests[3] = dataclasses.replace(requests[3], name="lie.csv")
    read_batch(requests, tmp_path / "out")
    layouts, rows = results(tmp_path / "out")
    assert {name for name, row in layouts.items() if row["refused"]} == {"d3"}
    assert len(rows) == 10


@pytest.mark.usefixtures("fragile_children")
def test_a_child_that_hangs_is_killed_with_all_it_started(tmp_path: Path) -> None:
    requests = deliver(tmp_path / "in", *[GOOD] * 5)
    requests[1] = dataclasses.replace(requests[1], name="hang.csv")
    requests[3] = dataclasses.replace(requests[3], name="fork.csv")
    read_batch(requests, tmp_path / "out", Limits(wall_seconds=6.0))
    layouts, rows = results(tmp_path / "out")
    refused = {name: row["refused"] for name, row in layouts.items() if row["refused"]}
    assert refused == {"d1": "file.timeout", "d3": "file.timeout"}
    assert len(rows) == 6
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert str(tmp_path) not in left.stdout


def test_a_child_that_cannot_start_is_our_fault_and_no_delivery_is_blamed(tmp_path: Path) -> None:
    with pytest.raises(TaskWarehouseError, match="did not start"):
        read_batch(deliver(tmp_path / "in", GOOD), tmp_path / "out", Limits(memory_bytes=40 * MIB))
    assert not (tmp_path / "out" / "text.arrow").exists()


def test_no_credential_of_ours_is_in_the_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "environment"
    monkeypatch.setenv("TASK_WAREHOUSE_SECRET", "s3cret")
    script = tmp_path / "look.py"
    script.write_text(
        f"import os, pathlib; pathlib.Path({str(seen)!r}).write_text(str(os.environ))"
    )
    real = subprocess.Popen
    monkeypatch.setattr(
        "task_warehouse.reading.sandbox.subprocess.Popen",
        lambda command, **options: real([sys.executable, str(script)], **options),
    )
    with pytest.raises(TaskWarehouseError):
        read_batch(deliver(tmp_path / "in", GOOD), tmp_path / "out")
    assert "s3cret" not in seen.read_text()
    assert "PATH" in seen.read_text()


def test_a_reading_that_is_interrupted_leaves_no_process_and_no_half_file(tmp_path: Path) -> None:
    deliver(tmp_path / "in", slow_text())
    code = (
        "import pathlib, sys; from task_warehouse.reading import *;"
        "from task_warehouse.reading import ReadRequest, read_batch;"
        f"read_batch([ReadRequest('d', pathlib.Path({str(tmp_path / 'in' / '0')!r}))],"
        f" pathlib.Path({str(tmp_path / 'out')!r}))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    deadline = time.monotonic() + 30
    while not list((tmp_path / "out").glob(".reading-*/child-0")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert not (tmp_path / "out" / "text.arrow").exists()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
        if f"{tmp_path}/out" not in left.stdout:
            return
        time.sleep(0.2)
    pytest.fail("the reading child outlived its parent")
