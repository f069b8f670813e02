"""Reports put where their sources fetch them: a folder, an HTTP address (PUT), an SFTP folder.

Addresses are bound, secrets looked up and connections made exactly as for collecting. A report
that is not taken is an outcome, recorded and tried again in the next run, never a failed run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from secrets import token_hex
from types import TracebackType
from typing import Any, Protocol, Self
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from task_warehouse.reporting_back import room
from task_warehouse.reporting_back.room import Entry
from task_warehouse.settings import TIMEZONE, Home
from task_warehouse.sources.model import ReportBack, Source
from task_warehouse.transports.attempts import Fault, Pull, explain, failed, missing
from task_warehouse.transports.exchange import authorisation, mending, refuse_status, session_for
from task_warehouse.transports.exchange import timeouts as timeouts_of
from task_warehouse.transports.guarding import Origin
from task_warehouse.transports.pacing import Deadline, RateLimiter, keep_trying
from task_warehouse.transports.peeking import Peeker
from task_warehouse.transports.signing import Secrets, Stored
from task_warehouse.transports.tokens import Tokens

SENT = "_sent.parquet"
AT_A_TIME = 16
TAKEN = (200, 201, 202, 204)
MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "txt": "text/plain; charset=utf-8",
}
SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("business_date", pa.date32()),
        ("format", pa.string()),
        ("place", pa.string()),
        ("sha256", pa.string()),
        ("outcome", pa.string()),  # put or failed
        ("reason_code", pa.string()),
        ("reason_vi", pa.string()),
        ("reason_en", pa.string()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("failing_since", pa.timestamp("us", tz="UTC")),
    ]
)

Key = tuple[str, date, str]


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one file: ``put`` where the source fetches it, or ``failed`` and why.

    ``failing_since``: the first of the attempts that failed one after the other, to this one.
    """

    source: str
    business_date: date
    format: str
    place: str
    sha256: str
    outcome: str
    reason_code: str | None
    reason_vi: str | None
    reason_en: str | None
    at: datetime
    failing_since: datetime | None = None


class Place(Protocol):
    """Where the files of one source are put."""

    def put(self, name: str, octets: bytes) -> None:
        """Put a file whole under its name; raises a Fault."""


def file_name(source: str, business_date: date, form: str) -> str:
    """The name under which a source finds its report."""
    return f"ket-qua_{source}_{business_date:%Y%m%d}.{form}"


def read_sent(home: Home) -> dict[Key, Sent]:
    """What became of each file so far."""
    path = home.reports / SENT
    if not path.is_file():
        return {}
    rows = pq.read_table(path, schema=SCHEMA).to_pylist()
    return {(row["source"], row["business_date"], row["format"]): Sent(**row) for row in rows}


def complaints(home: Home) -> list[str]:
    """One line a source that did not take its reports: why and since when, in both languages."""
    failed: dict[str, Sent] = {}
    for one in read_sent(home).values():
        known = failed.get(one.source)
        if one.outcome == "failed" and (known is None or _since(one) < _since(known)):
            failed[one.source] = one
    return [
        f"{name}: {one.reason_vi} (từ {_day(one)}) / {one.reason_en} (since {_day(one)})"
        for name, one in sorted(failed.items())
    ]


def _since(sent: Sent) -> datetime:
    return sent.failing_since or sent.at


def _day(sent: Sent) -> str:
    return f"{_since(sent).astimezone(ZoneInfo(TIMEZONE)):%d/%m/%Y}"


def send(
    home: Home,
    sources: Sequence[Source],
    entries: Mapping[tuple[str, date], Entry],
    at: datetime,
    look_up_secret: Callable[[str], Stored | None] | None = None,
) -> dict[str, int]:
    """Put every report that its source has not got yet; how many files were put and how many not.

    Never raises for a source's fault; raises StorageError for our own disk.
    """
    sent = read_sent(home)
    secrets = Secrets(look_up_secret)
    outcomes: list[Sent] = []
    with Peeker() as peeker, ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="report") as pool:
        sharing = _Sharing(home, secrets, peeker, RateLimiter(), Tokens(), at)
        waiting = [
            (source, files)
            for source in sources
            if source.report_back and (files := _unsent(source, entries, sent))
        ]
        for found in pool.map(lambda one: _send_to(sharing, *one), waiting):
            outcomes.extend(found)
    if outcomes:
        for one in outcomes:
            key = (one.source, one.business_date, one.format)
            before = sent.get(key)
            if one.outcome == "failed":
                began = _since(before) if before and before.outcome == "failed" else one.at
                one = replace(one, failing_since=began)
            sent[key] = one
        rows = [asdict(sent[key]) for key in sorted(sent)]
        room.write_table(home.reports / SENT, rows, SCHEMA)
    put = sum(one.outcome == "put" for one in outcomes)
    return {"put": put, "not_put": len(outcomes) - put}


