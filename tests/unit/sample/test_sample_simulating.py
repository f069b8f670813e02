"""The simulated sources over real connections: paging, tokens, conditional requests, faults."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import requests
from written_sample import Written

from task_warehouse import simulating
from task_warehouse.errors import UsageError
from task_warehouse.simulated_faults import FAULTS
from task_warehouse.sources import Source, load_sources
from task_warehouse.sources.model import Paging

TOKEN = "a-token-for-tests"
TIMEOUT = 5


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in simulating.secrets(TOKEN).items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def sources(small: Written) -> dict[str, Source]:
    """The sources of the small sample that are served over HTTP, by kind of paging."""
    found: dict[str, Source] = {}
    for source in load_sources(small.folder / "sources"):
        tasks = source.datasets.get("tasks")
        if tasks and tasks.paging and not _fault_of(small, source.source):
            found.setdefault(tasks.paging.kind, source)
    return found


def _fault_of(small: Written, source: str) -> object:
    manifest = json.loads((small.folder / "http" / "manifest.json").read_text(encoding="utf-8"))
    return manifest["sources"][source]["fault"]


class Running:
    """A server of the small sample in a thread."""

    def __init__(self, folder: Path, faults: dict[str, str] | None = None) -> None:
        self._server = simulating.start(folder, faults=faults)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Running:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def get(self, path: str, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {TOKEN}", **more.pop("headers", {})}
        more = {"timeout": TIMEOUT, "allow_redirects": False, **more}
        return requests.get(urljoin(self.url, path), headers=headers, **more)


@pytest.fixture
def server(small: Written) -> Iterator[Running]:
    with Running(small.folder) as running:
        yield running


def _walk(server: Running, path: str, paging: Paging, size: int) -> list[Any]:
    """Every record, by nothing but what the declaration says."""
    records: list[Any] = []
    params: dict[str, Any] = {paging.size_param or "size": size}
    for number in range(10_000):
        if paging.kind == "page":
            params[paging.page_param] = paging.first_page + number
        elif paging.kind == "offset":
            params[paging.offset_param] = len(records)
        answer = server.get(path, params=params)
        answer.raise_for_status()
        page = answer.json()
        items = _at(page, paging.items)
        records += items
        following = _at(page, paging.next) if paging.next else None
        if paging.kind == "link":
            following = answer.links.get("next", {}).get("url")
        if paging.kind in ("page", "offset"):
            if len(records) >= _at(page, paging.total):
                return records
        elif not following:
            return records
        elif paging.kind == "cursor":
            params[paging.cursor_param] = following
        else:
            path, params = following, {}
    raise AssertionError("paging has no end")


def _at(page: Any, path: str | None) -> Any:
    for name in path.split(".") if path else ():
        page = page[name]
    return page


@pytest.mark.parametrize("kind", ["page", "offset", "cursor", "link", "next"])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_pages_hold_every_record_once(
    kind: str, size: int, small: Written, server: Running, sources: dict[str, Source]
) -> None:
    source = sources[kind]
    paging = source.datasets["tasks"].paging
    assert paging is not None
    held = json.loads((small.folder / "http" / source.source / "tasks.json").read_bytes())
    assert _walk(server, f"/{source.source}/tasks", paging, size) == held


def test_a_token_is_asked_for(server: Running, sources: dict[str, Source]) -> None:
    path = f"/{sources['page'].source}/tasks"
    for given in ("", "Bearer", "Bearer wrong", f"Basic {TOKEN}"):
        assert server.get(path, headers={"Authorization": given}).status_code == 401
    assert server.get(path).status_code == 200
    open_path = f"/{sources['link'].source}/tasks"
    assert server.get(open_path, headers={"Authorization": ""}).status_code == 200


def test_without_its_secret_a_server_lets_nobody_in(
    server: Running, sources: dict[str, Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in simulating.secrets(TOKEN):
        monkeypatch.delenv(name)
    path = f"/{sources['page'].source}/tasks"
    assert server.get(path, headers={"Authorization": "Bearer "}).status_code == 401


def test_an_unchanged_page_moves_no_bytes(server: Running, sources: dict[str, Source]) -> None:
    path = f"/{sources['page'].source}/tasks"
    first = server.get(path, params={"size": 2})
    etag, changed = first.headers["ETag"], first.headers["Last-Modified"]
    again = server.get(path, params={"size": 2}, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    since = server.get(path, params={"size": 2}, headers={"If-Modified-Since": changed})
    assert since.status_code == 304
    assert server.get(path, params={"size": 3}).headers["ETag"] != etag
    other = server.get(path, params={"size": 2}, headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)
    assert server.get(path, headers={"If-Modified-Since": "yesterday"}).status_code == 200


def test_what_is_not_served_is_not_found(server: Running, sources: dict[str, Source]) -> None:
    source = sources["page"].source
    for path in ("/", f"/{source}", f"/{source}/secrets", "/nobody/tasks", "/../manifest/json",
                 f"/{source}/tasks/more"):  # fmt: skip
        assert server.get(path).status_code == 404, path
    assert server.get(f"/{source}/tasks?page=many").status_code == 400
    assert server.get("/health").json()["sources"] > 3


def test_the_faults_of_the_sample_are_served(sample: Written) -> None:
    listed = json.loads((sample.folder / "http" / "manifest.json").read_bytes())["sources"]
    faulty = {entry["fault"]["kind"]: source for source, entry in listed.items() if entry["fault"]}
    assert set(faulty) == {"status", "slow"}
    with Running(sample.folder) as running:
        assert running.get(f"/{faulty['status']}/tasks").status_code == 500
        started = time.monotonic()
        assert running.get(f"/{faulty['slow']}/feedback").status_code in (200, 404)
        assert running.get(f"/{faulty['slow']}/progress").status_code == 200
        assert time.monotonic() - started >= 1


@pytest.fixture
def faulty(small: Written, sources: dict[str, Source], request: pytest.FixtureRequest) -> Any:
    source = sources["page"].source
    with Running(small.folder, {source: request.param}) as running:
        yield running, f"/{source}/tasks"


@pytest.mark.parametrize(
    ("faulty", "status"), [("status:503", 503), ("busy:7", 429), ("redirect", 302)],
    indirect=["faulty"],
)  # fmt: skip
def test_a_fault_in_the_status(faulty: tuple[Running, str], status: int) -> None:
    running, path = faulty
    answer = running.get(path)
    assert answer.status_code == status
    assert status != 429 or answer.headers["Retry-After"] == "7"
    assert status != 302 or not answer.headers["Location"].startswith(running.url)


@pytest.mark.parametrize("faulty", ["half"], indirect=True)
def test_half_a_body(faulty: tuple[Running, str]) -> None:
    running, path = faulty
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        running.get(path)


@pytest.mark.parametrize("faulty", ["wrong_length"], indirect=True)
def test_a_length_that_is_wrong(faulty: tuple[Running, str]) -> None:
    running, path = faulty
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        running.get(path).json()


@pytest.mark.parametrize("faulty", ["drip:0.05"], indirect=True)
def test_a_slow_drip_outlasts_any_patience_between_bytes(faulty: tuple[Running, str]) -> None:
    running, path = faulty
    started = time.monotonic()
    seen = 0
    with running.get(path, stream=True, timeout=2) as answer:
        for _ in answer.iter_content(1):
            seen += 1
            if time.monotonic() - started > 2.5:
                break
    assert 5 < seen <= 51


@pytest.mark.parametrize("faulty", ["timeout"], indirect=True)
def test_no_answer(faulty: tuple[Running, str]) -> None:
    running, path = faulty
    with pytest.raises(requests.exceptions.ReadTimeout):
        running.get(path, timeout=0.3)


@pytest.mark.parametrize("faulty", ["error_page", "deep_json"], indirect=True)
def test_a_body_that_is_no_list(faulty: tuple[Running, str]) -> None:
    running, path = faulty
    with pytest.raises((ValueError, RecursionError)):
        running.get(path).json()


@pytest.mark.parametrize("faulty", ["gzip_bomb"], indirect=True)
def test_a_body_that_swells(faulty: tuple[Running, str]) -> None:
    running, path = faulty
    with running.get(path, stream=True) as answer:
        first = next(answer.iter_content(20_000_000))
    assert set(first) == {0}
    assert int(answer.headers["Content-Length"]) < 20_000_000


@pytest.mark.parametrize("faulty", ["giant_headers"], indirect=True)
def test_headers_without_measure(faulty: tuple[Running, str]) -> None:
    running, path = faulty
    with socket.create_connection(("127.0.0.1", urlsplit(running.url).port), TIMEOUT) as asked:
        head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
        asked.sendall(head.encode())
        taken = 0
        while taken < 20_000_000:
            piece = asked.recv(1_000_000)
            assert piece
            taken += len(piece)
            assert b"\r\n\r\n" not in piece


@pytest.mark.parametrize("faulty", ["xml_bomb"], indirect=True)
def test_entities_that_swell(faulty: tuple[Running, str]) -> None:
    running, path = faulty
    body = running.get(path).text
    assert len(body) < 2_000
    assert body.count("<!ENTITY") == 10


def test_another_schema_every_other_day(small: Written, sources: dict[str, Source]) -> None:
    source = sources["page"].source
    listed = small.folder / "http" / source / "tasks.json"
    fields = set()
    with Running(small.folder, {source: "new_schema"}) as running:
        for days in (1, 2, 3):
            os.utime(listed, (days * 86_400, days * 86_400))
            page = running.get(f"/{source}/tasks").json()
            fields.add((days % 2, tuple(page["data"]["items"][0])))
    assert len(fields) == 2


@pytest.mark.parametrize("kind", ["page", "offset", "cursor", "link", "next"])
@pytest.mark.parametrize("fault", ["endless", "loop"])
def test_paging_without_end(
    kind: str, fault: str, small: Written, sources: dict[str, Source]
) -> None:
    source = sources[kind]
    paging = source.datasets["tasks"].paging
    assert paging is not None
    with Running(small.folder, {source.source: fault}) as running:
        last = running.get(f"/{source.source}/tasks", params={"page": 10**6, "offset": 10**6})
        page = last.json()
        if kind == "link":
            promised = last.links.get("next", {}).get("url")
        else:
            promised = _at(page, paging.total or paging.next)
        assert promised
        if fault == "endless" and kind != "link":
            assert running.get(f"/{source.source}/tasks").json() != page


def test_every_fault_is_tried_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in FAULTS if f'"{name}' not in text and name != "slow"] == []


@pytest.mark.parametrize(
    ("faults", "said"),
    [({"bo-g06": "explode"}, "unknown fault"), ({"bo-g06": "slow:soon"}, "unknown fault"),
     ({"bo-g06": "status:200"}, "unknown fault"), ({"nobody": "half"}, "no such source")],
)  # fmt: skip
def test_a_fault_that_cannot_be_is_refused(
    faults: dict[str, str], said: str, small: Written
) -> None:
    with pytest.raises(UsageError, match=said):
        simulating.start(small.folder, faults=faults)


def test_a_folder_without_a_sample_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no sample"):
        simulating.start(tmp_path)


def test_a_taken_port_is_refused(small: Written, server: Running) -> None:
    with pytest.raises(UsageError, match="cannot listen"):
        simulating.start(small.folder, port=int(server.url.rsplit(":", 1)[1]))


def test_the_server_as_a_process_ends_when_told(small: Written) -> None:
    port = simulating.free_port()
    code = (
        "import sys; from pathlib import Path; from task_warehouse import simulating; "
        "simulating.serve(Path(sys.argv[1]), port=int(sys.argv[2]))"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(small.folder), str(port)], env=os.environ.copy()
    )
    try:
        simulating.wait_until_ready(port)
        answer = requests.get(f"http://127.0.0.1:{port}/health", timeout=TIMEOUT)
        assert answer.json()["sources"] > 3
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=10) == 0
    finally:
        child.kill()
        child.wait()
    with pytest.raises(UsageError, match="did not start"):
        simulating.wait_until_ready(port, seconds=0.2)
