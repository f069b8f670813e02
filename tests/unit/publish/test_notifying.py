"""Messages: through a real mail server and a real webhook, once for each state, text only."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from hostile_marts import HOSTILE
from publish_marts import AS_OF
from tests.unit.collect.certificates import Authority

from task_warehouse import notifying
from task_warehouse.errors import UsageError
from task_warehouse.notifying import configuration, record, rendering, sending
from task_warehouse.notifying.sending import SMTP_VARIABLE, NotAllSentError
from task_warehouse.settings import CA_BUNDLE_VARIABLE, Home
from task_warehouse.snapshots import current

LEADER, BODY, ENGINEER = "chanh@example.gov.vn", "xa@example.gov.vn", "du-lieu@example.gov.vn"
SETTINGS = f"""
sender: kho@example.gov.vn
dashboard: https://example.gov.vn/sang/
leaders: {{email: [{LEADER}]}}
engineers: {{email: [{ENGINEER}]}}
organisations:
  "00004": {{email: [{BODY}]}}
"""


@pytest.fixture
def home(home_root: Path, told_morning: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A data root with those mornings and the file of notifications."""
    (home_root / "published").symlink_to(told_morning.parent)
    (home_root / configuration.FILE_NAME).write_text(SETTINGS, encoding="utf-8")
    monkeypatch.setattr(sending, "PAUSE_SECONDS", 0.0)
    monkeypatch.delenv(configuration.FILE_VARIABLE, raising=False)
    return Home(home_root)


class Box:
    """What a real SMTP server took; ``refused`` readers get a 550; ``on_data`` sees each first."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refused: set[str] = set()
        self.on_data: Callable[[], None] = lambda: None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _: Any, __: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.refused:
            return "550 nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        assert envelope.rcpt_tos == [message["To"]], "one reader a message"
        self.messages.append(message)
        self.on_data()
        return "250 OK"

    def to(self, reader: str) -> list[EmailMessage]:
        return [message for message in self.messages if message["To"] == reader]


class _OnAnyPort(Controller):
    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server(box: Box, **options: Any) -> Iterator[int]:
    server = _OnAnyPort(box, hostname="127.0.0.1", port=0, **options)
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Box]:
    held = Box()
    with mail_server(held) as port:
        monkeypatch.setenv(SMTP_VARIABLE, f"smtp://127.0.0.1:{port}?tls=no")
        yield held


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_leaders_get_the_brief_bodies_their_tasks_engineers_what_failed(
    home: Home, box: Box
) -> None:
    assert notifying.notify(home).sent == len(box.messages) == 3
    (brief,), (tasks,), (data,) = box.to(LEADER), box.to(BODY), box.to(ENGINEER)
    manifest = current(home)
    assert manifest is not None
    with duckdb.connect(str(manifest.path / "warehouse.duckdb"), read_only=True) as connection:
        row = connection.execute(
            "select tasks, open_overdue from marts.mart_scorecard where organisation_code = 'VN'"
        ).fetchone()
    assert row is not None
    for kind in ("html", "plain"):
        said = part(brief, kind)
        for expected in (*map(str, row), "20/11/2026", "+2 so với 19/11", "Cần quyết định"):
            assert expected.casefold() in said.casefold(), (kind, expected)
        assert "https://example.gov.vn/sang/" in said
    assert "Mới quá hạn (3)" in part(tasks, "html")
    assert "quá 2 ngày" in part(tasks, "plain")
    assert "Thiếu hoặc bị từ chối" in part(data, "html")
    assert '<html lang="vi">' in part(brief, "html")


def test_hostile_names_and_titles_are_only_text(home: Home, box: Box) -> None:
    notifying.notify(home)
    (tasks,) = box.to(BODY)
    assert tasks["Bcc"] is None
    assert "Bcc: ai@do.vn" in tasks["Subject"], "in the subject, as text"
    html, text = part(tasks, "html"), part(tasks, "plain")
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    for said in (html, text):
        assert "\u202e" not in said
        assert max(map(len, text.splitlines())) < 400, "a very long title is cut"


def test_nobody_is_told_one_state_twice(home: Home, box: Box) -> None:
    notifying.notify(home)
    again = notifying.notify(home)
    assert (again.sent, again.already_told) == (0, 3)
    assert len(box.messages) == 3
    kept = [str(path) for path in home.notified.rglob("*")]
    assert kept
    assert not any("example.gov.vn" in path for path in kept), "no address in a path"


def test_two_processes_tell_each_reader_once(home: Home, box: Box) -> None:
    both = [threading.Thread(target=notifying.notify, args=(home,)) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert len(box.messages) == 3


def test_a_kill_before_recording_sends_again_under_the_same_id(home: Home, box: Box) -> None:
    (home.root / configuration.FILE_NAME).write_text(
        f"sender: kho@example.gov.vn\nleaders: {{email: [{LEADER}]}}\n", encoding="utf-8"
    )
    child: list[subprocess.Popen[bytes]] = []
    started = threading.Event()

    def kill() -> None:
        started.wait()
        os.kill(child[0].pid, signal.SIGKILL)

    box.on_data = kill
    child.append(subprocess.Popen([sys.executable, "-m", "task_warehouse.cli", "notify"]))
    started.set()
    assert child[0].wait() == -signal.SIGKILL
    box.on_data = lambda: None
    assert notifying.notify(home).sent == 1
    first, second = box.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert notifying.notify(home).sent == 0


def test_a_reader_who_is_refused_costs_nobody_else(home: Home, box: Box) -> None:
    before = current(home)
    box.refused = {BODY}
    with pytest.raises(NotAllSentError, match="1 of 3 messages"):
        notifying.notify(home)
    assert current(home) == before
    assert {message["To"] for message in box.messages} == {LEADER, ENGINEER}
    box.refused = set()
    assert notifying.notify(home).sent == 1
    assert len(box.to(BODY)) == 1


def test_without_a_server_nothing_is_recorded_as_told(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SMTP_VARIABLE, raising=False)
    with pytest.raises(NotAllSentError, match="3 of 3"):
        notifying.notify(home)
    assert all(would for _, would in notifying.preview(home))


def test_mail_goes_over_verified_tls_and_logs_in(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = Authority(tmp_path)
    asked: list[tuple[bytes, bytes]] = []

    def log_in(_: Any, __: Any, ___: Any, mechanism: str, said: Any) -> AuthResult:
        asked.append((said.login, said.password))
        return AuthResult(success=True)

    held = Box()
    options = {"tls_context": ours.server(), "require_starttls": True, "authenticator": log_in}
    with mail_server(held, auth_required=True, **options) as port:
        address = f"smtp://kho:m%40t%20kh%E1%BA%A9u@127.0.0.1:{port}"
        with pytest.raises(NotAllSentError, match="SSLCertVerificationError"):
            notifying.notify(home, address)
        assert asked == []
        monkeypatch.setenv(CA_BUNDLE_VARIABLE, str(ours.bundle))
        assert notifying.notify(home, address.replace("kh%E1%BA%A9u", "khau")).sent == 3
    assert asked == [(b"kho", b"m@t khau")]


class Hook:
    """A webhook over TLS; ``answers`` are given in turn, then 204."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.calls: list[tuple[dict[str, str], dict[str, Any]]] = []


