"""The two ways out: SMTP, and a JSON POST to a webhook.

Python's own ``email`` and ``smtplib`` rather than Airflow's SMTP hook: the command line sends
without Airflow too, and the Message-ID must be ours. ``smtps://`` is TLS from the first byte,
``smtp://`` demands STARTTLS, ``smtp://…?tls=no`` is for a relay on this machine or in its room.
"""

from __future__ import annotations

import os
import smtplib
import ssl
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

import requests
from urllib3.util.retry import Retry

from task_warehouse.errors import TaskWarehouseError, UsageError
from task_warehouse.notifying.configuration import Webhook
from task_warehouse.settings import CA_BUNDLE_VARIABLE
from task_warehouse.transports.attempts import Fault
from task_warehouse.transports.signing import Secrets, Stored

SMTP_VARIABLE = "TASK_WAREHOUSE_SMTP"
TIMEOUT_SECONDS = 20.0
TRIES = 3
PAUSE_SECONDS = 1.0
AGAIN = (429, 502, 503, 504)


class NotSentError(Exception):
    """A message did not go out; the text says why, without a credential or an address."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail goes. Without a ``repr`` of the password."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: str  # from the first byte (always), by STARTTLS (upgrade) or not at all (no)

    def __repr__(self) -> str:
        return f"Server({self.host}:{self.port})"


def server_at(address: str) -> Server:
    """The server of an address ``smtps://user:password@host:port``; UsageError for another."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise _wrong_server() from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise _wrong_server()
    off = parse_qs(parts.query).get("tls") == ["no"]
    tls = "always" if parts.scheme == "smtps" else "no" if off else "upgrade"
    standard = {"always": 465, "upgrade": 587, "no": 25}[tls]
    user, password = (unquote(part) if part else None for part in (parts.username, parts.password))
    return Server(parts.hostname, port or standard, user, password, tls)


def _wrong_server() -> UsageError:
    return UsageError(
        "the address of the mail server is not usable (not shown: it may hold a password)",
        where=f"{SMTP_VARIABLE}, or the Airflow connection task_warehouse_smtp",
        remedy="write smtps://user:password@host:465, or smtp://host:587 (STARTTLS)",
    )


class Post(AbstractContextManager["Post"]):
    """Sends messages over connections opened when they are first needed."""

    def __init__(
        self, address: str | None, look_up: Callable[[str], Stored | None] | None = None
    ) -> None:
        self._address = address or os.environ.get(SMTP_VARIABLE)
        self._secrets = Secrets(look_up)
        self._open = ExitStack()
        self._smtp: smtplib.SMTP | None = None
        self._session: requests.Session | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def mail(self, message: EmailMessage) -> None:
        """Hand one message to the server; NotSentError when it does not take it."""
        for attempt in range(1, TRIES + 1):
            try:
                self._connected().send_message(message)
                return
            except (smtplib.SMTPException, OSError) as error:
                self._drop_server()
                if attempt == TRIES or _is_final(error):
                    raise NotSentError(f"mail: {_said(error)}") from None
                time.sleep(PAUSE_SECONDS * attempt)

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is None:
            if not self._address:
                raise NotSentError(f"mail: no server is named ({SMTP_VARIABLE}, or the connection)")
            self._smtp = _log_in(server_at(self._address))
            self._open.callback(self._drop_server)
        return self._smtp

    def _drop_server(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    def call(self, webhook: Webhook, message_id: str, content: dict[str, Any]) -> None:
        """POST one message; NotSentError for anything but success."""
        headers = {"Idempotency-Key": message_id}
        try:
            if webhook.secret:
                headers["Authorization"] = f"Bearer {self._secrets.get(webhook.secret)}"
            with self._web().post(
                webhook.url,
                json=content,
                headers=headers,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                stream=True,
            ) as response:
                status = response.status_code
        except Fault as fault:
            raise NotSentError(f"webhook: {fault.code} {fault.value}") from None
        except requests.RequestException as error:
            host = urlsplit(webhook.url).hostname
            raise NotSentError(f"webhook at {host}: {type(error).__name__}") from None
        if not 200 <= status < 300:
            raise NotSentError(f"webhook at {urlsplit(webhook.url).hostname}: answered {status}")

    def _web(self) -> requests.Session:
        if self._session is None:
            session = self._open.enter_context(requests.Session())
            # Neither proxies nor passwords of this machine.
            session.trust_env = False
            session.verify = os.environ.get(CA_BUNDLE_VARIABLE) or True
            retry = Retry(
                total=TRIES - 1,
                backoff_factor=PAUSE_SECONDS,
                status_forcelist=AGAIN,
                allowed_methods=("POST",),
                respect_retry_after_header=False,
                raise_on_status=False,
            )
            session.mount("https://", requests.adapters.HTTPAdapter(max_retries=retry))
            self._session = session
        return self._session


def _log_in(server: Server) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if bundle := os.environ.get(CA_BUNDLE_VARIABLE):
        context.load_verify_locations(bundle)
    smtp: smtplib.SMTP
    if server.tls == "always":
        smtp = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=context)
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
    try:
        if server.tls == "upgrade":
            smtp.starttls(context=context)
        if server.user:
            smtp.login(server.user, server.password or "")
    except BaseException:
        smtp.close()
        raise
    return smtp


def _is_final(error: Exception) -> bool:
    """Is trying again at once of no use: refused for good, or a server not believed?"""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code >= 500
    return isinstance(error, (smtplib.SMTPNotSupportedError, ssl.SSLError))


def _said(error: Exception) -> str:
    """What kind of failure, and the server's code; its text may repeat addresses."""
    code = getattr(error, "smtp_code", None)
    return type(error).__name__ + (f" {code}" if code else "")


class NotAllSentError(TaskWarehouseError):
    """Some messages did not go out; the published morning is untouched."""
