"""The step: who is to be told what of the snapshot in force, told once, and what became of it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage

from task_warehouse import locking, progress
from task_warehouse.errors import NoDataError
from task_warehouse.notifying import configuration, record, rendering
from task_warehouse.notifying.configuration import Configuration, Recipients, Webhook
from task_warehouse.notifying.content import Contents
from task_warehouse.notifying.content import read as read_contents
from task_warehouse.notifying.rendering import Message
from task_warehouse.notifying.sending import NotAllSentError, NotSentError, Post
from task_warehouse.settings import Home
from task_warehouse.snapshots import Manifest, current
from task_warehouse.transports.signing import Stored

STEP = "notify"
LOCK_WAIT_SECONDS = 600.0
PROGRAMME = "Kho nhiệm vụ"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one reader: an e-mail address or a webhook."""

    reader: str | Webhook
    message: Message

    @property
    def key(self) -> str:
        return self.reader if isinstance(self.reader, str) else self.reader.url

    @property
    def shown(self) -> str:
        """The reader as logs name it; a webhook's address may hold its secret."""
        if isinstance(self.reader, str):
            return self.reader
        return f"webhook {hashlib.sha256(self.reader.url.encode()).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class Summary:
    """Messages sent, known to their readers already, not sent; bodies nobody is named for."""

    sent: int = 0
    already_told: int = 0
    not_sent: int = 0
    bodies_without_address: int = 0

    def counts(self) -> dict[str, int]:
        return asdict(self)


def notify(
    home: Home,
    smtp_address: str | None = None,
    look_up_secret: Callable[[str], Stored | None] | None = None,
) -> Summary:
    """Tell everybody what is new to them in the snapshot in force.

    Raises :class:`NotAllSentError` after all were tried when some were not told (run again, only
    they are), NoDataError when nothing is published, UsageError for a wrong file of notifications.
    """
    declared = configuration.load(home)
    if declared is None:
        progress.tell(STEP, f"nobody is told: there is no {configuration.FILE_NAME}")
        return Summary()
    sent = already = 0
    failures: list[str] = []
    with locking.hold(home, STEP, wait_seconds=LOCK_WAIT_SECONDS):
        manifest = _in_force(home)
        letters, silent = _letters(home, manifest, declared)
        with Post(smtp_address, look_up_secret) as post:
            for letter in letters:
                try:
                    told = _tell(home, manifest, declared, letter, post)
                except NotSentError as error:
                    failures.append(f"{letter.shown}, {letter.message.kind}: {error}")
                    log.warning("not sent: %s", failures[-1])
                    continue
                sent, already = sent + told, already + (not told)
    summary = Summary(sent, already, len(failures), silent)
    progress.tell(
        STEP, ", ".join(f"{n} {k.replace('_', ' ')}" for k, n in summary.counts().items())
    )
    if failures:
        raise NotAllSentError(
            f"{len(failures)} of {len(letters)} messages were not sent; the morning is published",
            where="; ".join(failures[:5]),
            remedy="look at the mail server or webhook, then: task-warehouse notify",
        )
    return summary


def preview(home: Home) -> Iterator[tuple[Letter, bool]]:
    """Every message and whether it would be sent now; sends and records nothing."""
    declared = configuration.load(home)
    if declared is None:
        return
    manifest = _in_force(home)
    for letter in _letters(home, manifest, declared)[0]:
        told = record.read(home, letter.key, letter.message.kind)
        yield letter, bool(told.news(letter.message.items, manifest.as_of_date))


def _in_force(home: Home) -> Manifest:
    manifest = current(home)
    if manifest is None:
        raise NoDataError(
            "nothing is published yet", where=str(home.published), remedy="run a day first"
        )
    return manifest


def _letters(home: Home, manifest: Manifest, declared: Configuration) -> tuple[list[Letter], int]:
    """All letters that have something to say, and how many bodies with news have no reader."""
    link = declared.dashboard
    letters: list[Letter] = []
    silent = 0
    with read_contents(home, manifest.path) as contents:
        if _anybody(declared.leaders):
            letters += _to(declared.leaders, rendering.brief(contents.brief(), link))
        silent = _bodies(contents, declared, letters)
        news = contents.engineers()
        if news.items and _anybody(declared.engineers):
            letters += _to(declared.engineers, rendering.engineers(news, manifest, link))
    return letters, silent


def _bodies(contents: Contents, declared: Configuration, letters: list[Letter]) -> int:
    manifest = contents.morning.manifest
    for code, recipients in declared.organisations.items():
        news = contents.body(
            code,
            overdue_within=declared.overdue_within_days,
            due_within=declared.due_within_days,
        )
        if news and news.items and _anybody(recipients):
            letters += _to(recipients, rendering.body(news, manifest, declared.dashboard))
    named = {code for code, whom in declared.organisations.items() if _anybody(whom)}
    return sum(
        1
        for card in contents.morning.scorecards
        if card.kind in ("ministry", "agency", "province", "commune")
        and (card.open_overdue or card.due_in_7_days)
        and card.organisation_code not in named
    )


def _anybody(recipients: Recipients) -> bool:
    return bool(recipients.email or recipients.webhook)


def _to(recipients: Recipients, message: Message) -> list[Letter]:
    readers: list[str | Webhook] = [*dict.fromkeys(recipients.email), *recipients.webhook]
    return [Letter(reader, message) for reader in readers]


def _tell(
    home: Home, manifest: Manifest, declared: Configuration, letter: Letter, post: Post
) -> bool:
    """Send one letter unless its reader knows it all; whether it was sent."""
    message, now = letter.message, datetime.now(UTC)
    told = record.read(home, letter.key, message.kind)
    news = told.news(message.items, manifest.as_of_date)
    if not news:
        return False
    message_id = _message_id(letter, news)
    if told.intent == message_id:
        log.info("%s, %s: may have been sent before; sent again", letter.shown, message.kind)
    record.write(home, letter.key, message.kind, told.intending(message_id), now)
    if isinstance(letter.reader, str):
        post.mail(_mail(declared, letter.reader, message, manifest, message_id))
    else:
        post.call(letter.reader, message_id, {**message.data, "message_id": message_id})
    after = told.after(message.items, manifest.as_of_date)
    record.write(home, letter.key, message.kind, after, now)
    return True


def _message_id(letter: Letter, news: frozenset[str]) -> str:
    basis = "\n".join([letter.key, letter.message.kind, *sorted(news)])
    return f"<{hashlib.sha256(basis.encode()).hexdigest()[:32]}@task-warehouse.invalid>"


def _mail(
    declared: Configuration, to: str, message: Message, manifest: Manifest, message_id: str
) -> EmailMessage:
    assert declared.sender is not None, "the configuration demands a sender where mail is sent"
    mail = EmailMessage()
    mail["From"] = Address(PROGRAMME, addr_spec=declared.sender)
    mail["To"] = Address(addr_spec=to)
    mail["Subject"] = message.subject
    mail["Date"] = manifest.published_at
    mail["Message-ID"] = message_id
    mail["Content-Language"] = "vi, en"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    return mail
