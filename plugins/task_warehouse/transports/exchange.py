"""One request and its answer, tried again where that can help; bodies measured as they come."""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Self

import requests
from urllib3.exceptions import HTTPError

from task_warehouse.landing import TooLargeError
from task_warehouse.transports.attempts import Fault, failed, missing, refused
from task_warehouse.transports.guarding import Guard, GuardedAdapter, Origin
from task_warehouse.transports.pacing import keep_trying
from task_warehouse.transports.trusting import trust

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType
    from typing import TypeVar

    from requests.auth import AuthBase

    from task_warehouse.sources.model import Auth
    from task_warehouse.transports.attempts import Pull

    Taken = TypeVar("Taken")

CHUNK_BYTES = 65_536
WORTH_AGAIN = {408, 429, 500, 502, 503, 504}
GZIP = ("gzip", "x-gzip")
# Exports shrink to a tenth, seldom to a fiftieth; a bomb to a thousandth.
UNPACKED_FREELY = 4 << 20
UNPACKED_OF_EACH = 200
LONGEST_HEADER = 1_024
MAX_TOKEN_BYTES = 65_536
HTML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body|script|!--)", re.I)
USER_AGENT = "task-warehouse"


class Reply:
    """An answer whose body has not been read yet."""

    def __init__(self, pull: Pull, response: requests.Response) -> None:
        self._pull = pull
        self._response = response
        self.status = response.status_code
        self.url = pull.dataset.url or ""

    def header(self, name: str) -> str | None:
        """A header of the answer, cut to 1,024 characters, without any secret of ours."""
        value = self._response.headers.get(name) or ""
        return self._pull.secrets.hide(value)[:LONGEST_HEADER] or None

    def links(self) -> Mapping[str, Any]:
        return self._response.links

    def body(self, max_bytes: int) -> Iterator[bytes]:
        """The body, unpacked, in chunks.

        Raises a Fault for a body that is damaged or late, TooLargeError past ``max_bytes``.
        """
        encoding = (self._response.headers.get("Content-Encoding") or "identity").strip().casefold()
        raw = self._raw()
        if encoding in GZIP:
            raw = _unzipped(raw)
        elif encoding != "identity":
            raise refused("transport.encoding_unknown", encoding[:40], "gzip")
        size = 0
        for chunk in raw:
            if not size:
                _refuse_page_for_people(self._response.headers.get("Content-Type") or "", chunk)
            size += len(chunk)
            if size > max_bytes:
                raise TooLargeError(max_bytes)
            self._pull.deadline.check()
            yield chunk
        # A connection cut by the deadline looks like the end of a body without a length.
        self._pull.deadline.check()

    def _raw(self) -> Iterator[bytes]:
        raw = self._response.raw
        left = raw.length_remaining
        while True:
            # All but the last byte, then a look at what lies behind it: a server that sends more
            # than it declared has cut the export, or put something after it.
            ask = CHUNK_BYTES if left is None else min(CHUNK_BYTES, max(left - 1, 1))
            if left == 1:
                _refuse_excess(raw)
            chunk = raw.read1(ask, decode_content=False)
            if not chunk:
                return
            left = None if left is None else left - len(chunk)
            yield chunk


