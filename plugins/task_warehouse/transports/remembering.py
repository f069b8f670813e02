"""Pages that were landed before, and the tags under which their server knows them.

A paged collection lands as one delivery, so the tags of its pages are kept together in its
receipt, each with the step (address and query) it belongs to. A page that the server says is
unchanged is taken from the delivery that holds it; all pages unchanged give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from task_warehouse.landing import path_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from task_warehouse.transports.attempts import Pull

RECORD_SEPARATOR, LINE_FEED = b"\x1e", b"\n"
# Beyond these the receipts would grow more than the wire is spared.
MAX_PAGES = 200
MAX_BYTES = 64_000_000


class PageMemory:
    """The pages of the newest delivery of this address, by step; and the tags of this walk."""

    def __init__(self, pull: Pull) -> None:
        self._tags: dict[str, str] = {}
        self._pages: dict[str, bytes] = {}
        self._noted: list[tuple[str, str]] = []
        newest = next((one for one in pull.earlier if one.origin == pull.dataset.address), None)
        if newest is None or not newest.etag or pull.dataset.updated_since:
            return
        if newest.size_bytes > MAX_BYTES or not pull.holds(newest.sha256):
            return
        noted = _noted_in(newest.etag)
        pages = split_pages(path_of(pull.home, newest.sha256).read_bytes())
        if len(noted) == len(pages):
            self._tags = {step: tag for step, tag in noted if tag}
            self._pages = {step: page for (step, _), page in zip(noted, pages, strict=True)}

    def condition(self, step: str) -> Mapping[str, str]:
        """The header that asks for this page only if it has changed."""
        tag = self._tags.get(step)
        return {"If-None-Match": tag} if tag else {}

    def tag(self, step: str) -> str | None:
        """The tag under which this page is known."""
        return self._tags.get(step)

    def page(self, step: str) -> bytes | None:
        """The page as it was landed; None for one that was never asked for conditionally."""
        return self._pages[step] if step in self._tags else None

    def note(self, step: str, tag: str | None) -> None:
        """A page was taken, under this tag."""
        self._noted.append((step, tag or ""))

    def as_text(self) -> str | None:
        """What to keep in the receipt; None where the server gives no tags."""
        if len(self._noted) > MAX_PAGES or not any(tag for _, tag in self._noted):
            return None
        return json.dumps(self._noted, separators=(",", ":"))


def step_name(url: str, params: Mapping[str, str]) -> str:
    """A short name of an address and query; neither is kept, for either may be long."""
    said = json.dumps([url, sorted(params.items())])
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def frame(page: bytes) -> bytes:
    """One page of the sequence (RFC 7464): as it came, between a separator and a line feed."""
    return RECORD_SEPARATOR + page + LINE_FEED


def split_pages(landed: bytes) -> list[bytes]:
    """The pages of a landed sequence. A sound JSON text holds no separator of its own."""
    return [page[:-1] for page in landed.split(RECORD_SEPARATOR)[1:]]


def _noted_in(text: str) -> list[tuple[str, str]]:
    try:
        said = json.loads(text)
        return [(str(step), str(tag)) for step, tag in said]
    except (ValueError, TypeError):
        return []  # the address was not paged then
