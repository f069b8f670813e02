"""HTTP: one address or all pages of a collection, with a deadline, limits and one host only."""

from __future__ import annotations

import contextlib
import re
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from task_warehouse.landing import TooLargeError, receive
from task_warehouse.transports.attempts import Attempt, Fault, failed, refused
from task_warehouse.transports.exchange import Door
from task_warehouse.transports.paging import walk_pages
from task_warehouse.transports.remembering import PageMemory, frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from task_warehouse.landing import Received
    from task_warehouse.transports.attempts import Earlier, Pull
    from task_warehouse.transports.exchange import Reply

SMALL_BYTES = 65_536  # a body in which nothing arose is small
LONGEST_NAME = 255
DATE_FORMATS = {"iso": "%Y-%m-%d", "dd/mm/yyyy": "%d/%m/%Y", "yyyymmdd": "%Y%m%d"}


def pull_web(pull: Pull) -> list[Attempt]:
    """Fetch the dataset from its address; always one attempt, whatever happens."""
    origin = pull.dataset.address
    door: Door | None = None
    try:
        with Door(pull) as door:
            attempt = _paged(pull, door) if pull.dataset.paging else _single(pull, door)
    except Fault as fault:
        if pull.deadline.remaining <= 0 and fault.outcome == "failed":
            fault = pull.deadline.fault()
        attempt = Attempt(fault.outcome, origin, fault=fault)
    except TooLargeError as error:
        why = refused("transport.too_large", error.limit)
        attempt = Attempt("refused", origin, fault=why)
    attempt.attempts = door.tries if door else 0
    return [attempt]


def parameters(pull: Pull) -> dict[str, str]:
    """The query of the first request: what is declared, and since when changes are asked for."""
    declared = dict(pull.dataset.params)
    since = pull.dataset.updated_since
    if since and pull.last_success:
        # From the day of the last good pull before the as-of date, not from a clock: the same
        # as-of date asks the same question again.
        day = pull.last_success - timedelta(days=since.overlap_days)
        declared[since.param] = day.strftime(DATE_FORMATS[since.date_format])
    return declared


def _single(pull: Pull, door: Door) -> Attempt:
    dataset, origin = pull.dataset, pull.dataset.address
    known = _conditional(pull)
    headers = _condition_headers(known)

    def take(reply: Reply) -> Received | None:
        if reply.status == 204 or (reply.status == 304 and known):
            return None
        if reply.status == 304:
            raise failed("transport.http_status", reply.status)
        return receive(pull.home, reply.body(dataset.limits.max_bytes))

    reply, received = door.get(dataset.url or "", parameters(pull), headers, take)
    if reply.status == 304 and known:
        return Attempt(
            "not_modified",
            origin,
            known.original_name,
            sha256=known.sha256,
            etag=known.etag,
            last_modified=known.last_modified,
        )
    if received is None:
        return Attempt("nothing_arose", origin)
    try:
        empty = _is_empty_list(pull, reply, received)
    except BaseException:
        received.drop()
        raise
    if empty:
        received.drop()
        return Attempt("nothing_arose", origin)
    return Attempt(
        "arrived",
        origin,
        _name(reply),
        received,
        etag=reply.header("ETag"),
        last_modified=reply.header("Last-Modified"),
    )


def _paged(pull: Pull, door: Door) -> Attempt:
    dataset = pull.dataset
    counted: list[int] = []
    memory = PageMemory(pull)

    def sequence() -> Iterator[bytes]:
        # Each page as it came, framed: no page has to be taken apart to land it.
        for body, items in walk_pages(pull, door, parameters(pull), memory):
            counted.append(items)
            yield frame(body)

    received = receive(pull.home, sequence(), max_bytes=dataset.limits.max_bytes)
    if not sum(counted):
        received.drop()
        return Attempt("nothing_arose", dataset.address)
    name = _last_segment(dataset.url or "")
    return Attempt("arrived", dataset.address, name, received, etag=memory.as_text())


def _conditional(pull: Pull) -> Earlier | None:
    """The newest delivery of this address, when its bytes are still ours to repeat."""
    if pull.dataset.updated_since:
        return None
    # Of another address (or query) a tag means nothing, even where it is the same text.
    here = (one for one in pull.earlier if one.origin == pull.dataset.address)
    newest = next(here, None)
    if newest and (newest.etag or newest.last_modified) and pull.holds(newest.sha256):
        return newest
    return None


def _condition_headers(known: Earlier | None) -> dict[str, str]:
    headers = {}
    if known and known.etag:
        headers["If-None-Match"] = known.etag
    if known and known.last_modified:
        headers["If-Modified-Since"] = known.last_modified
    return headers


def _is_empty_list(pull: Pull, reply: Reply, received: Received) -> bool:
    """Does a small JSON body say that there is nothing this time?"""
    if received.size > SMALL_BYTES or not received.size:
        return False
    if pull.dataset.format not in (None, "json"):
        return False
    if pull.dataset.format is None and "json" not in (reply.header("Content-Type") or ""):
        return False
    body = received.temporary.read_bytes()
    with contextlib.suppress(Fault):  # not JSON: reading will say so, with the line
        peek = pull.peeker.peek(body, items=pull.dataset.records)
        return peek.items == 0 and (pull.dataset.records is not None or body.strip()[:1] == b"[")
    return False


def _name(reply: Reply) -> str:
    """The name the server gives the file; data, never a path."""
    said = re.search(
        r"filename\*?=(?:UTF-8'')?\"?([^\";]+)", reply.header("Content-Disposition") or "", re.I
    )
    if said:
        return unquote(said[1]).strip()[-LONGEST_NAME:]
    return _last_segment(reply.url)


def _last_segment(url: str) -> str:
    parts = urlsplit(url)
    return unquote(parts.path.rsplit("/", 1)[-1])[-LONGEST_NAME:] or parts.hostname or ""
