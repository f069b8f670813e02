"""Reports put where sources fetch them; a source that does not take one is an outcome."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from reported_home import DAY, SOURCE, make_home, snapshot_of

from task_warehouse import reporting_back
from task_warehouse.errors import SourceFileError
from task_warehouse.reporting_back import room, sending
from task_warehouse.settings import Home

NOW = datetime(2025, 7, 1, 0, 0, tzinfo=UTC)
NAMES = [f"ket-qua_bo-g06_20250701.{name}" for name in ("json", "txt", "xlsx")]
TOKEN = "bi-mat-cua-nguon"
SFTP = Path(__file__).parents[1] / "collect" / "misbehaving_sftp.py"


class Taker(ThreadingHTTPServer):
    """An address that takes files: what was put, with which headers, and what it answers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Put)
        self.answers: list[int] = []
        self.location = ""
        self.taken: dict[str, bytes] = {}
        self.authorisations: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/ket-qua"


class _Put(BaseHTTPRequestHandler):
    server: Taker

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.authorisations.append(self.headers["Authorization"])
        status = self.server.answers.pop(0) if self.server.answers else 201
        if status == 201:
            self.server.taken[self.path] = body
        self.send_response(status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return None


@pytest.fixture
def taker() -> Iterator[Taker]:
    server = Taker()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path, [])


def declare(home: Home, report_back: dict[str, object]) -> None:
    """The source file of the ministry, with where it fetches its reports."""
    folder = home.root / "sources"
    folder.mkdir(exist_ok=True)
    said = {
        "source": SOURCE,
        "organisation": "G06",
        "datasets": {"progress": {"transport": "folder", "path": "exports"}},
        "report_back": report_back,
    }
    (folder / "bo-g06.yml").write_text(json.dumps(said), encoding="utf-8")


def report(home: Home, at: datetime = NOW) -> reporting_back.Summary:
    return reporting_back.report_back(home, home.root / "sources", snapshot_of(home), at)


def http(taker: Taker, **more: object) -> dict[str, object]:
    limits = {"backoff_seconds": 0.01, "retries": 1, "deadline_seconds": 5}
    said = {"transport": "http", "url": taker.url, "private_network": True, "limits": limits}
    return {**said, "auth": {"kind": "bearer", "secret": "REPORTS"}, **more}


def test_a_folder_gets_the_files_whole_and_once(home: Home) -> None:
    folder = home.root / "sources" / "tra-lai"
    declare(home, {"transport": "folder", "path": "tra-lai"})
    folder.mkdir()
    assert report(home).put == 3
    assert sorted(path.name for path in folder.iterdir()) == NAMES
    own = room.path_of(home, SOURCE, DAY, "xlsx").read_bytes()
    assert (folder / NAMES[2]).read_bytes() == own
    assert report(home).counts() == {"written": 0, "unchanged": 2, "put": 0, "not_put": 0}


def test_a_folder_that_is_not_there_is_an_outcome_and_tried_again(home: Home) -> None:
    declare(home, {"transport": "folder", "path": "tra-lai", "formats": ["xlsx"]})
    assert report(home).not_put == 1
    (sent,) = sending.read_sent(home).values()
    assert (sent.outcome, sent.reason_code) == ("failed", "transport.folder_missing")
    said = f"{SOURCE}: {sent.reason_vi} (từ 01/07/2025) / {sent.reason_en} (since 01/07/2025)"
    assert sending.complaints(home) == [said]
    assert report(home, NOW + timedelta(days=3)).not_put == 1
    assert sending.complaints(home) == [said]
    (home.root / "sources" / "tra-lai").mkdir()
    assert report(home, NOW + timedelta(days=4)).put == 1
    (sent,) = sending.read_sent(home).values()
    assert (sent.outcome, sent.reason_code, sent.failing_since) == ("put", None, None)
    assert sending.complaints(home) == []


def test_files_are_put_with_the_secret_of_the_declared_host(
    home: Home, taker: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASK_WAREHOUSE_SECRET_REPORTS", TOKEN)
    declare(home, http(taker))
    assert report(home).put == 3
    assert sorted(taker.taken) == [f"/ket-qua/{name}" for name in NAMES]
    assert (
        taker.taken[f"/ket-qua/{NAMES[0]}"] == room.path_of(home, SOURCE, DAY, "json").read_bytes()
    )
    assert set(taker.authorisations) == {f"Bearer {TOKEN}"}
    kept = b"".join(path.read_bytes() for path in home.reports.rglob("*") if path.is_file())
    assert TOKEN.encode() not in kept


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([404], "report.not_taken"),
        ([401], "transport.unauthorised"),
        ([500, 500], "transport.server_error"),
        ([302], "transport.redirect"),
    ],
)
def test_what_is_not_taken_is_told_and_the_rest_waits(
    home: Home,
    taker: Taker,
    monkeypatch: pytest.MonkeyPatch,
    answers: list[int],
    reason: str,
) -> None:
    monkeypatch.setenv("TASK_WAREHOUSE_SECRET_REPORTS", TOKEN)
    declare(home, http(taker))
    taker.answers, taker.location = list(answers), "http://127.0.0.1:9/elsewhere"
    assert report(home).counts()["not_put"] == 3
    assert len(taker.authorisations) == len(answers)
    assert {sent.reason_code for sent in sending.read_sent(home).values()} == {reason}
    assert report(home).put == 3


def test_an_address_that_fails_once_is_tried_again(
    home: Home, taker: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASK_WAREHOUSE_SECRET_REPORTS", TOKEN)
    declare(home, http(taker))
    taker.answers = [503]
    assert report(home).put == 3


def test_a_secret_that_is_not_there_is_ours_to_mend(home: Home, taker: Taker) -> None:
    declare(home, http(taker))
    assert report(home).not_put == 3
    assert {sent.reason_code for sent in sending.read_sent(home).values()} == {
        "transport.secret_missing"
    }
    assert taker.authorisations == []


def test_sftp_gets_the_files_and_replaces_them(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, log = tmp_path / "remote", tmp_path / "log"
    folder.mkdir()
    log.write_text("")
    (folder / NAMES[2]).write_bytes(b"an older report")
    command = [sys.executable, str(SFTP), str(log)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        server = json.loads(child.stdout.readline())
        monkeypatch.setenv("TASK_WAREHOUSE_SECRET_REPORTS", "mat-khau-dung")
        declare(
            home,
            {
                "transport": "sftp",
                "url": f"sftp://127.0.0.1:{server['port']}",
                "path": str(folder),
                "private_network": True,
                "host_key": server["fingerprint"],
                "auth": {"kind": "password", "user": "vai", "secret": "REPORTS"},
            },
        )
        done = report(home)
        child.kill()
    assert done.put == 3, sending.read_sent(home)
    assert sorted(path.name for path in folder.iterdir()) == NAMES
    assert (folder / NAMES[2]).read_bytes() == room.path_of(home, SOURCE, DAY, "xlsx").read_bytes()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"transport": "folder"}, "path"),
        ({"transport": "http"}, "url"),
        ({"transport": "folder", "path": "exports"}, "another place than that of the exports"),
        ({"transport": "folder", "path": "x", "formats": ["pdf"]}, "formats"),
    ],
)
def test_a_wrong_declaration_is_refused_with_its_line(
    home: Home, said: dict[str, object], expected: str
) -> None:
    declare(home, said)
    with pytest.raises(SourceFileError, match=expected) as caught:
        report(home)
    assert "bo-g06.yml:" in str(caught.value)
