"""Held deliveries before a person: our page and Airflow's own question, on a real API server."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import requests
from starlette.testclient import TestClient

from task_warehouse import holding
from tests.follow.airflow_server import Server
from tests.follow.made_home import MadeHome

Visit = Callable[..., TestClient]
NOTE = "đã gọi điện, số liệu đúng"


def test_what_waits_is_shown_with_its_reason_and_decided_by_those_who_may(
    fresh: MadeHome, visit: Visit
) -> None:
    fresh.hold_two()
    page = visit(fresh.home).get("/follow/held").text
    assert page.count("Lần gửi có 3 dòng.") == 2
    assert page.count('<form class="ask" action="/follow/held" method="post">') == 2
    onlooker = visit(fresh.home, engineer=False).get("/follow/held").text
    assert "<form" not in onlooker
    assert "Lần gửi có 3 dòng." not in onlooker
    assert "Số dòng khác xa mọi lần trước" in onlooker
    assert "3 chờ quyết định" in onlooker


def test_the_balance_of_the_ledger_counts_what_waits(fresh: MadeHome, visit: Visit) -> None:
    fresh.hold_two()
    page = visit(fresh.home).get("/follow/ledger").text
    assert "13 dòng nhận = 5 được nhận + 2 bị từ chối + 0 trùng + 6 chờ quyết định" in page
    holding.decide(
        fresh.home, fresh.held[0], "release", note=NOTE, by="x", at=datetime.now(UTC)
    )  # fmt: skip
    page = visit(fresh.home).get("/follow/ledger").text
    assert "13 dòng nhận = 8 được nhận + 2 bị từ chối + 0 trùng + 3 chờ quyết định" in page
    assert "Cho vào" in visit(fresh.home).get(f"/follow/delivery/{fresh.held[0]}").text


def test_a_form_of_another_site_decides_nothing(server: Server) -> None:
    form = {"delivery": server.made.held[0], "decision": "release", "note": NOTE}
    cookies = {"_token": server.token("admin")}
    for headers in (
        {},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": server.url},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    ):
        answer = server.post("/follow/held", form, cookies=cookies, headers=headers)
        assert answer.status_code == 403, headers
    assert holding.decisions(server.made.home) == {}


def test_who_may_only_look_decides_nothing(server: Server) -> None:
    form = {"delivery": server.made.held[0], "decision": "release", "note": NOTE}
    for how in (
        {"headers": {"Authorization": f"Bearer {server.token('viewer')}"}},
        {"cookies": {"_token": server.token("viewer")}, "headers": {"Origin": server.url}},
    ):
        assert server.post("/follow/held", form, **how).status_code == 403
    assert server.post("/follow/held", form, headers={"Origin": server.url}).status_code == 401
    assert holding.decisions(server.made.home) == {}


def test_a_decision_on_the_page_needs_a_note_and_is_kept(server: Server) -> None:
    how: dict[str, Any] = {
        "cookies": {"_token": server.token("admin")},
        "headers": {"Origin": server.url, "Sec-Fetch-Site": "same-origin"},
    }
    form = {"delivery": server.made.held[0], "decision": "refuse", "note": "  "}
    unsaid = server.post("/follow/held", form, **how)
    assert (unsaid.status_code, "trouble=note" in unsaid.headers["location"]) == (303, True)
    assert holding.decisions(server.made.home) == {}
    done = server.post("/follow/held", form | {"note": NOTE}, **how)
    assert done.status_code == 303
    assert "Đã ghi nhận" in server.get(done.headers["location"], server.token("admin")).text
    decision = holding.decisions(server.made.home)[server.made.held[0]]
    assert (decision.decision, decision.decided_by, decision.note) == ("refuse", "admin", NOTE)


_RUN = """
import sys
from airflow.dag_processing.dagbag import DagBag
from task_warehouse.settings import PROJECT_ROOT
dag = DagBag(str(PROJECT_ROOT / "dags")).dags["decide"]
for each in dag.tasks:
    each.retries = 0
run = dag.test(run_conf={"delivery": sys.argv[1]}, logical_date=None)
print("STATE", run.state, run.run_id)
"""


def test_airflow_asks_a_person_waits_and_records_the_answer(server: Server) -> None:
    delivery = server.made.held[1]
    child = subprocess.Popen(
        [sys.executable, "-c", _RUN, delivery],
        env=server.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        asked = _asked(server, child)
        assert asked["subject"] == "bo-z · tasks · 13/11/2025"
        assert "Lần gửi có 3 dòng." in asked["body"]
        assert "Cho vào / Release" in asked["options"]
        assert delivery not in holding.decisions(server.made.home)
        _answer(server, asked, "Cho vào / Release")
        said, _ = child.communicate(timeout=240)
    finally:
        child.kill()
    assert "STATE success" in said, said[-3000:]
    decision = holding.decisions(server.made.home)[delivery]
    assert (decision.decision, decision.decided_by, decision.note) == ("release", "admin", NOTE)
    assert _events(server)[0]["extra"]["as_of"] == "2025-11-14"


def _asked(server: Server, child: subprocess.Popen[str]) -> dict[str, Any]:
    token = server.token("admin")
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and child.poll() is None:
        found = server.get("/api/v2/dags/~/dagRuns/~/hitlDetails", token).json()
        waiting = [each for each in found["hitl_details"] if not each["response_received"]]
        if waiting and waiting[0]["task_instance"]["state"] == "awaiting_input":
            return dict(waiting[0])
        time.sleep(1)
    child.kill()
    raise AssertionError(child.communicate()[0][-3000:])


def _answer(server: Server, asked: dict[str, Any], option: str) -> None:
    task = asked["task_instance"]
    path = (
        f"/api/v2/dags/{task['dag_id']}/dagRuns/{task['dag_run_id']}"
        f"/taskInstances/{task['task_id']}/{task['map_index']}/hitlDetails"
    )
    for user, status in (("viewer", 403), ("admin", 200)):
        answer = requests.patch(
            server.url + path,
            json={"chosen_options": [option], "params_input": {"note": NOTE}},
            headers={"Authorization": f"Bearer {server.token(user)}"},
            timeout=60,
        )
        assert answer.status_code == status, answer.text


def _events(server: Server) -> list[dict[str, Any]]:
    answer = server.get("/api/v2/assets/events?order_by=-timestamp", server.token("admin"))
    events = answer.json()["asset_events"]
    assert events, json.dumps(answer.json())
    return list(events)
