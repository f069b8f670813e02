"""The ways in which a simulated source misbehaves; used by :mod:`task_warehouse.simulating`."""

from __future__ import annotations

import functools
import gzip
import itertools
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
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
HEADER_LINES = 170_000  # ten gigabytes of headers, for who goes on reading
LAUGHS = 9


@dataclass(slots=True)
class Answer:
    """One response, still to be sent; a stream is sent instead of the body."""

    status: HTTPStatus
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    stream: Iterator[bytes] | None = None
    closes: bool = False
    more_headers: Iterator[bytes] | None = None  # whole lines, sent as they come

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


@functools.cache
def _bomb_block() -> bytes:
    return gzip.compress(bytes(BOMB_BLOCK), 9, mtime=0)


def _gzip_bomb(request: Request) -> Answer:
    block = _bomb_block()

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
    line = b"X-Padding: " + b"x" * HEADER_BYTES + b"\r\n"

    def lines() -> Iterator[bytes]:
        for _ in range(HEADER_LINES):
            if request.stopping.is_set():
                return
            yield line

    return replace(request.answer, more_headers=lines(), closes=True)


def _error_page(request: Request) -> Answer:
    headers = {"Content-Type": "text/html; charset=utf-8"}
    return replace(request.answer, headers=headers, body=ERROR_PAGE.encode())


def _deep_json(request: Request) -> Answer:
    return replace(request.answer, body=b"[" * DEPTH + b"]" * DEPTH)


def _xml_bomb(request: Request) -> Answer:
    entities = '<!ENTITY l0 "ha">' + "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, LAUGHS + 1)
    )
    body = f'<?xml version="1.0"?><!DOCTYPE a [{entities}]><a><b>&l{LAUGHS};</b></a>'
    headers = {"Content-Type": "application/xml"}
    return replace(request.answer, headers=headers, body=body.encode())


def _new_schema(request: Request) -> Answer:
    """Every other day the fields have other names and stand in another order."""
    answer = request.answer
    changed = answer.headers.get("Last-Modified")
    if not answer.body or not changed or parsedate_to_datetime(changed).toordinal() % 2:
        return answer
    page = Answer.of_json(_renamed(json.loads(answer.body)))
    headers = {**answer.headers, "ETag": answer.headers["ETag"][:-1] + '-new"', **page.headers}
    return replace(answer, headers=headers, body=page.body)


def _renamed(value: Any) -> Any:
    """The page with the fields of its records renamed and reversed; its envelope stays."""
    if isinstance(value, list):
        return [
            {f"truong_{key}": item[key] for key in reversed(item)}
            if isinstance(item, dict)
            else item
            for item in value
        ]
    if isinstance(value, dict):
        return {key: _renamed(item) for key, item in value.items()}
    return value


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
    "giant_headers": _giant_headers,  # ten gigabytes of headers
    "xml_bomb": _xml_bomb,  # entities that swell to a billion laughs
    "new_schema": _new_schema,  # other names of fields every other day
}