class Door:
    """The way to one declared host: its connections, credentials and patience."""

    def __init__(self, pull: Pull, signature: AuthBase | None = None) -> None:
        self._pull = pull
        self.tries = 0
        declared = Origin.of(pull.dataset.url or "")
        assert declared is not None, "the model lets only HTTP addresses through"
        self.origin = declared
        self._session = session_for(pull, declared)
        self._session.auth = signature
        self._authorisation: dict[str, str] | None = None
        self._renewed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.close()

    def get(
        self,
        url: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        take: Callable[[Reply], Taken],
    ) -> tuple[Reply, Taken]:
        """Ask, and ``take`` the answer; both again while trying again may help.

        Raises a Fault. The address must lie on the declared host: nothing is sent elsewhere.
        """
        if Origin.of(url) != self.origin:
            raise refused("transport.next_elsewhere", Origin.of(url) or "?", self.origin)
        return keep_trying(
            self._pull.dataset.limits,
            self._pull.deadline,
            lambda: self._once(url, params, headers, take),
            self._renews,
        )

    def _renews(self, fault: Fault) -> bool:
        """A token that is refused may have run out early: once, a new one is asked for."""
        auth = self._pull.dataset.auth
        if auth is None or auth.kind != "oauth2" or self._renewed:
            return False
        if fault.code != "transport.unauthorised":
            return False
        self._pull.tokens.forget(auth)
        self._authorisation, self._renewed = None, True
        return True

    def _once(
        self,
        url: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        take: Callable[[Reply], Taken],
    ) -> tuple[Reply, Taken]:
        pull = self._pull
        if self._authorisation is None:
            self._authorisation = authorisation(pull)
        pull.rates.take(self.origin.host, pull.dataset.limits.requests_per_second, pull.deadline)
        self.tries += 1
        with mending(pull):
            response = self._session.get(
                url,
                params=params,
                headers={**headers, **self._authorisation},
                stream=True,
                allow_redirects=False,
                timeout=timeouts(pull),
            )
            with response:
                refuse_status(pull, response)
                reply = Reply(pull, response)
                return reply, take(reply)


def session_for(pull: Pull, origin: Origin) -> requests.Session:
    """A session of requests that reaches one host, and takes nothing from the environment."""
    session = requests.Session()
    session.trust_env = False  # no .netrc, no proxy: what is sent is what is declared
    guard = Guard(origin, pull.dataset.private_network, pull.deadline)
    session.mount("http://", GuardedAdapter(guard))
    if origin.scheme == "https":
        session.mount("https://", GuardedAdapter(guard, trust(pull)))
    session.headers.update(
        {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "gzip, identity"}
    )
    return session


def timeouts(pull: Pull) -> tuple[float, float]:
    """Connect and read time-outs in seconds, never beyond the deadline."""
    limits, left = pull.dataset.limits, max(pull.deadline.remaining, 0.001)
    return min(limits.connect_seconds, left), min(limits.read_seconds, left)


class mending:  # noqa: N801 - reads as a verb at the place of use
    """Turn what the network throws into faults in our words; libraries' words hold addresses."""

    def __init__(self, pull: Pull) -> None:
        self._pull = pull

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> None:
        if error is None or isinstance(error, (Fault, TooLargeError)):
            return
        if isinstance(error, (requests.RequestException, HTTPError, HTTPException)):
            if self._pull.deadline.remaining <= 0:
                raise self._pull.deadline.fault() from None
            raise _network_fault(error, self._pull) from None


def _network_fault(error: BaseException, pull: Pull) -> Fault:
    said = f"{type(error).__name__} {error}"
    host = Origin.of(pull.dataset.url or "")
    if isinstance(error, requests.exceptions.SSLError):
        return failed("transport.certificate", host)
    if "NameResolution" in said:
        return failed("transport.name_unknown", host, again=True)
    if isinstance(error, requests.exceptions.ConnectTimeout) or "NewConnection" in said:
        return failed("transport.no_answer", host, again=True)
    if "timed out" in said or "Timeout" in said:
        return failed("transport.time_out", f"{pull.dataset.limits.read_seconds:g}", again=True)
    if "IncompleteRead" in said:
        return failed("transport.body_cut", host, again=True)
    return failed("transport.connection", type(error).__name__, again=True)


def refuse_status(pull: Pull, response: requests.Response) -> None:
    """Raise the fault of a status that brings no data; let 200, 204 and 304 through."""
    status = response.status_code
    if status in (200, 204, 304):
        return
    if 300 <= status < 400:
        target = Origin.of(response.headers.get("Location", ""))
        raise refused("transport.redirect", target or "?", Origin.of(pull.dataset.url or ""))
    if status in (404, 410):
        raise missing("transport.not_found", status)
    if status in (401, 403):
        raise failed("transport.unauthorised", status)
    if status not in WORTH_AGAIN:
        raise failed("transport.http_status", status)
    code = "transport.too_many_requests" if status == 429 else "transport.server_error"
    fault = failed(code, status, again=True)
    asked = _retry_after(response.headers.get("Retry-After"))
    if asked is not None:
        fault.wait = min(asked, pull.dataset.limits.retry_after_seconds)
    raise fault


