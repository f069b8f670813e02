"""Waiting: how long, for whom, and never beyond the deadline."""

from __future__ import annotations

import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from collecting_bench import Bench
from hypothesis import given
from hypothesis import strategies as st

from task_warehouse.sources.model import Limits
from task_warehouse.transports.attempts import Fault, failed
from task_warehouse.transports.exchange import _retry_after
from task_warehouse.transports.pacing import (
    LONGEST_BACKOFF_SECONDS,
    Deadline,
    RateLimiter,
    backoff_seconds,
    keep_trying,
)


@given(st.floats(0, 100), st.integers(0, 60))
def test_back_off_grows_and_is_capped(base: float, attempt: int) -> None:
    longest = min(base * 2**attempt, LONGEST_BACKOFF_SECONDS)
    assert longest / 2 <= backoff_seconds(base, attempt) <= longest


def test_those_that_fail_together_do_not_come_back_together() -> None:
    assert len({round(backoff_seconds(1, 3), 3) for _ in range(200)}) > 100


def test_waits_double_from_try_to_try(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)

    def fails() -> None:
        raise failed("transport.connection", again=True)

    limits = Limits(retries=4, backoff_seconds=1)
    with Deadline(300) as deadline, pytest.raises(Fault) as caught:
        keep_trying(limits, deadline, fails)
    assert [0.5 * 2**n <= wait <= 2**n for n, wait in enumerate(waited)] == [True] * 4
    assert not caught.value.again, "an outer loop does not begin anew"


def test_what_cannot_help_is_not_tried_again() -> None:
    tries: list[int] = []

    def fails() -> None:
        tries.append(1)
        raise failed("transport.unauthorised")

    with Deadline(300) as deadline, pytest.raises(Fault):
        keep_trying(Limits(retries=4), deadline, fails)
    assert len(tries) == 1


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7.0),
        (" 120 ", 120.0),
        ("9" * 400, 999_999_999_999.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 99 Foo 2015 07:28:00 GMT", None),
    ],
)
def test_what_a_server_may_ask_for(said: str | None, seconds: float | None) -> None:
    assert _retry_after(said) == seconds


def test_a_server_may_name_the_moment() -> None:
    moment = datetime.now(UTC) + timedelta(seconds=90)
    asked = _retry_after(format_datetime(moment, usegmt=True))
    assert asked is not None
    assert 85 < asked <= 90


def test_turns_of_a_host_are_spread_over_threads_and_hosts_do_not_share_them() -> None:
    limiter, turns = RateLimiter(), list[float]()
    with Deadline(60) as deadline:

        def take(host: str) -> None:
            limiter.take(host, 20, deadline)
            if host == "a":
                turns.append(time.monotonic())

        threads = [threading.Thread(target=take, args=(host,)) for host in "aaaaaabbbbbb"]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    gaps = [later - sooner for sooner, later in zip(sorted(turns), sorted(turns)[1:], strict=False)]
    assert min(gaps) > 0.02
    assert max(turns) - min(turns) > 0.2


def test_a_turn_beyond_the_deadline_is_not_waited_for() -> None:
    limiter = RateLimiter()
    with Deadline(0.5) as deadline:
        limiter.take("a", 0.01, deadline)
        started = time.monotonic()
        with pytest.raises(Fault, match="deadline"):
            limiter.take("a", 0.01, deadline)
    assert time.monotonic() - started < 0.2


@pytest.mark.parametrize("transport", ["http", "sftp", "s3"])
def test_a_host_that_takes_no_connection_ends_at_the_connect_time_out(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, transport: str
) -> None:
    monkeypatch.setenv("TASK_WAREHOUSE_SECRET_SFTP", "x")
    limits = {"connect_seconds": 0.3, "retries": 0}
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        said = {
            "http": bench.http(f"http://127.0.0.1:{port}/", limits=limits),
            "s3": bench.s3(f"http://127.0.0.1:{port}", limits=limits),
            "sftp": bench.sftp(
                f"sftp://127.0.0.1:{port}", "/x", host_key="SHA256:" + "A" * 43, limits=limits
            ),
        }
        bench.declare(tasks=said[transport])
        # Neither the read time-out (2 s) nor the deadline (5 s) ended it.
        assert bench.collect_one()["reason_code"] == "transport.no_answer"
        for one in waiting:
            one.close()
