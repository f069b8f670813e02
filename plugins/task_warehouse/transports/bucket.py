"""S3-compatible storage: a bucket as a drop, over the same guarded door as any HTTP.

Requests are ours and only their signature comes from a library: that keeps the declared host, the
total deadline, the size limit and the patience of every other pull. Addresses are path-style
(``endpoint/bucket/key``), which all compatible stores understand.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests.auth import AuthBase

from task_warehouse.landing import receive
from task_warehouse.transports.attempts import Fault, refused
from task_warehouse.transports.drops import Entry, pull_place
from task_warehouse.transports.exchange import Door
from task_warehouse.transports.names import is_left_alone

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

    from task_warehouse.landing import Received
    from task_warehouse.transports.attempts import Attempt, Pull
    from task_warehouse.transports.exchange import Reply
    from task_warehouse.transports.peeking import Listing

UNRESERVED = "-._~"
PRECONDITION_FAILED = 412


def pull_s3(pull: Pull) -> list[Attempt]:
    """One attempt for each object that matches; one that says why where none does."""
    with Door(pull, _signature(pull)) as door:
        return pull_place(pull, _Bucket(pull, door))


class _Signature(AuthBase):
    """AWS Signature Version 4, made anew for each try."""

    def __init__(self, key_id: str, secret: str, region: str) -> None:
        self._signer = S3SigV4Auth(Credentials(key_id, secret), "s3", region)

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        # Of the headers only ours are signed: what a library adds on the way may change.
        request = AWSRequest(method=prepared.method, url=prepared.url)
        self._signer.add_auth(request)
        prepared.headers.update(dict(request.headers.items()))
        return prepared


def _signature(pull: Pull) -> AuthBase | None:
    auth = pull.dataset.auth
    if auth is None:
        return None
    return _Signature(*pull.secrets.user_and_password(auth), pull.dataset.region)


class _Bucket:
    """Objects under a prefix; an object is whole as soon as it is listed."""

    def __init__(self, pull: Pull, door: Door) -> None:
        self._pull, self._door = pull, door
        self._base = f"{(pull.dataset.url or '').rstrip('/')}/{pull.dataset.bucket}"
        path = (pull.dataset.path or "").strip("/")
        self._prefix = f"{path}/" if path else ""

    @property
    def tries(self) -> int:
        return self._door.tries

    def ready(self) -> None:
        """Each request stands for itself."""

    def entries(self, *, deep: bool) -> Iterator[Entry]:
        token: str | None = None
        seen: set[str] = set()
        for _ in range(self._pull.dataset.limits.max_pages):
            page = self._page(token, deep=deep)
            for key, size, etag, changed in page.objects:
                name = key.removeprefix(self._prefix)
                if key.startswith(self._prefix) and _is_ours(name):
                    yield Entry(name, size, etag, _moment(changed))
            token = page.next
            if token is None:
                return
            if token in seen:
                raise refused("transport.paging_loop", len(seen) + 1)
            seen.add(token)
        raise refused("transport.too_many_pages", self._pull.dataset.limits.max_pages)

    def _page(self, token: str | None, *, deep: bool) -> Listing:
        query = {"encoding-type": "url", "list-type": "2", "prefix": self._prefix}
        if not deep:
            query["delimiter"] = "/"
        if token is not None:
            query["continuation-token"] = token
        # In the order and spelling in which it is signed.
        said = "&".join(f"{k}={quote(v, safe=UNRESERVED)}" for k, v in sorted(query.items()))
        limit = self._pull.dataset.limits.max_page_bytes
        _, body = self._door.get(
            f"{self._base}?{said}", {}, {}, lambda reply: b"".join(reply.body(limit))
        )
        return self._pull.peeker.list_objects(body)

    def take(self, entry: Entry) -> Received | None:
        pull, limit = self._pull, self._pull.dataset.limits.max_bytes

        def receive_body(reply: Reply) -> Received:
            return receive(pull.home, reply.body(limit), max_bytes=limit)

        # The object that was listed, or none: it may be replaced between the two.
        condition = {"If-Match": entry.etag} if entry.etag else {}
        key = quote(self._prefix + entry.name, safe="/" + UNRESERVED)
        try:
            return self._door.get(f"{self._base}/{key}", {}, condition, receive_body)[1]
        except Fault as fault:
            if fault.code == "transport.http_status" and fault.value == str(PRECONDITION_FAILED):
                return None
            raise


def _is_ours(name: str) -> bool:
    """No marker of a folder, and nothing in it or above it that is hidden or unfinished."""
    if not name or name.endswith("/"):
        return False
    parts = [part for part in name.split("/") if part not in ("", ".", "..")]
    return not any(is_left_alone(part) for part in parts)


def _moment(text: str | None) -> str | None:
    try:
        return datetime.fromisoformat(text).isoformat() if text else None
    except ValueError:
        return None
