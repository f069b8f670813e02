"""Serve the sample exports over HTTP, as the systems of ministries, provinces and communes would.

A real server on loopback: lists cut into pages in five ways, bearer tokens, conditional requests,
and the faults of servers, by source: those the sample was written with, or those asked for here.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import signal
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from task_warehouse.errors import UsageError
from task_warehouse.simulated_faults import FAULTS, Answer, Fault, Request, parse_fault

SECRET_PREFIX = "TASK_WAREHOUSE_SECRET_"  # noqa: S105 - the name of a variable
SECRET_NAMES = ("SAMPLE_MINISTRY", "SAMPLE_PROVINCE", "SAMPLE_COMMUNE")
LARGEST_PAGE = 1000
LISTS_HELD = 128
CHECKED_EVERY_SECONDS = 0.05


def secrets(token: str) -> dict[str, str]:
    """The variables that both sides need: the server to check the token, the other to send it."""
    return {SECRET_PREFIX + name: token for name in SECRET_NAMES}


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def wait_until_ready(port: int, host: str = "127.0.0.1", seconds: float = 60) -> None:
    """Return when the server answers; :class:`UsageError` when it does not in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with socket.create_connection((host, port), timeout=1):
                return
        except OSError:
            time.sleep(CHECKED_EVERY_SECONDS)
    raise UsageError(
        "the simulated sources did not start",
        where=f"{host}:{port}",
        remedy="see whether another program holds the port, and whether the sample was written",
    )


@dataclass(frozen=True, slots=True)
class Served:
    """One source as its server sees it."""

    secret: str | None
    fault: Fault | None
    paging: Mapping[str, Any]
    datasets: frozenset[str]


class Exports:
    """The lists to serve, read once a file and read again when the file changes."""

    def __init__(self, directory: Path, faults: Mapping[str, Fault]) -> None:
        self._folder = directory / "http"
        self._faults = faults
        # The last ones used: a list of many pages is taken apart once, and memory does not grow.
        self._lists: OrderedDict[Path, tuple[int, str, list[Any]]] = OrderedDict()
        self._manifest: tuple[int, dict[str, Served]] = (-1, {})
        self._lock = threading.Lock()
        self.sources()

    def sources(self) -> dict[str, Served]:
        """By source what its server must know; the manifest of the sample may be rewritten."""
        path = self._folder / "manifest.json"
        if not path.is_file():
            raise UsageError(
                "there is no sample to serve",
                where=str(path),
                remedy="write one first: task-warehouse sample --out DIR",
            )
        changed = path.stat().st_mtime_ns
        if self._manifest[0] != changed:
            listed = json.loads(path.read_text(encoding="utf-8"))["sources"]
            self._manifest = (changed, {s: self._served(s, entry) for s, entry in listed.items()})
        return self._manifest[1]

    def _served(self, source: str, entry: Mapping[str, Any]) -> Served:
        fault = self._faults.get(source)
        if fault is None and entry["fault"]:
            fault = parse_fault(entry["fault"])
        return Served(entry["secret"], fault, entry["paging"], frozenset(entry["datasets"]))

    def records(self, source: str, dataset: str) -> tuple[str, float, list[Any]]:
        """Hash, time of change and records of one list."""
        path = self._folder / source / f"{dataset}.json"
        status = path.stat()
        with self._lock:
            held = self._lists.get(path)
        if held is None or held[0] != status.st_mtime_ns:
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()[:20]
            held = (status.st_mtime_ns, digest, json.loads(content))
        with self._lock:
            self._lists[path] = held
            self._lists.move_to_end(path)
            while len(self._lists) > LISTS_HELD:
                self._lists.popitem(last=False)
        return held[1], status.st_mtime, held[2]


