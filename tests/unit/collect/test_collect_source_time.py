"""A source has so much time for all its datasets together, and uses up nobody else's."""

from __future__ import annotations

from collecting_bench import Bench
from misbehaving_server import Server, drips, says

from task_warehouse.transports.pacing import Allowance

DATASETS = ("tasks", "progress", "feedback", "documents")
PATIENT = {"deadline_seconds": 120, "read_seconds": 60, "retries": 0}


def test_datasets_that_drip_end_together_at_the_deadline_of_their_source(
    bench: Bench, server: Server
) -> None:
    url = server.on("/drip", drips())
    dripping = {name: bench.http(url, params={"d": name}, limits=PATIENT) for name in DATASETS}
    bench.declare("cham", deadline_seconds=1.5, **dripping)
    sound = bench.http(server.on("/sound", says([1])))
    bench.declare("nhanh", tasks=sound)
    found = bench.collect(pulls_at_a_time=1)
    slow = [one for one in found if one["source"] == "cham"]
    assert {(one["outcome"], one["reason_code"]) for one in slow} == {
        ("failed", "transport.source_deadline")
    }
    assert len(slow) == len(DATASETS)
    # Far from four deadlines of 120 seconds, on however busy a machine.
    assert sum(one["elapsed_ms"] for one in slow) < 60_000
    assert "1.5" in slow[0]["reason_vi"]
    assert [one["outcome"] for one in found if one["source"] == "nhanh"] == ["landed"]


def test_one_that_meets_its_own_deadline_leaves_the_others_their_time(
    bench: Bench, server: Server
) -> None:
    bench.declare(
        "cham",
        deadline_seconds=60,
        tasks=bench.http(server.on("/drip", drips()), limits=PATIENT | {"deadline_seconds": 1}),
        progress=bench.http(server.on("/sound", says([1]))),
    )
    ends = {one["dataset"]: one for one in bench.collect(pulls_at_a_time=1)}
    assert ends["tasks"]["reason_code"] == "transport.deadline"
    assert ends["progress"]["outcome"] == "landed"


def test_pulls_side_by_side_use_up_the_same_time_once() -> None:
    allowance = Allowance(100)
    with allowance.deadline(1_000) as first, allowance.deadline(1_000) as second:
        assert 90 < second.remaining <= first.remaining <= 100
    with allowance.deadline(1_000) as third:
        assert 90 < third.remaining <= 100
    with allowance.deadline(5) as short:
        assert short.remaining <= 5
        assert short.fault().code == "transport.deadline"


def test_nothing_left_is_said_before_anything_is_asked(bench: Bench, server: Server) -> None:
    bench.declare(deadline_seconds=0, tasks=bench.http(server.on("/a", says([1]))))
    assert bench.collect_one()["reason_code"] == "transport.source_deadline"
    assert server.requests == []