@dataclass(frozen=True, slots=True)
class _Sharing:
    home: Home
    secrets: Secrets
    peeker: Peeker
    rates: RateLimiter
    tokens: Tokens
    at: datetime


def _unsent(
    source: Source, entries: Mapping[tuple[str, date], Entry], sent: Mapping[Key, Sent]
) -> list[tuple[Entry, str]]:
    """Files of a source that it has not got as they are now, the newest day first."""
    assert source.report_back is not None
    place = source.report_back.as_dataset().place
    own = [entry for (name, _), entry in entries.items() if name == source.source]
    wanted: list[tuple[Entry, str]] = []
    for entry in sorted(own, key=lambda one: one.business_date, reverse=True):
        for form in source.report_back.formats:
            done = sent.get((entry.source, entry.business_date, form))
            is_there = done is not None and done.outcome == "put" and done.place == place
            if not (is_there and done and done.sha256 == entry.sha256(form)):
                wanted.append((entry, form))
    return wanted


def _send_to(sharing: _Sharing, source: Source, files: Sequence[tuple[Entry, str]]) -> list[Sent]:
    """Put files one after another; after a fault the rest waits for the next run."""
    declared = source.report_back
    assert declared is not None
    dataset = declared.as_dataset()
    outcomes: list[Sent] = []
    fault: Fault | None = None
    with Deadline(declared.limits.deadline_seconds) as deadline:
        pull = Pull(
            sharing.home,
            source,
            "report_back",
            dataset,
            sharing.at.date(),
            deadline,
            sharing.secrets,
            sharing.peeker,
            sharing.rates,
            sharing.tokens,
        )
        try:
            with _place_of(declared, pull) as place:
                for entry, form in files:
                    path = room.path_of(sharing.home, entry.source, entry.business_date, form)
                    name = file_name(entry.source, entry.business_date, form)
                    place.put(name, path.read_bytes())
                    outcomes.append(_outcome(entry, form, dataset.place, sharing.at, None))
        except Fault as found:
            fault = found
    for entry, form in files[len(outcomes) :]:
        outcomes.append(_outcome(entry, form, dataset.place, sharing.at, fault))
    return outcomes


def _outcome(entry: Entry, form: str, place: str, at: datetime, fault: Fault | None) -> Sent:
    vi, en = explain(fault.code, fault.value, fault.expected) if fault else (None, None)
    return Sent(
        source=entry.source,
        business_date=entry.business_date,
        format=form,
        place=place,
        sha256=entry.sha256(form),
        outcome="failed" if fault else "put",
        reason_code=fault.code if fault else None,
        reason_vi=vi,
        reason_en=en,
        at=at,
    )


@contextmanager
def _place_of(declared: ReportBack, pull: Pull) -> Iterator[Place]:
    if declared.transport == "folder":
        yield _Folder(pull)
    elif declared.transport == "http":
        with _Web(pull) as address:
            yield address
    else:
        from task_warehouse.transports.sftp import SftpDrop

        with SftpDrop(pull) as server:
            yield server


class _Folder:
    """A folder that is there already: a share that is not mounted is not made anew."""

    def __init__(self, pull: Pull) -> None:
        self._folder = pull.source.base / (pull.dataset.path or "")

    def put(self, name: str, octets: bytes) -> None:
        if not self._folder.is_dir():
            raise missing("transport.folder_missing", self._folder.name)
        aside = self._folder / f".{name}.{token_hex(8)}.part"
        try:
            aside.write_bytes(octets)
            aside.replace(self._folder / name)
        except OSError as error:
            raise failed("report.not_written", name, error.strerror or "") from None
        finally:
            aside.unlink(missing_ok=True)


class _Web:
    """An address below which files are put: ``PUT <url>/<name>``."""

    def __init__(self, pull: Pull) -> None:
        origin = Origin.of(pull.dataset.url or "")
        assert origin is not None, "the model lets only HTTP addresses through"
        self._pull, self._origin = pull, origin
        self._session = session_for(pull, origin)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.close()

    def put(self, name: str, octets: bytes) -> None:
        keep_trying(self._pull.dataset.limits, self._pull.deadline, lambda: self._put(name, octets))

    def _put(self, name: str, octets: bytes) -> None:
        pull = self._pull
        limit = pull.dataset.limits.requests_per_second
        pull.rates.take(self._origin.host, limit, pull.deadline)
        kind = MEDIA_TYPES[name.rpartition(".")[2]]
        headers: dict[str, Any] = {**authorisation(pull), "Content-Type": kind}
        with mending(pull):
            response = self._session.put(
                f"{(pull.dataset.url or '').rstrip('/')}/{name}",
                data=octets,
                headers=headers,
                stream=True,
                allow_redirects=False,
                timeout=timeouts_of(pull),
            )
            with response:
                if response.status_code in TAKEN:
                    return
                if response.status_code in (304, 400, 404, 405, 409, 410, 413, 415):
                    raise failed("report.not_taken", response.status_code)
                refuse_status(pull, response)
