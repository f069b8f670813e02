"""Pages: every way to cut a collection, every way to lie about it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from collecting_bench import Bench
from misbehaving_server import Behaviour, Handler, Server, in_turn, pages_of, says

from task_warehouse.errors import TaskWarehouseError
from task_warehouse.transports import peeking
from task_warehouse.transports.attempts import Fault
from task_warehouse.transports.peeking import Peeker

ROWS = [{"ma": f"NV{number}"} for number in range(5)]


def rows_in(landed: bytes, key: str | None = "items") -> list[Any]:
    """Read the sequence as RFC 7464 says: each text after 0x1E, ended by a line feed."""
    assert landed[:1] == b"\x1e"
    found: list[Any] = []
    for page in landed.split(b"\x1e")[1:]:
        assert page.endswith(b"\n")
        said = json.loads(page)
        found += said[key] if key else said
    return found


def offsets(handler: Handler) -> None:
    start = int(handler.query["offset"])
    size = min(int(handler.query["limit"]), 2)  # gives fewer than it is asked for
    handler.answer(json.dumps({"items": ROWS[start : start + size]}).encode())


def cursors(handler: Handler) -> None:
    start = int(handler.query.get("cursor", "0"))
    following = start + 2 if start + 2 < len(ROWS) else None
    said = {"items": ROWS[start : start + 2], "meta": {"next": following}}
    handler.answer(json.dumps(said).encode())


def links(handler: Handler) -> None:
    start = int(handler.query.get("from", "0"))
    headers = {}
    if start + 2 < len(ROWS):
        headers["Link"] = f'</tasks?from={start + 2}>; rel="next", </tasks>; rel="first"'
    handler.answer(json.dumps(ROWS[start : start + 2]).encode(), headers=headers)


def nexts(handler: Handler) -> None:
    start = int(handler.query.get("from", "0"))
    following = f"{handler.server.base}/tasks?from={start + 2}" if start + 2 < len(ROWS) else ""
    said = {"items": ROWS[start : start + 2], "next": following}
    handler.answer(json.dumps(said).encode())


WALKS: list[tuple[Behaviour, dict[str, Any], str | None]] = [
    (pages_of(ROWS), {"kind": "page", "size": 500, "items": "items"}, "items"),
    (pages_of(ROWS, total=5), {"kind": "page", "items": "items", "total": "total"}, "items"),
    (pages_of(ROWS, wrap=None), {"kind": "page"}, None),
    (offsets, {"kind": "offset", "size": 500, "items": "items"}, "items"),
    (cursors, {"kind": "cursor", "next": "meta.next", "items": "items"}, "items"),
    (links, {"kind": "link"}, None),
    (nexts, {"kind": "next", "next": "next", "items": "items"}, "items"),
]


@pytest.mark.parametrize(("behaviour", "paging", "key"), WALKS)
def test_every_row_of_every_page_is_landed(
    bench: Bench, server: Server, behaviour: Behaviour, paging: dict[str, Any], key: str | None
) -> None:
    bench.declare(tasks=bench.http(server.on("/tasks", behaviour), paging=paging))
    receipt = bench.collect_one()
    assert receipt["outcome"] == "landed"
    assert receipt["format"] == "json-seq"
    assert json.loads(receipt["options"])["format"] == "json-seq"
    assert rows_in(bench.landed(receipt), key) == ROWS


def test_the_same_pages_are_the_same_bytes(bench: Bench, server: Server) -> None:
    url = server.on("/tasks", pages_of(ROWS))
    bench.declare(tasks=bench.http(url, paging={"kind": "page", "items": "items"}))
    assert [bench.collect_one()["outcome"] for _ in range(2)] == ["landed", "unchanged"]
    assert len(bench.files()) == 1


def test_a_page_after_the_last_may_be_not_found(bench: Bench, server: Server) -> None:
    turns = in_turn(says(ROWS), says(b"", status=404))
    bench.declare(tasks=bench.http(server.on("/tasks", turns), paging={"kind": "page"}))
    receipt = bench.collect_one()
    assert rows_in(bench.landed(receipt), None) == ROWS


def test_no_page_at_all_is_not_found(bench: Bench, server: Server) -> None:
    bench.declare(
        tasks=bench.http(server.on("/tasks", says(b"", status=404)), paging={"kind": "page"})
    )
    assert bench.collect_one()["outcome"] == "missing"


def test_an_empty_first_page_means_nothing_arose(bench: Bench, server: Server) -> None:
    url = server.on("/tasks", pages_of([]))
    bench.declare(tasks=bench.http(url, paging={"kind": "page", "items": "items"}))
    assert bench.collect_one()["outcome"] == "nothing_arose"


def test_a_page_that_fails_once_is_asked_for_again(bench: Bench, server: Server) -> None:
    turns = in_turn(says(ROWS[:2]), says(b"", status=500), says(ROWS[2:]), says([]))
    bench.declare(tasks=bench.http(server.on("/tasks", turns), paging={"kind": "page"}))
    receipt = bench.collect_one()
    assert rows_in(bench.landed(receipt), None) == ROWS
    assert receipt["attempts"] == 4


def ever_new_cursors(handler: Handler) -> None:
    said = {"items": ROWS[:2], "next": str(time.monotonic_ns())}
    handler.answer(json.dumps(said).encode())


def ever_new_rows(handler: Handler) -> None:
    handler.answer(
        json.dumps({"items": [time.monotonic_ns()], "next": handler.path + "1"}).encode()
    )


def empty_for_ever(handler: Handler) -> None:
    handler.answer(json.dumps({"items": [], "next": str(time.monotonic_ns())}).encode())


CURSOR = {"kind": "cursor", "next": "next", "items": "items"}
NEXT = {"kind": "next", "next": "next", "items": "items"}
LIES: list[tuple[Behaviour, dict[str, Any], str, str]] = [
    (says({"items": [1], "next": "/tasks"}), NEXT, "refused", "transport.paging_loop"),
    (says({"items": [1], "next": "same"}), CURSOR, "refused", "transport.paging_loop"),
    (ever_new_cursors, CURSOR, "refused", "transport.paging_loop"),
    (empty_for_ever, CURSOR, "refused", "transport.paging_loop"),
    (says(ROWS), {"kind": "page"}, "refused", "transport.paging_loop"),
    (ever_new_rows, CURSOR, "refused", "transport.too_many_pages"),
    (
        pages_of(ROWS, total=9),
        {"kind": "page", "items": "items", "total": "total"},
        "failed",
        "transport.short_of_total",
    ),
    (says({"other": 1}), {"kind": "page", "items": "items"}, "failed", "transport.page_shape"),
    (says(b"[1, 2"), {"kind": "page"}, "refused", "transport.page_unreadable"),
    (says(b"[" * 100_000), {"kind": "page"}, "refused", "transport.page_unreadable"),
    (says(b"[" + b"1" * 5_000 + b"]"), {"kind": "page"}, "refused", "transport.page_unreadable"),
    (says({"items": [1], "next": "x" * 9_999}), NEXT, "refused", "transport.page_unreadable"),
    (says([1] * 100_000), {"kind": "page"}, "refused", "transport.too_large"),
]


@pytest.mark.parametrize(("behaviour", "paging", "outcome", "code"), LIES)
def test_paging_that_lies_ends_and_lands_nothing(
    bench: Bench,
    server: Server,
    behaviour: Behaviour,
    paging: dict[str, Any],
    outcome: str,
    code: str,
) -> None:
    limits = {"max_pages": 20, "max_page_bytes": 200_000}
    bench.declare(tasks=bench.http(server.on("/tasks", behaviour), paging=paging, limits=limits))
    receipt = bench.collect_one()
    assert (receipt["outcome"], receipt["reason_code"]) == (outcome, code)
    assert bench.files() == []


@pytest.mark.parametrize("kind", ["next", "link"])
@pytest.mark.parametrize(
    "following",
    [
        "http://127.0.0.1:9/tasks",
        "https://{here}/tasks",
        "http://169.254.169.254/latest/meta-data",
        "//evil.example/tasks",
        "file:///etc/passwd",
        "gopher://{here}/",
        "http://{here}@evil.example/",
        "http://user:pw@{here}/",
        "http://[::1/",
    ],
)
def test_a_next_address_elsewhere_is_refused_and_gets_nothing(
    bench: Bench, server: Server, monkeypatch: pytest.MonkeyPatch, following: str, kind: str
) -> None:
    monkeypatch.setenv("TASK_WAREHOUSE_SECRET_G06", "khong-duoc-lo")
    target = following.replace("{here}", f"127.0.0.1:{server.server_port}")
    headers = {"Link": f'<{target}>; rel="next"'} if kind == "link" else {}
    url = server.on("/tasks", says({"items": [1], "next": target}, headers=headers))
    paging = {"kind": kind, "items": "items", **({"next": "next"} if kind == "next" else {})}
    auth = {"kind": "header", "secret": "G06"}
    bench.declare(tasks=bench.http(url, paging=paging, auth=auth))
    receipt = bench.collect_one()
    assert (receipt["outcome"], receipt["reason_code"]) == ("refused", "transport.next_elsewhere")
    assert len(server.requests) == 1
    assert bench.files() == []


def test_a_page_that_kills_its_reader_costs_only_itself() -> None:
    with Peeker() as peeker:
        assert peeker.peek(b"[1, 2]").items == 2
        child = peeker._child
        assert child is not None
        child.kill()
        child.wait()
        assert peeker.peek(b"[1]").items == 1, "a new reader serves the next page"
        with pytest.raises(Fault, match="page_unreadable"):
            peeker.peek(b"[" * 1_000_000)
        assert peeker.peek(b'{"a": {"b": [1, 2, 3]}}', items="a.b").items == 3


def test_a_reader_that_does_not_start_is_our_fault(
    bench: Bench, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peeking, "READER", Path("/khong/co/page_reader.py"))
    url = server.on("/tasks", pages_of(ROWS))
    bench.declare(tasks=bench.http(url, paging={"kind": "page", "items": "items"}))
    with pytest.raises(TaskWarehouseError, match="does not start"):
        bench.collect(batch="b")
    assert bench.receipts()[0]["reason_code"] == "transport.our_mistake"


def test_the_reader_knows_no_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASK_WAREHOUSE_SECRET_G06", "khong-duoc-lo")
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    with Peeker() as peeker:
        peeker.peek(b"[]")
        assert peeker._child is not None
        assert Path(f"/proc/{peeker._child.pid}/environ").read_bytes() == b""