def cut(
    paging: Mapping[str, Any], path: str, query: Mapping[str, str], records: list[Any]
) -> tuple[Any, str | None]:
    """One page of the list and its ``Link`` header.

    Addresses of next pages carry no host, so that the same list gives the same bytes on any port.
    Raises ValueError for a number that is none.
    """
    kind = paging["kind"]
    size = min(max(1, int(query.get(paging.get("size_param") or "size", paging["size"]))),
               LARGEST_PAGE)  # fmt: skip
    number = int(query.get("page", 1))
    start = (number - 1) * size
    if kind == "offset":
        start = int(query.get("offset", 0))
    elif kind == "cursor":
        start = int(query.get("cursor", "c0").removeprefix("c"))
    items = records[start : start + size] if start >= 0 else []
    has_more = start + size < len(records)
    following = f"{path}?{urlencode({**query, 'page': number + 1})}" if has_more else None
    if kind == "page":
        return {"data": {"page": number, "total": len(records), "items": items}}, None
    if kind == "offset":
        return {"total": len(records), "offset": start, "items": items}, None
    if kind == "cursor":
        cursor = f"c{start + size}" if has_more else None
        return {"data": items, "meta": {"next_cursor": cursor}}, None
    if kind == "next":
        return {"results": items, "next": following}, None
    return items, f'<{following}>; rel="next"' if following else None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "SampleExports"
    sys_version = ""
    server: Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        names = [name for name in parts.path.split("/") if name]
        if names == ["health"]:
            said = {"sources": len(self.server.exports.sources())}
            self._send(Answer.of_json({**said, "body_bytes": self.server.body_bytes}))
            return
        served = self.server.exports.sources().get(names[0]) if len(names) == 2 else None
        if served is None or names[1] not in served.datasets:
            self._send(Answer.of_error(HTTPStatus.NOT_FOUND))
            return
        if not self._is_allowed(served):
            answer = Answer.of_error(HTTPStatus.UNAUTHORIZED)
            answer.headers["WWW-Authenticate"] = "Bearer"
            self._send(answer)
            return
        try:
            answer = self._answer(served, names[0], names[1], parts.path, query)
        except ValueError:
            answer = Answer.of_error(HTTPStatus.BAD_REQUEST)
        if fault := served.fault:
            answer = FAULTS[fault.kind](Request(answer, fault.number, self.server.stopping))
        self._send(answer)

    def _is_allowed(self, served: Served) -> bool:
        if served.secret is None:
            return True
        token = os.environ.get(SECRET_PREFIX + served.secret)
        given = self.headers.get("Authorization", "")
        return bool(token) and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())

    def _answer(
        self, served: Served, source: str, dataset: str, path: str, query: dict[str, str]
    ) -> Answer:
        digest, changed, records = self.server.exports.records(source, dataset)
        page, link = cut(served.paging, path, query, records)
        asked = urlencode(sorted(query.items()))
        mark = hashlib.sha256(f"{digest}?{asked}".encode()).hexdigest()[:24]
        headers = {"ETag": f'"{mark}"', "Last-Modified": formatdate(changed, usegmt=True)}
        if link:
            headers["Link"] = link
        if self._is_known(headers["ETag"], changed):
            return Answer(HTTPStatus.NOT_MODIFIED, headers, b"")
        answer = Answer.of_json(page)
        answer.headers.update(headers)
        return answer

    def _is_known(self, etag: str, changed: float) -> bool:
        """An entity tag decides alone where one is given, as the standard asks."""
        if tags := self.headers.get("If-None-Match"):
            return etag in (tag.strip().removeprefix("W/") for tag in tags.split(","))
        since = self.headers.get("If-Modified-Since")
        if not since:
            return False
        try:
            return int(changed) <= parsedate_to_datetime(since).timestamp()
        except ValueError:
            return False

    def _send(self, answer: Answer) -> None:
        """Send the answer as it is; a fault may have made it contradict itself."""
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if "Content-Length" not in answer.headers:
            self.send_header("Content-Length", str(len(answer.body)))
        if answer.closes:
            self.send_header("Connection", "close")
            self.close_connection = True
        try:
            self.flush_headers()
            for line in answer.more_headers or ():
                self.wfile.write(line)
            self.end_headers()
            for part in answer.parts():
                self.wfile.write(part)
                self.wfile.flush()
                self.server.body_bytes += len(part)
        except OSError:
            self.close_connection = True  # the other side has gone; nothing is left to say

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - name of the base class
        """Thousands of requests a run: said nowhere."""


class Server(ThreadingHTTPServer):
    """The server and what its handlers share."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], exports: Exports) -> None:
        super().__init__(address, _Handler)
        self.exports = exports
        self.stopping = threading.Event()
        self.body_bytes = 0  # sent in all; a measure, so threads need not agree on it exactly

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke is the other side's affair."""


def start(
    directory: Path,
    host: str = "127.0.0.1",
    port: int = 0,
    faults: Mapping[str, str] | None = None,
) -> Server:
    """A server bound to its port and not serving yet; ``faults`` by source, such as ``slow:2``.

    Raises :class:`UsageError` for a folder without a sample, an unknown source or fault, and a
    port that is taken.
    """
    exports = Exports(directory, {s: parse_fault(text) for s, text in (faults or {}).items()})
    unknown = sorted(set(faults or {}) - set(exports.sources()))
    if unknown:
        raise UsageError(
            f"no such source is served: {', '.join(unknown)}",
            remedy=f"name one of {', '.join(sorted(exports.sources()))}",
        )
    try:
        return Server((host, port), exports)
    except OSError as error:
        raise UsageError(
            f"cannot listen: {error.strerror}",
            where=f"{host}:{port}",
            remedy="name another port, or 0 for a free one",
        ) from error


def serve(
    directory: Path,
    host: str = "127.0.0.1",
    port: int = 0,
    ready: Callable[[int], None] | None = None,
    *,
    faults: Mapping[str, str] | None = None,
) -> None:
    """Serve until the process is told to end; ``ready`` is called with the port."""
    server = start(directory, host, port, faults)

    def stop(*_: object) -> None:
        server.stopping.set()
        # shutdown() waits for the loop below, so it must not be called from within it.
        threading.Thread(target=server.shutdown, daemon=True).start()

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
    if ready:
        ready(server.server_address[1])
    with server:
        server.serve_forever(poll_interval=CHECKED_EVERY_SECONDS)
