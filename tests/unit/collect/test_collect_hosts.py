"""Which host and address is talked to, and who gets a credential."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from collecting_bench import Bench
from misbehaving_server import (
    Behaviour,
    Server,
    says,
)

from task_warehouse.transports.guarding import Guard, Origin
from task_warehouse.transports.pacing import Deadline
from task_warehouse.transports.signing import Stored


def test_a_redirect_is_not_followed_and_gets_no_credential(
    bench: Bench, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Server()
    target = elsewhere.on("/steal", says([1]))
    url = server.on("/tasks", says(b"", status=302, headers={"Location": f"{target}?k=v"}))
    monkeypatch.setenv("TASK_WAREHOUSE_SECRET_G06", "bi-mat-khong-lo")
    bench.declare(tasks=bench.http(url, auth={"kind": "header", "secret": "G06"}))
    receipt = bench.collect_one()
    assert (receipt["outcome"], receipt["reason_code"]) == ("refused", "transport.redirect")
    assert elsewhere.base in receipt["reason_en"]
    assert "steal" not in receipt["reason_en"]
    assert elsewhere.requests == []
    elsewhere.stop()


@pytest.mark.parametrize(
    ("auth", "secret", "header", "sent"),
    [
        ({"kind": "bearer"}, "mot-hai-ba", "Authorization", "Bearer mot-hai-ba"),
        ({"kind": "header"}, "mot-hai-ba", "X-API-Key", "mot-hai-ba"),
        ({"kind": "header", "header": "apikey"}, "mot-hai-ba", "apikey", "mot-hai-ba"),
        ({"kind": "basic"}, "an:mat:khau", "Authorization", "Basic YW46bWF0OmtoYXU="),
        ({"kind": "basic", "user": "an"}, "mat:khau", "Authorization", "Basic YW46bWF0OmtoYXU="),
    ],
)
def test_credentials_travel_in_the_declared_header(
    bench: Bench,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    auth: dict[str, str],
    secret: str,
    header: str,
    sent: str,
) -> None:
    monkeypatch.setenv("TASK_WAREHOUSE_SECRET_CUA", secret)
    url = server.on("/tasks", says([1]))
    bench.declare(tasks=bench.http(url, auth={**auth, "secret": "CUA"}))
    assert bench.collect_one()["outcome"] == "landed"
    assert server.requests[0][1][header] == sent


def test_a_secret_may_come_from_elsewhere_and_is_looked_up_late(
    bench: Bench, server: Server
) -> None:
    asked: list[str] = []

    def connections(name: str) -> Stored:
        asked.append(name)
        return Stored("tu-airflow")

    url = server.on("/tasks", says([1]))
    bench.declare(tasks=bench.http(url, auth={"kind": "bearer", "secret": "G06"}))
    assert bench.collect_one(look_up_secret=connections)["outcome"] == "landed"
    assert asked == ["G06"]
    assert server.requests[0][1]["Authorization"] == "Bearer tu-airflow"


def test_a_missing_secret_is_said_and_nothing_is_sent(bench: Bench, server: Server) -> None:
    url = server.on("/tasks", says([1]))
    bench.declare(tasks=bench.http(url, auth={"kind": "bearer", "secret": "KHONG_CO"}))
    receipt = bench.collect_one()
    assert receipt["reason_code"] == "transport.secret_missing"
    assert "TASK_WAREHOUSE_SECRET_KHONG_CO" in receipt["reason_en"]
    assert server.requests == []


@pytest.mark.parametrize("value", ["two\nlines", "a\r\nX-Evil: 1", " blank", "\x00"])
def test_a_secret_that_fits_no_header_is_not_sent(bench: Bench, server: Server, value: str) -> None:
    url = server.on("/tasks", says([1]))
    bench.declare(tasks=bench.http(url, auth={"kind": "bearer", "secret": "G06"}))
    receipt = bench.collect_one(look_up_secret=lambda _name: Stored(value))
    assert receipt["reason_code"] == "transport.secret_unusable"
    assert server.requests == []


def test_a_server_that_echoes_the_secret_does_not_get_it_into_a_receipt(
    bench: Bench,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    secret = "rat-bi-mat-123"
    monkeypatch.setenv("TASK_WAREHOUSE_SECRET_G06", secret)
    headers = {
        "ETag": f'"{secret}"',
        "Last-Modified": secret,
        "Content-Disposition": f'attachment; filename="{secret}.csv"',
    }
    auth = {"kind": "bearer", "secret": "G06"}
    bench.declare(
        tasks=bench.http(server.on("/tasks", says(b"a\n", headers=headers)), auth=auth),
        progress=bench.http(
            server.on("/p", says(b"", status=301, headers={"Location": f"http://{secret}.vn/"})),
            auth=auth,
        ),
        documents=bench.http(
            server.on("/d", says(b"", headers={"Content-Encoding": secret})), auth=auth
        ),
    )
    found = bench.collect()
    assert len(found) == 3
    assert secret not in repr(found)
    assert secret not in caplog.text
    for path in bench.home.receipts.rglob("*.parquet"):
        assert secret.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    ("declared", "private", "address", "allowed"),
    [
        ("http://api.example.vn/", False, "103.1.2.3", True),
        ("http://api.example.vn/", False, "10.1.2.3", False),
        ("http://api.example.vn/", True, "10.1.2.3", True),
        ("http://api.example.vn/", True, "169.254.169.254", False),
        ("http://api.example.vn/", True, "127.0.0.1", False),
        ("http://api.example.vn/", True, "::1", False),
        ("http://api.example.vn/", False, "::ffff:10.0.0.1", False),
        ("http://api.example.vn/", False, "fe80::1%eth0", False),
        ("http://api.example.vn/", True, "0.0.0.0", False),
        ("http://api.example.vn/", True, "fd00:ec2::254", False),
        ("http://10.1.2.3/", False, "10.1.2.3", True),
        ("http://127.0.0.1:9/", False, "127.0.0.1", True),
        ("http://127.0.0.1:9/", False, "127.0.0.2", False),
        ("http://[::1]:9/", False, "::1", True),
        ("http://localhost/", False, "127.0.0.1", True),
        ("http://localhost/", False, "10.0.0.1", False),
    ],
)
def test_which_addresses_a_declared_host_may_have(
    declared: str, private: bool, address: str, allowed: bool
) -> None:
    origin = Origin.of(declared)
    assert origin is not None
    assert Guard(origin, private, Deadline(1)).permits(address) is allowed


def test_a_name_that_answers_with_a_private_address_is_refused(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A name server of an attacker cannot be had here; the answer of the look-up stands for it.
    def answers_loopback(*_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 9))]

    monkeypatch.setattr(socket, "getaddrinfo", answers_loopback)
    bench.declare(tasks=bench.http("http://api.example.vn/tasks"))
    receipt = bench.collect_one()
    assert (receipt["outcome"], receipt["reason_code"]) == ("refused", "transport.private_address")


def test_nothing_is_taken_from_netrc_or_proxies_of_the_environment(
    bench: Bench, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = bench.root / "netrc"
    netrc.write_text("machine 127.0.0.1 login nguoi password khac\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    bench.declare(tasks=bench.http(server.on("/tasks", says([1]))))
    assert bench.collect_one()["outcome"] == "landed"
    assert "Authorization" not in server.requests[0][1]


PUBLIC = "103.1.2.3"


@pytest.fixture
def outside(server: Server, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The addresses that were connected to; the public one is played by the server on loopback."""
    connected: list[tuple[str, int]] = []

    class Wire(socket.socket):
        def connect(self, address: Any) -> None:
            connected.append(address[:2])
            super().connect(("127.0.0.1", server.server_port))

    monkeypatch.setattr("task_warehouse.transports.guarding.socket.socket", Wire)
    return connected


