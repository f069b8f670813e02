"""Pulling again: conditional requests, changes since, tokens that run out."""

from __future__ import annotations

import base64
import json
from datetime import date

import pytest
from collecting_bench import AS_OF, RECEIVED_AT, Bench
from misbehaving_server import Handler, Server, hangs_up, in_turn, says

from task_warehouse import landing
from task_warehouse.history import read_history
from task_warehouse.receipts import Receipt, delivery_id_of, write_receipts
from task_warehouse.transports.remembering import split_pages

NEXT_DAY = date(2025, 7, 2)


def tagged(handler: Handler) -> None:
    if handler.headers.get("If-None-Match") == '"v1"':
        handler.answer(b"", status=304)
    else:
        handler.answer(b"a,b\n", kind="text/csv", headers={"ETag": '"v1"'})


def dated(handler: Handler) -> None:
    stamp = "Tue, 01 Jul 2025 00:00:00 GMT"
    if handler.headers.get("If-Modified-Since") == stamp:
        handler.answer(b"", status=304)
    else:
        handler.answer(b"a,b\n", kind="text/csv", headers={"Last-Modified": stamp})


@pytest.mark.parametrize("behaviour", [tagged, dated])
def test_an_unchanged_export_is_not_moved_again(
    bench: Bench, server: Server, behaviour: object
) -> None:
    bench.declare(tasks=bench.http(server.on("/tasks", behaviour)))  # type: ignore[arg-type]
    first = bench.collect_one()
    second = bench.collect_one(as_of=NEXT_DAY)
    third = bench.collect_one(as_of=date(2025, 7, 3))
    assert [one["outcome"] for one in (first, second, third)] == [
        "landed",
        "unchanged",
        "unchanged",
    ]
    for again in (second, third):
        for column in ("sha256", "delivery_id", "size_bytes", "etag", "last_modified"):
            assert again[column] == first[column]


def test_bytes_that_are_gone_are_asked_for_in_full(bench: Bench, server: Server) -> None:
    bench.declare(tasks=bench.http(server.on("/tasks", tagged)))
    landing.discard(bench.home, bench.collect_one()["sha256"])
    assert bench.collect_one(as_of=NEXT_DAY)["outcome"] == "unchanged"
    assert "If-None-Match" not in server.requests[-1][1]
    assert len(bench.files()) == 1


def test_nothing_conditional_is_asked_of_another_address(bench: Bench, server: Server) -> None:
    """A new export may well have the tag of the old one."""
    bench.declare(tasks=bench.http(server.on("/old", tagged)))
    bench.collect()
    new = says(b"new\n", kind="text/csv")
    bench.declare(tasks=bench.http(server.on("/new", new)))
    assert bench.collect_one(as_of=NEXT_DAY)["outcome"] == "landed"
    assert "If-None-Match" not in server.requests[-1][1]


def test_not_modified_without_having_been_asked_is_a_fault(bench: Bench, server: Server) -> None:
    bench.declare(tasks=bench.http(server.on("/tasks", says(b"", status=304))))
    receipt = bench.collect_one()
    assert (receipt["outcome"], receipt["reason_code"]) == ("failed", "transport.http_status")


def test_changes_are_asked_for_since_the_last_good_day(bench: Bench, server: Server) -> None:
    url = server.on("/progress", in_turn(says([1]), says(b"", status=500), says([2])))
    since = {"param": "tu_ngay", "overlap_days": 2, "date_format": "dd/mm/yyyy"}
    bench.declare(
        progress=bench.http(url, mode="delta", updated_since=since, limits={"retries": 0})
    )
    days = [date(2025, 7, 1), date(2025, 7, 2), date(2025, 7, 3), date(2025, 7, 3)]
    assert [bench.collect_one(as_of=day)["outcome"] for day in days] == [
        "landed",
        "failed",
        "landed",
        "unchanged",
    ]
    asked = [path for path, _ in server.requests]
    assert asked[0] == "/progress"
    # The failed day is asked for again; the same as-of date asks the same question.
    assert asked[1:] == ["/progress?tu_ngay=29%2F06%2F2025"] * 3


def tagged_pages(rows: list[list[int]]) -> object:
    """Pages with a tag of their content, as many servers give."""

    def behave(handler: Handler) -> None:
        number = int(handler.query["page"])
        body = json.dumps(rows[number - 1] if number <= len(rows) else []).encode()
        tag = f'"{hash(body)}"'
        if handler.headers.get("If-None-Match") == tag:
            handler.answer(b"", status=304)
        else:
            handler.answer(body, headers={"ETag": tag})

    return behave


def test_of_many_pages_only_the_changed_one_is_moved(bench: Bench, server: Server) -> None:
    rows = [[1, 2], [3, 4], [5]]
    sent: list[bytes] = []

    def counting(handler: Handler) -> None:
        def answer(body: bytes, **how: object) -> None:
            sent.append(body)
            Handler.answer(handler, body, **how)  # type: ignore[arg-type]

        handler.answer = answer  # type: ignore[method-assign]
        tagged_pages(rows)(handler)  # type: ignore[operator]

    bench.declare(tasks=bench.http(server.on("/tasks", counting), paging={"kind": "page"}))
    first = bench.collect_one()
    assert sent == [b"[1, 2]", b"[3, 4]", b"[5]", b"[]"]
    sent.clear()
    again = bench.collect_one(as_of=NEXT_DAY)
    assert (again["outcome"], again["sha256"]) == ("unchanged", first["sha256"])
    assert sent == [b""] * 4
    sent.clear()
    rows[1] = [3, 44]
    changed = bench.collect_one(as_of=date(2025, 7, 3))
    assert changed["outcome"] == "landed"
    assert split_pages(bench.landed(changed)) == [b"[1, 2]", b"[3, 44]", b"[5]", b"[]"]
    assert sent == [b"", b"[3, 44]", b"", b""]
    landing.discard(bench.home, changed["sha256"])
    sent.clear()
    assert bench.collect_one(as_of=date(2025, 7, 4))["sha256"] == changed["sha256"]
    assert b"" not in sent, "what is not held any more is asked for in full"


