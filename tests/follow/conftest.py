"""A made data root and the app over it; the login is overridden here and nowhere else."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from task_warehouse.following import access, holds
from task_warehouse.following.application import create_app
from task_warehouse.settings import Home
from tests.follow.airflow_server import Server, serving
from tests.follow.made_home import MadeHome

PREFIX = "/follow"
LINK = re.compile(r'(?:href|action)="([^"]+)"')
MOST_PAGES = 400


class _Somebody:
    def get_name(self) -> str:
        return "somebody"


def logged_in(home: Home, *, engineer: bool = True) -> FastAPI:
    """The app with somebody logged in."""
    app = create_app(home)
    app.dependency_overrides[access.require_reader] = _Somebody
    app.dependency_overrides[access.is_engineer] = lambda: engineer
    app.dependency_overrides[holds.may_decide] = lambda: engineer
    return app


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeHome:
    """The made data root; nobody changes it."""
    return MadeHome(tmp_path_factory.mktemp("made") / "home")


@pytest.fixture(scope="session")
def server(made: MadeHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Airflow's API server over a copy of the made data root, in which two deliveries wait."""
    copied = made.copied_to(tmp_path_factory.mktemp("airflow") / "home")
    copied.hold_two()
    with serving(copied) as running:
        yield running


@pytest.fixture
def fresh(made: MadeHome, tmp_path: Path) -> MadeHome:
    """A made data root that a test may change."""
    return made.copied_to(tmp_path / "home")


@pytest.fixture(scope="session")
def visit() -> Callable[..., TestClient]:
    """A browser, so to speak, at the app mounted as Airflow mounts it."""

    def go(home: Home, *, engineer: bool = True) -> TestClient:
        mounted = Starlette(routes=[Mount(PREFIX, logged_in(home, engineer=engineer))])
        return TestClient(mounted, base_url="http://airflow.test", raise_server_exceptions=True)

    return go


@pytest.fixture(scope="session")
def pages(made: MadeHome, visit: Callable[..., TestClient]) -> dict[str, str]:
    """Every page that links lead to from the first, by address."""
    return crawl(visit(made.home), f"{PREFIX}/")


def crawl(client: TestClient, start: str) -> dict[str, str]:
    """Every page that links lead to from ``start``; fails on one that is not there."""
    waiting, found = [start], {}
    while waiting:
        address = waiting.pop()
        answer = client.get(address)
        assert answer.status_code == 200, address
        is_page = answer.headers["content-type"].startswith("text/html")
        found[address] = answer.text if is_page else ""
        for link in LINK.findall(found[address]):
            target = urljoin(address, html.unescape(link)).partition("#")[0]
            assert target.startswith(f"{PREFIX}/"), (address, link)
            if target not in found and target not in waiting:
                waiting.append(target)
        assert len(found) < MOST_PAGES
    return found