def _refuse_page_for_people(kind: str, start: bytes) -> None:
    # Many a server calls its CSV text/html; only what is said to be a page and looks like one is.
    kind = kind.split(";")[0].strip().casefold()
    if kind in ("text/html", "application/xhtml+xml") and HTML.match(start):
        raise refused("transport.page_for_people", kind)


def _retry_after(text: str | None) -> float | None:
    """Seconds a server asks to wait, as seconds or as a date; None where it says neither."""
    if not text:
        return None
    if text.strip().isdigit():
        return float(text.strip()[:12])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _refuse_excess(raw: Any) -> None:
    source = getattr(getattr(raw, "_fp", None), "fp", None)
    if source is not None and hasattr(source, "peek") and len(source.peek(2)) > 1:
        raise failed("transport.wrong_length", again=True)


def _unzipped(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack gzip piece by piece, never more than a chunk at a time in memory.

    Ends a bomb by what comes out of each byte, long before it is as large as an export may be:
    the processor's time for it would be the neighbours'.
    """
    unpacker = zlib.decompressobj(wbits=31)
    taken = made = 0
    try:
        for chunk in chunks:
            packed = chunk
            taken += len(chunk)
            while packed:
                if unpacker.eof:  # members one after another are one file
                    unpacker = zlib.decompressobj(wbits=31)
                unpacked = unpacker.decompress(packed, CHUNK_BYTES)
                packed = unpacker.unconsumed_tail or unpacker.unused_data
                made += len(unpacked)
                if made > max(UNPACKED_FREELY, (taken - len(packed)) * UNPACKED_OF_EACH):
                    raise refused("transport.swells", str(UNPACKED_OF_EACH))
                yield unpacked
    except zlib.error:
        raise failed("transport.body_damaged", "gzip", again=True) from None
    if not unpacker.eof:
        raise failed("transport.body_cut", "gzip", again=True)


def authorisation(pull: Pull) -> dict[str, str]:
    """The header that opens the declared host."""
    auth = pull.dataset.auth
    if auth is None or auth.kind != "oauth2":
        return pull.secrets.headers(auth)
    token = pull.tokens.get(pull, auth, lambda: ask_for_token(pull, auth))
    return {"Authorization": f"Bearer {token}"}


def ask_for_token(pull: Pull, auth: Auth) -> tuple[str, float]:
    """OAuth2 client credentials: a token and the seconds it lives.

    The client's secret goes to the declared token address only. Raises a Fault.
    """
    url = auth.token_url or ""
    origin = Origin.of(url)
    assert origin is not None, "the model lets only HTTP addresses through"
    client, secret = pull.secrets.user_and_password(auth)
    form = {"grant_type": "client_credentials", **({"scope": auth.scope} if auth.scope else {})}
    if auth.client_in == "form":
        form |= {"client_id": client, "client_secret": secret}
    with session_for(pull, origin) as session, mending(pull):
        response = session.post(
            url,
            data=form,
            auth=(client, secret) if auth.client_in == "header" else None,
            stream=True,
            allow_redirects=False,
            timeout=timeouts(pull),
        )
        with response:
            if response.status_code in WORTH_AGAIN:
                raise failed("transport.server_error", response.status_code, again=True)
            if response.status_code != 200:
                raise failed("transport.token_refused", response.status_code)
            body = b"".join(Reply(pull, response).body(MAX_TOKEN_BYTES))
    said = pull.peeker.peek(body, next_path="access_token", total="expires_in")
    if not said.next or not said.next.isprintable():
        raise failed("transport.token_refused", response.status_code)
    pull.secrets.remember(said.next)
    return said.next, float(said.total if said.total is not None else 0)