def test_a_page_not_modified_without_having_been_asked_is_a_fault(
    bench: Bench, server: Server
) -> None:
    turns = in_turn(says([1]), says(b"", status=304))
    bench.declare(tasks=bench.http(server.on("/tasks", turns), paging={"kind": "page"}))
    receipt = bench.collect_one()
    assert (receipt["outcome"], receipt["reason_code"]) == ("failed", "transport.http_status")


def oauth(bench: Bench, server: Server, url: str, **auth: object) -> dict[str, object]:
    said = {"kind": "oauth2", "secret": "APP", "token_url": f"{server.base}/token", **auth}
    return bench.http(url, auth=said)


def gives_token(handler: Handler, token: str = "the-token", lives: int = 3600) -> None:
    body = {"access_token": token, "token_type": "Bearer", "expires_in": lives}
    handler.answer(json.dumps(body).encode())


def test_client_credentials_give_one_token_for_all(
    bench: Bench, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASK_WAREHOUSE_SECRET_APP", "ung-dung:mat khau rieng")
    forms: list[dict[str, str]] = []

    def token(handler: Handler) -> None:
        forms.append(handler.form)
        gives_token(handler)

    server.on("/token", token)
    for number in range(5):
        url = server.on(f"/{number}", says([number]))
        bench.declare(
            f"xa-{number}", organisation="01", tasks=oauth(bench, server, url, scope="read")
        )
    assert {one["outcome"] for one in bench.collect()} == {"landed"}
    assert forms == [{"grant_type": "client_credentials", "scope": "read"}]
    basic = base64.b64encode(b"ung-dung:mat khau rieng").decode()
    for path, headers in server.requests:
        expected = f"Basic {basic}" if path == "/token" else "Bearer the-token"
        assert headers["Authorization"] == expected


def test_the_client_may_be_wanted_in_the_form(
    bench: Bench, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASK_WAREHOUSE_SECRET_APP", "mat-khau")
    forms: list[dict[str, str]] = []

    def token(handler: Handler) -> None:
        forms.append(handler.form)
        gives_token(handler)

    server.on("/token", token)
    url = server.on("/tasks", says([1]))
    bench.declare(tasks=oauth(bench, server, url, client_in="form", user="ung-dung"))
    assert bench.collect_one()["outcome"] == "landed"
    assert (forms[0]["client_id"], forms[0]["client_secret"]) == ("ung-dung", "mat-khau")


def test_a_token_that_ran_out_early_is_renewed_once(
    bench: Bench, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASK_WAREHOUSE_SECRET_APP", "a:b")
    given = iter(["old", "new", "newer"])
    server.on("/token", lambda handler: gives_token(handler, next(given)))

    def wants_new(handler: Handler) -> None:
        right = handler.headers["Authorization"] == "Bearer new"
        handler.answer(b"[1]" if right else b"", status=200 if right else 401)

    bench.declare(tasks=oauth(bench, server, server.on("/tasks", wants_new)))
    assert bench.collect_one()["outcome"] == "landed"
    never = server.on("/never", says(b"", status=401))
    bench.declare(tasks=oauth(bench, server, never))
    given = iter(["x", "y", "z"])
    assert bench.collect_one()["reason_code"] == "transport.unauthorised"
    assert next(given) == "z"


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (says({"error": "invalid_client"}, status=401), "transport.token_refused"),
        (
            says(b"", status=302, headers={"Location": "http://evil.example/"}),
            "transport.token_refused",
        ),
        (says({"token": "elsewhere"}), "transport.token_refused"),
        (says({"access_token": "a\r\nX-Evil: 1"}), "transport.token_refused"),
        (says(b"<html>"), "transport.page_unreadable"),
        (says(b"x" * 100_000), "transport.too_large"),
        (says(b"", status=500), "transport.server_error"),
        (hangs_up, "transport.connection"),
    ],
)
def test_no_token_no_request(
    bench: Bench,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    behaviour: object,
    code: str,
) -> None:
    monkeypatch.setenv("TASK_WAREHOUSE_SECRET_APP", "a:b")
    server.on("/token", behaviour)  # type: ignore[arg-type]
    bench.declare(tasks=oauth(bench, server, server.on("/tasks", says([1]))))
    assert bench.collect_one()["reason_code"] == code
    assert {path for path, _ in server.requests} == {"/token"}


def test_each_of_many_sources_finds_its_own_history(bench: Bench) -> None:
    rows = [
        Receipt(
            batch="b1", source=f"s-{number}", organisation_code="G06", dataset=dataset,
            mode="full", business_date=AS_OF, received_at=RECEIVED_AT, due_at=None,
            expected=True, outcome="landed", origin=f"http://h/s-{number}/{dataset}",
            sha256=f"{number:064d}", size_bytes=1,
            delivery_id=delivery_id_of(f"s-{number}", dataset, f"{number:064d}"),
        )
        for number in range(1500)
        for dataset in ("tasks", "progress")
    ]  # fmt: skip
    write_receipts(bench.home, "b1", rows)
    history = read_history(bench.home, [row.source for row in rows], AS_OF)
    for row in rows:
        (earlier,) = history.of(row.source, row.dataset)
        assert earlier.origin == row.origin
        assert history.knows(row.source, row.dataset, row.sha256 or "")
