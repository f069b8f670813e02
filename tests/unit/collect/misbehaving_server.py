"""A real HTTP server on loopback that behaves, and misbehaves in every way a source may."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Behaviour = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.query = {k: v[-1] for k, v in parse_qs(urlsplit(self.path).query).items()}
        path = urlsplit(self.path).path
        self.server.requests.append((self.path, dict(self.headers)))
        behaviour = self.server.behaviours.get(path)
        if behaviour is None:
            self.answer(b"", status=404)
        else:
            behaviour(self)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        self.form = {k: v[-1] for k, v in parse_qs(self.rfile.read(length).decode()).items()}
        self.do_GET()

    def answer(
        self,
        body: bytes,
        *,
        status: int = 200,
        kind: str = "application/json",
        headers: dict[str, str] | None = None,
        length: int | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviours: dict[str, Behaviour] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.stopped = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def on(self, path: str, behaviour: Behaviour) -> str:
        self.behaviours[path] = behaviour
        return self.base + path

    def handle_error(self, *_: Any) -> None:
        return  # clients that go away are what these tests are about

    def stop(self) -> None:
        self.stopped.set()
        self.shutdown()
        self.server_close()


def says(body: Any, **how: Any) -> Behaviour:
    """Always the same answer; anything but bytes is sent as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda handler: handler.answer(raw, **how)


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """One behaviour a request; the last one stays."""
    left = list(behaviours)

    def behave(handler: Handler) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(handler)

    return behave


def drips(seconds: float = 0.1) -> Behaviour:
    """A byte at a time, for ever: each read succeeds, the whole never does."""

    def behave(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        while not handler.server.stopped.wait(seconds):
            handler.wfile.write(b"1")
            handler.wfile.flush()

    return behave


def drips_headers(seconds: float = 0.1) -> Behaviour:
    """Never gets to the end of its headers."""

    def behave(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not handler.server.stopped.wait(seconds):
            handler.wfile.write(b"1")
            handler.wfile.flush()

    return behave


def endless_headers(handler: Handler) -> None:
    """Gigabytes of headers."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    line = b"X-More: " + b"a" * 60_000 + b"\r\n"
    while not handler.server.stopped.is_set():
        handler.wfile.write(line)


def hangs(handler: Handler) -> None:
    """Takes the request and says nothing."""
    handler.server.stopped.wait(30)


def hangs_up(handler: Handler) -> None:
    """Closes without an answer."""
    handler.close_connection = True
    handler.connection.close()


def cuts_the_body(handler: Handler) -> None:
    """Announces more than it sends."""
    handler.answer(b'[{"a": 1}', length=500)
    handler.close_connection = True


def sends_more_than_announced(handler: Handler) -> None:
    handler.answer(b"a,b\n1,2\n3,4\n5,6\n", kind="text/csv", length=8)
    handler.close_connection = True


def gzip_bomb(handler: Handler) -> None:
    """A gigabyte of zeros in a megabyte."""
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Connection", "close")
    handler.end_headers()
    piece = gzip.compress(b"0" * 10_000_000)
    for _ in range(100):
        handler.wfile.write(piece)
    handler.close_connection = True


def endless_body(handler: Handler) -> None:
    """No length, no end."""
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    while not handler.server.stopped.is_set():
        handler.wfile.write(b"0" * 65_536)
        time.sleep(0)


def pages_of(
    rows: list[Any], size: int = 2, *, wrap: str | None = "items", **more: Any
) -> Behaviour:
    """Numbered pages; never more than ``size`` items, whatever is asked for."""

    def behave(handler: Handler) -> None:
        page = int(handler.query.get("page", "1"))
        part = rows[(page - 1) * size : page * size]
        handler.answer(json.dumps({wrap: part, **more} if wrap else part).encode())

    return behave
