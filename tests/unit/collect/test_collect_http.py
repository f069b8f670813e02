"""HTTP: what a source may do to us, and the receipt it ends in."""

from __future__ import annotations

import gzip
import itertools
import threading
import time

import pytest
from collecting_bench import Bench
from misbehaving_server import (
    Handler,
    Server,
    cuts_the_body,
    drips,
    drips_headers,
    endless_body,
    endless_headers,
    gzip_bomb,
    hangs,
    hangs_up,
    in_turn,
    says,
    sends_more_than_announced,
)

from task_warehouse.transports.exchange import UNPACKED_FREELY


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'[{"a": 1}]', "application/json"),
        (b"a;b\r\n1;2\r\n", "text/csv"),
        (b'{"a": 1}\n{"a": 2}\n', "application/x-ndjson"),
        (b"<rows><row/></rows>", "application/xml"),
        (b"PK\x03\x04 any bytes", "application/octet-stream"),
    ],
)
def test_a_body_is_landed_byte_for_byte(
    bench: Bench, server: Server, body: bytes, kind: str
) -> None:
    bench.declare(tasks=bench.http(server.on("/tasks", says(body, kind=kind))))
    receipt = bench.collect_one()
    assert receipt["outcome"] == "landed"
    assert bench.landed(receipt) == body
    assert receipt["size_bytes"] == len(body)
    assert receipt["origin"] == f"{server.base}/tasks"


def test_a_packed_body_is_landed_unpacked(bench: Bench, server: Server) -> None:
    packed = gzip.compress(b"a,b\n") + gzip.compress(b"1,2\n")
    answer = says(packed, kind="text/csv", headers={"Content-Encoding": "gzip"})
    bench.declare(tasks=bench.http(server.on("/tasks", answer)))
    assert bench.landed(bench.collect_one()) == b"a,b\n1,2\n"


def test_the_name_the_server_gives_is_kept_as_data(bench: Bench, server: Server) -> None:
    name = "../../etc/nhi%E1%BB%87m%20v%E1%BB%A5.csv"
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    bench.declare(tasks=bench.http(server.on("/x", says(b"a\n", headers=headers))))
    receipt = bench.collect_one()
    assert receipt["original_name"] == "../../etc/nhiệm vụ.csv"
    assert [path.name for path in bench.files()] == [receipt["sha256"]]


@pytest.mark.parametrize("body", [b"[]", b" [ ] \n"])
def test_an_empty_list_means_nothing_arose(bench: Bench, server: Server, body: bytes) -> None:
    bench.declare(tasks=bench.http(server.on("/tasks", says(body))))
    receipt = bench.collect_one()
    assert (receipt["outcome"], receipt["sha256"]) == ("nothing_arose", None)
    assert bench.files() == []


def test_an_export_that_is_only_called_a_page_is_taken(bench: Bench, server: Server) -> None:
    url = server.on("/tasks", says(b"a,b\n1,<html>\n", kind="text/html"))
    bench.declare(tasks=bench.http(url))
    assert bench.collect_one()["outcome"] == "landed"


def test_an_empty_list_at_the_declared_path_means_nothing_arose(
    bench: Bench, server: Server
) -> None:
    url = server.on("/tasks", says({"data": {"items": []}, "other": [1]}))
    bench.declare(tasks=bench.http(url, records="data.items"))
    assert bench.collect_one()["outcome"] == "nothing_arose"


def test_no_content_means_nothing_arose(bench: Bench, server: Server) -> None:
    bench.declare(tasks=bench.http(server.on("/tasks", says(b"", status=204))))
    assert bench.collect_one()["outcome"] == "nothing_arose"


def test_a_body_of_no_bytes_is_landed_for_reading_to_refuse(bench: Bench, server: Server) -> None:
    bench.declare(tasks=bench.http(server.on("/tasks", says(b"", kind="text/csv"))))
    receipt = bench.collect_one()
    assert (receipt["outcome"], receipt["size_bytes"]) == ("landed", 0)


