"""Data Docs and contracts behind Airflow's login, as they were published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from starlette.testclient import TestClient

from task_warehouse import contract_exports
from task_warehouse.data_docs import pages
from tests.follow.conftest import crawl
from tests.follow.made_home import MadeHome

Visit = Callable[..., TestClient]


@pytest.fixture
def published(fresh: MadeHome) -> MadeHome:
    snapshot = (fresh.home.published / "current").resolve()
    contract_exports.write_all(snapshot / "contracts")
    pages.write_pages(fresh.home, snapshot / "data_docs", date(2025, 11, 14))
    return fresh


def test_every_page_of_them_is_reached_and_styled(published: MadeHome, visit: Visit) -> None:
    client = visit(published.home)
    ledger = client.get("/follow/ledger").text
    assert "/follow/data-docs/index.html" in ledger
    found = crawl(client, "/follow/contracts/index.html")
    assert "/follow/contracts/progress.html" in found
    answer = client.get("/follow/data-docs/")
    assert "Kết quả kiểm tra dữ liệu" in answer.text
    assert "style-src 'unsafe-inline'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "private, no-store"
    assert "style-src 'self'" in client.get("/follow/ledger").headers["content-security-policy"]


@pytest.mark.parametrize(
    "name", ["..%2Fmanifest.json", "manifest.json", "%2e%2e", "nothing.html", "x" * 200 + ".html"]
)
def test_nothing_else_is_handed_out(published: MadeHome, visit: Visit, name: str) -> None:
    for folder in ("data-docs", "contracts"):
        assert visit(published.home).get(f"/follow/{folder}/{name}").status_code == 404


def test_a_snapshot_without_them_says_nothing_of_them(fresh: MadeHome, visit: Visit) -> None:
    client = visit(fresh.home)
    assert "data-docs" not in client.get("/follow/ledger").text
    assert client.get("/follow/data-docs/").status_code == 404
