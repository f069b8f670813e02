"""The ways in which a simulated source misbehaves; used by :mod:`task_warehouse.simulating`."""

from __future__ import annotations

import gzip
import itertools
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

from task_warehouse.errors import UsageError

ELSEWHERE = "http://192.0.2.1/elsewhere"  # a documentation address: nobody is there
HELD_SECONDS = 600.0
ERROR_PAGE = "<!DOCTYPE html><html><body><h1>Hệ thống đang bảo trì</h1></body></html>"
BOMB_BLOCK = 10_000_000
BOMB_BLOCKS = 1000  # ten gigabytes of zeros once inflated
DEPTH = 100_000
HEADER_BYTES = 60_000


@dataclass(slots=True)
class Answer:
    """One response, still to be sent; a stream is sent instead of the body."""

    status: HTTPStatus
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    stream: Iterator[bytes] | None = None
    closes: bool = False

    @classmethod
    def of_json(cls, value: object) -> Answer:
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return cls(HTTPStatus.OK, {"Content-Type": "application/json; charset=utf-8"}, body)

    @classmethod
    def of_error(cls, status: HTTPStatus) -> Answer:
        answer = cls.of_json({"error": status.phrase})
        answer.status = status
        return answer

    def parts(self) -> Iterator[bytes]:
        """What goes over the wire, piece by piece."""
        if self.stream is not None:
            yield from self.stream
        elif self.body:
            yield self.body


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of :data:`FAULTS` and its number: a status, or seconds."""

    kind: str
    number: float


@dataclass(frozen=True, slots=True)
class Request:
    """What a fault works on: the honest answer, its own number, and when the server ends."""

    answer: Answer
    number: float
    stopping: threading.Event


Misbehave = Callable[[Request], Answer]


def parse_fault(said: str | Mapping[str, Any]) -> Fault:
    """``status:503``, ``slow:2``, ``half``; or the mapping of a sample's manifest."""
    if isinstance(said, str):
        kind, _, text = said.partition(":")
    else:
        kind, text = said["kind"], str(said.get("status", said.get("seconds", "")))
    try:
        number = float(text) if text else DEFAULTS.get(kind, 0.0)
    except ValueError:
        number = -1.0
    if kind not in FAULTS or number < 0 or (kind == "status" and not 400 <= number <= 599):
        raise UsageError(
            f"unknown fault: {said}",
            remedy=f"name one of {', '.join(sorted(FAULTS))}, with a number after ':' where needed",
        )
    return Fault(kind, number)


def _status(request: Request) -> Answer:
    return Answer.of_error(HTTPStatus(int(request.number)))


def _busy(request: Request) -> Answer:
    refusal = Answer.of_error(HTTPStatus.TOO_MANY_REQUESTS)
    refusal.headers["Retry-After"] = str(int(request.number))
    return refusal


def _slow(request: Request) -> Answer:
    request.stopping.wait(request.number)
    return request.answer


def _half(request: Request) -> Answer:
    answer = request.answer
    answer.headers["Content-Length"] = str(len(answer.body))
    return replace(answer, body=answer.body[: len(answer.body) // 2], closes=True)


def _wrong_length(request: Request) -> Answer:
    answer = request.answer
    answer.headers["Content-Length"] = str(max(0, len(answer.body) - 10))
    return replace(answer, closes=True)


def _drip(request: Request) -> Answer:
    def drops(body: bytes) -> Iterator[bytes]:
        for byte in body:
            yield bytes((byte,))
            if request.stopping.wait(request.number):
                return

    answer = request.answer
    answer.headers["Content-Length"] = str(len(answer.body))
    return replace(answer, stream=drops(answer.body), closes=True)


def _redirect(request: Request) -> Answer:
    path = request.answer.headers.get("ETag", "").strip('"')
    return Answer(HTTPStatus.FOUND, {"Location": f"{ELSEWHERE}/{path}"})


def _gzip_bomb(request: Request) -> Answer:
    block = gzip.compress(bytes(BOMB_BLOCK), 9, mtime=0)

    def blocks() -> Iterator[bytes]:
        for _ in range(BOMB_BLOCKS):
            if request.stopping.is_set():
                return
            yield block

    headers = {
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
        "Content-Length": str(len(block) * BOMB_BLOCKS),
    }
    return Answer(HTTPStatus.OK, headers, stream=blocks(), closes=True)


def _giant_headers(request: Request) -> Answer:
    padding = {f"X-Padding-{number}": "x" * HEADER_BYTES for number in range(20)}
    return replace(request.answer, headers={**request.answer.headers, **padding})


def _error_page(request: Request) -> Answer:
    headers = {"Content-Type": "text/html; charset=utf-8"}
    return replace(request.answer, headers=headers, body=ERROR_PAGE.encode())


def _deep_json(request: Request) -> Answer:
    return replace(request.answer, body=b"[" * DEPTH + b"]" * DEPTH)


_marks = itertools.count(1)


def _endless(request: Request) -> Answer:
    return _with_more(request.answer, next(_marks))


def _loop(request: Request) -> Answer:
    return _with_more(request.answer, 0)


def _with_more(answer: Answer, mark: int) -> Answer:
    """The page with a promise of another one; ``mark`` makes it a new one or always the same."""
    if not answer.body:
        return answer
    page = json.loads(answer.body)
    following = f"?page=1&n={mark}"
    if isinstance(page, list):
        answer.headers["Link"] = f'<{following}>; rel="next"'
    elif "results" in page:
        page["next"] = following
    elif "meta" in page:
        page["meta"]["next_cursor"] = f"c{mark}"
    else:
        holder = page.get("data", page)
        holder["total"] = 10**9
        holder["items"] = holder["items"] or [{"n": mark}]
    changed = Answer.of_json(page)
    changed.headers = {**answer.headers, **changed.headers}
    return changed


DEFAULTS = {"status": 500.0, "busy": 1.0, "slow": 1.0, "drip": 0.5, "timeout": HELD_SECONDS}
FAULTS: dict[str, Misbehave] = {
    "status": _status,  # this status instead of the list
    "busy": _busy,  # 429 with Retry-After
    "slow": _slow,  # every answer waits so many seconds
    "timeout": _slow,  # no answer within any patience
    "half": _half,  # half of the body, then the connection ends
    "wrong_length": _wrong_length,  # a length shorter than the body
    "drip": _drip,  # a byte now and then
    "redirect": _redirect,  # to another host
    "error_page": _error_page,  # an HTML page with status 200
    "endless": _endless,  # there is always one more page
    "loop": _loop,  # the next page is this page
    "gzip_bomb": _gzip_bomb,  # ten gigabytes of zeros in a few megabytes
    "deep_json": _deep_json,  # a hundred thousand brackets
    "giant_headers": _giant_headers,  # a megabyte of headers
}