REFUSALS = [
    (says(b"gone", status=404), "missing", "transport.not_found"),
    (says(b"", status=401), "failed", "transport.unauthorised"),
    (says(b"", status=403), "failed", "transport.unauthorised"),
    (says(b"", status=418), "failed", "transport.http_status"),
    (says(b"", status=500), "failed", "transport.server_error"),
    (says(b"", status=503), "failed", "transport.server_error"),
    (says(b"", status=429), "failed", "transport.too_many_requests"),
    (
        says("<html>Đăng nhập".encode(), kind="text/html; charset=utf-8"),
        "refused",
        "transport.page_for_people",
    ),
    (says(b"x", headers={"Content-Encoding": "br"}), "refused", "transport.encoding_unknown"),
    (says(b"not gzip", headers={"Content-Encoding": "gzip"}), "failed", "transport.body_damaged"),
    (
        says(gzip.compress(b"a" * 9_999)[:-9], headers={"Content-Encoding": "gzip"}),
        "failed",
        "transport.body_cut",
    ),
    (cuts_the_body, "failed", "transport.body_cut"),
    (sends_more_than_announced, "failed", "transport.wrong_length"),
    (hangs_up, "failed", "transport.connection"),
    (endless_headers, "failed", "transport.connection"),
]


@pytest.mark.parametrize(("behaviour", "outcome", "code"), REFUSALS)
def test_each_fault_is_an_outcome_with_a_reason(
    bench: Bench, server: Server, behaviour: object, outcome: str, code: str
) -> None:
    bench.declare(
        tasks=bench.http(server.on("/bad", behaviour)),  # type: ignore[arg-type]
        progress=bench.http(server.on("/good", says([{"a": 1}]))),
    )
    progress, tasks = bench.collect()
    assert (tasks["outcome"], tasks["reason_code"]) == (outcome, code)
    assert tasks["reason_vi"]
    assert tasks["reason_en"]
    assert "{" not in tasks["reason_vi"] + tasks["reason_en"]
    assert progress["outcome"] == "landed", "the source's other datasets are complete"
    assert [path.name for path in bench.files()] == [progress["sha256"]]


def test_trying_again_helps_where_it_can(bench: Bench, server: Server) -> None:
    turns = in_turn(says(b"", status=502), cuts_the_body, hangs_up, says([{"a": 1}]))
    bench.declare(tasks=bench.http(server.on("/tasks", turns), limits={"retries": 3}))
    receipt = bench.collect_one()
    assert (receipt["outcome"], receipt["attempts"]) == ("landed", 4)


def test_a_wait_the_server_asks_for_is_kept_and_capped(bench: Bench, server: Server) -> None:
    turns = in_turn(
        says(b"", status=429, headers={"Retry-After": "1"}),
        says(b"", status=503, headers={"Retry-After": "999999999"}),
        says([1]),
    )
    limits = {"retries": 2, "retry_after_seconds": 1.2}
    bench.declare(tasks=bench.http(server.on("/tasks", turns), limits=limits))
    started = time.monotonic()
    assert bench.collect_one()["outcome"] == "landed"
    assert 2.1 < time.monotonic() - started < 10


def test_a_wait_beyond_the_deadline_is_not_begun(bench: Bench, server: Server) -> None:
    answer = says(b"", status=503, headers={"Retry-After": "3600"})
    limits = {"retries": 2, "retry_after_seconds": 3600, "deadline_seconds": 30}
    bench.declare(tasks=bench.http(server.on("/tasks", answer), limits=limits))
    started = time.monotonic()
    assert bench.collect_one()["reason_code"] == "transport.server_error"
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("behaviour", [drips(), drips_headers()])
def test_a_slow_drip_ends_at_the_deadline(bench: Bench, server: Server, behaviour: object) -> None:
    bench.declare(
        tasks=bench.http(
            server.on("/tasks", behaviour),  # type: ignore[arg-type]
            limits={"deadline_seconds": 1},
        )
    )
    started = time.monotonic()
    receipt = bench.collect_one()
    assert receipt["reason_code"] == "transport.deadline"
    assert time.monotonic() - started < 5
    assert bench.files() == []