def name_server(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
    """A name server that answers otherwise each time it is asked; the last answer stays."""
    left = list(answers)

    def look_up(host: str, port: int, *_: object, **__: object) -> list[object]:
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def hangs_up_after(body: object) -> Behaviour:
    """The next request needs another connection, and so another look-up."""
    return says(body, headers={"Connection": "close"})


def test_a_name_that_changes_its_address_within_a_pull_gains_nothing(
    bench: Bench,
    server: Server,
    outside: list[tuple[str, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DNS rebinding: public at the first look-up, loopback at the second."""
    name_server(monkeypatch, [PUBLIC], ["127.0.0.1"])
    monkeypatch.setenv("TASK_WAREHOUSE_SECRET_CUA", "bi-mat")
    server.on("/tasks", hangs_up_after({"items": [{"a": 1}]}))
    paging = {"kind": "page", "items": "items"}
    auth = {"kind": "bearer", "secret": "CUA"}
    bench.declare(tasks=bench.http("http://api.example.vn/tasks", paging=paging, auth=auth))
    receipt = bench.collect_one()
    assert (receipt["outcome"], receipt["reason_code"]) == ("refused", "transport.private_address")
    assert outside == [(PUBLIC, 80)]
    assert len(server.requests) == 1


def test_the_address_that_was_looked_at_is_the_one_connected_to(
    bench: Bench,
    server: Server,
    outside: list[tuple[str, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Had the name been looked up again between the look and the connection, it were loopback."""
    name_server(monkeypatch, ["127.0.0.1", PUBLIC, "169.254.169.254"], ["127.0.0.1"])
    server.on("/tasks", says([1]))
    bench.declare(tasks=bench.http("http://api.example.vn/tasks"))
    assert bench.collect_one()["outcome"] == "landed"
    assert outside == [(PUBLIC, 80)]