@pytest.fixture
def hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Home) -> Iterator[Hook]:
    held = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            octets = self.rfile.read(int(self.headers["Content-Length"]))
            held.calls.append((dict(self.headers), json.loads(octets)))
            self.send_response(held.answers.pop(0) if held.answers else 204)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    ours = Authority(tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = ours.server().wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    monkeypatch.setenv(CA_BUNDLE_VARIABLE, str(ours.bundle))
    monkeypatch.setenv("TASK_WAREHOUSE_SECRET_KENH", "bi-mat-cua-kenh")
    (home.root / configuration.FILE_NAME).write_text(
        "leaders:\n  webhook:\n"
        f"    - {{url: 'https://127.0.0.1:{server.server_port}/h', secret: KENH}}\n",
        encoding="utf-8",
    )
    yield held
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_webhook_gets_json_once_and_is_tried_again(home: Home, hook: Hook) -> None:
    hook.answers = [503]
    assert notifying.notify(home).sent == 1
    assert notifying.notify(home).sent == 0
    (first, content), (second, _) = hook.calls
    assert first["Authorization"] == "Bearer bi-mat-cua-kenh"
    assert first["Idempotency-Key"] == second["Idempotency-Key"] == content["message_id"]
    assert content["kind"] == "brief"
    assert content["as_of_date"] == AS_OF.isoformat()


def test_a_webhook_is_not_followed_elsewhere(home: Home, hook: Hook) -> None:
    hook.answers = [307]
    with pytest.raises(NotAllSentError, match="answered 307") as caught:
        notifying.notify(home)
    assert len(hook.calls) == 1
    assert "bi-mat" not in str(caught.value)


def test_a_dry_run_prints_and_neither_sends_nor_records(home: Home, box: Box) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "task_warehouse.cli", "notify", "--dry-run"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"== {LEADER} (brief, would be sent)" in done.stdout
    assert box.messages == []
    assert not home.notified.exists()


def test_without_a_file_nobody_is_told(home: Home, box: Box) -> None:
    (home.root / configuration.FILE_NAME).unlink()
    assert notifying.notify(home) == notifying.Summary()
    assert box.messages == []


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("leaders:\n  email: [khong-phai]\n", 2, "one e-mail address"),
        ("sender: a@b.vn\nleader: {}\n", 2, "'leader' is not known"),
        ("leaders: {email: [a@b.vn]}\n", 1, "no 'sender:'"),
        ("leaders:\n  webhook:\n    - url: http://b.vn/x\n", 3, "https://"),
        ('organisations:\n  "99999": {}\n', 2, "no code of an organisation"),
        ('sender: "a@b.vn\\r\\nBcc: c@d.vn"\n', 1, "one e-mail address"),
        ("due_within_days: 0\n", 1, "due_within_days"),
        ("- a\n", 1, "not a list of keys"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(home: Home, text: str, line: int, said: str) -> None:
    path = home.root / configuration.FILE_NAME
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said) as caught:
        configuration.load(home)
    assert caught.value.where == f"{path}:{line}"


def test_only_news_is_told_and_no_older_day() -> None:
    day = date(2026, 11, 20)
    told = record.Told({}).after(frozenset("ab"), day)
    assert told.news(frozenset("a"), day + timedelta(days=1)) == frozenset()
    assert told.news(frozenset("ac"), day + timedelta(days=1)) == frozenset("c")
    assert told.news(frozenset("c"), day - timedelta(days=1)) == frozenset()


def test_a_text_from_outside_is_one_short_line_without_marks_of_direction() -> None:
    said = rendering.line(HOSTILE)
    assert len(said) <= rendering.LONGEST_LINE + 1
    assert not {"\r", "\n", "\u202e"} & set(said)