def test_a_server_that_says_nothing_ends_at_the_read_time_out(bench: Bench, server: Server) -> None:
    limits = {"read_seconds": 0.3, "retries": 1}
    bench.declare(tasks=bench.http(server.on("/tasks", hangs), limits=limits))
    receipt = bench.collect_one()
    assert (receipt["reason_code"], receipt["attempts"]) == ("transport.time_out", 2)


@pytest.mark.parametrize("behaviour", [gzip_bomb, endless_body])
def test_too_much_is_refused_and_nothing_kept(
    bench: Bench, server: Server, behaviour: object
) -> None:
    url = server.on("/tasks", behaviour)  # type: ignore[arg-type]
    bench.declare(tasks=bench.http(url, limits={"max_bytes": "3 MB", "deadline_seconds": 20}))
    receipt = bench.collect_one()
    assert (receipt["outcome"], receipt["reason_code"]) == ("refused", "transport.too_large")
    assert bench.files() == []


def test_what_swells_is_refused_before_it_is_as_large_as_it_may_be(
    bench: Bench, server: Server
) -> None:
    bench.declare(tasks=bench.http(server.on("/tasks", gzip_bomb)))
    receipt = bench.collect_one()
    assert (receipt["outcome"], receipt["reason_code"]) == ("refused", "transport.swells")
    assert bench.files() == []


def test_an_export_that_packs_well_is_no_bomb(bench: Bench, server: Server) -> None:
    rows = "".join(f"NV-{number:06d};Hoàn thành nền tảng số;100\n" for number in range(130_000))
    packed = gzip.compress(rows.encode())
    assert len(rows.encode()) > UNPACKED_FREELY
    answer = says(packed, kind="text/csv", headers={"Content-Encoding": "gzip"})
    bench.declare(tasks=bench.http(server.on("/tasks", answer)))
    assert bench.landed(bench.collect_one()) == rows.encode()


def test_nobody_is_there(bench: Bench, server: Server) -> None:
    server.stop()
    bench.declare(tasks=bench.http(f"{server.base}/tasks"))
    assert bench.collect_one()["reason_code"] == "transport.no_answer"


def test_a_name_nobody_knows(bench: Bench) -> None:
    bench.declare(tasks=bench.http("http://khong-co.invalid/tasks", limits={"retries": 0}))
    assert bench.collect_one()["reason_code"] == "transport.name_unknown"


def test_a_rate_limit_holds_over_all_sources_of_a_host(bench: Bench, server: Server) -> None:
    for number in range(5):
        url = server.on(f"/tasks/{number}", says([number]))
        limits = {"requests_per_second": 10}
        bench.declare(f"xa-{number:05}", organisation="01", tasks=bench.http(url, limits=limits))
    started = time.monotonic()
    assert {receipt["outcome"] for receipt in bench.collect()} == {"landed"}
    assert time.monotonic() - started > 0.4


def test_one_slow_source_does_not_delay_the_others(bench: Bench, server: Server) -> None:
    """The slow one answers only when all others have been served: had they waited, it failed."""
    others, all_served = itertools.count(1), threading.Event()

    def slow(handler: Handler) -> None:
        if all_served.wait(30):
            says([1])(handler)

    def quick(handler: Handler) -> None:
        says([1])(handler)
        if next(others) == 40:
            all_served.set()

    patient = {"deadline_seconds": 30, "read_seconds": 30, "retries": 0}
    bench.declare("cham", tasks=bench.http(server.on("/slow", slow), limits=patient))
    url = server.on("/quick", quick)
    for number in range(40):
        bench.declare(f"nhanh-{number}", tasks=bench.http(url, params={"n": str(number)}))
    found = bench.collect(pulls_at_a_time=1)
    assert {receipt["outcome"] for receipt in found} == {"landed"}
    assert len(found) == 41
