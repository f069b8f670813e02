"""Page after page of a collection: by number, offset, cursor, Link header or next address.

A collection ends where the server says so, never where a page looks short: a server that gives
fewer items a page than it was asked for would otherwise lose rows in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin

from task_warehouse.transports.attempts import Fault, failed, refused
from task_warehouse.transports.guarding import Origin
from task_warehouse.transports.remembering import PageMemory, step_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from task_warehouse.sources.model import Paging
    from task_warehouse.transports.attempts import Pull
    from task_warehouse.transports.exchange import Door, Reply
    from task_warehouse.transports.peeking import Peek

MAX_EMPTY_PAGES = 10


def walk_pages(
    pull: Pull, door: Door, first: dict[str, str], memory: PageMemory
) -> Iterator[tuple[bytes, int]]:
    """The body and number of items of every page, in order; the empty last one too.

    Raises a Fault for a loop, a page without its list, a total that is not reached, an address
    elsewhere. What was yielded before is then not the collection, and must not be landed.
    """
    paging = pull.dataset.paging
    assert paging is not None
    steps = _Steps(pull, paging, first)
    for number in range(pull.dataset.limits.max_pages):
        taken = _take_page(pull, door, steps, memory)
        if taken is None:
            steps.end()
            return
        reply, body = taken
        peek = pull.peeker.peek(body, items=paging.items, next_path=paging.next, total=paging.total)
        if peek.items is None:
            raise failed("transport.page_shape", number + 1, paging.items or "[…]")
        going_on = steps.after(reply, peek)
        yield body, peek.items
        if not going_on:
            steps.end()
            return
    raise refused("transport.too_many_pages", pull.dataset.limits.max_pages)


def _take_page(
    pull: Pull, door: Door, steps: _Steps, memory: PageMemory
) -> tuple[Reply, bytes] | None:
    """The next page and its reply; None behind the last one."""
    step = step_name(steps.url, steps.params)

    def take(reply: Reply) -> bytes:
        if reply.status == 204:
            return b""
        if reply.status == 304:
            known = memory.page(step)
            if known is None:
                raise failed("transport.http_status", reply.status)
            return known
        return b"".join(reply.body(pull.dataset.limits.max_page_bytes))

    try:
        reply, body = door.get(steps.url, steps.params, memory.condition(step), take)
    except Fault as fault:
        # Some servers answer the page after the last with "not found".
        if fault.outcome == "missing" and steps.may_end_not_found:
            return None
        raise
    if reply.status == 204:
        return None
    memory.note(step, reply.header("ETag") if reply.status == 200 else memory.tag(step))
    return reply, body


class _Steps:
    """Where the walk is, and what it has seen."""

    def __init__(self, pull: Pull, paging: Paging, first: dict[str, str]) -> None:
        self.url = pull.dataset.url or ""
        self._paging = paging
        self._pages = 0
        self._items = 0
        self._empty = 0
        self._total: int | None = None
        self._seen_items: set[str] = set()
        self._declared = dict(first)
        if paging.size and (paging.size_param or paging.kind in ("page", "offset")):
            default = "limit" if paging.kind == "offset" else "size"
            self._declared[paging.size_param or default] = str(paging.size)
        self.params = dict(self._declared)
        if paging.kind == "page":
            self.params[paging.page_param] = str(paging.first_page)
        if paging.kind == "offset":
            self.params[paging.offset_param] = "0"
        self._seen_steps = {self._step()}

    def after(self, reply: Reply, peek: Peek) -> bool:
        """Take note of a page; is there another one, and has ``url``/``params`` moved to it?"""
        items = peek.items or 0
        self._pages += 1
        self._items += items
        self._total = peek.total if peek.total is not None else self._total
        self._empty = 0 if items else self._empty + 1
        if items:
            if peek.hash in self._seen_items:
                raise refused("transport.paging_loop", self._pages)
            self._seen_items.add(str(peek.hash))
        if not self._move(reply, peek, items):
            return False
        if self._empty > MAX_EMPTY_PAGES or self._step() in self._seen_steps:
            raise refused("transport.paging_loop", self._pages)
        self._seen_steps.add(self._step())
        return True

    @property
    def may_end_not_found(self) -> bool:
        return self._pages > 0 and self._paging.kind in ("page", "offset")

    def end(self) -> None:
        """Raise the fault of a collection that is shorter than its own stated total."""
        if self._total is not None and self._items < self._total:
            raise failed("transport.short_of_total", self._items, self._total)

    def _move(self, reply: Reply, peek: Peek, items: int) -> bool:
        kind = self._paging.kind
        if kind in ("page", "offset"):
            if not items or (self._total is not None and self._items >= self._total):
                return False
            if kind == "page":
                number = self._paging.first_page + self._pages
                self.params = {**self.params, self._paging.page_param: str(number)}
            else:
                self.params = {**self.params, self._paging.offset_param: str(self._items)}
            return True
        following = peek.next
        if kind == "link":
            following = reply.links().get("next", {}).get("url")
        if not following:
            return False
        if kind == "cursor":
            self.params = {**self._declared, self._paging.cursor_param: following}
        else:
            # The door refuses an address on another host; the query is the server's own.
            try:
                self.url, self.params = urljoin(self.url, following), {}
            except ValueError:
                raise refused("transport.next_elsewhere", "?", Origin.of(self.url)) from None
        return True

    def _step(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        return self.url, tuple(sorted(self.params.items()))
