"""Pull what is declared: many sources at a time, each by itself, every attempt with a receipt.

A source's fault is an outcome. Our own fault (a full disk, a mistake in the program) is raised,
after what could be finished was finished.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from task_warehouse import landing, nothing_arose, obligations, progress
from task_warehouse.errors import StorageError, UsageError
from task_warehouse.history import History, read_history
from task_warehouse.pull_order import PullOrder
from task_warehouse.receipts import HELD, TROUBLE, Receipt, delivery_id_of, write_receipts
from task_warehouse.slots import Slots
from task_warehouse.sources import DATASETS, load_sources
from task_warehouse.transports import pull_dataset
from task_warehouse.transports.attempts import Attempt, Fault, Pull, explain, failed, refused
from task_warehouse.transports.pacing import Allowance, RateLimiter
from task_warehouse.transports.peeking import Peeker
from task_warehouse.transports.signing import Secrets
from task_warehouse.transports.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from task_warehouse.pull_order import Export
    from task_warehouse.settings import Home
    from task_warehouse.sources import DatasetSource, Source
    from task_warehouse.sources.model import NothingArose
    from task_warehouse.transports.signing import Stored

log = logging.getLogger(__name__)

# Pulls that get on, and threads in all: a slow pull gives its slot to another and goes on waiting.
PULLS_AT_A_TIME = 32
MOST_THREADS = 640
# A batch lasts as long as its slowest source; two of them keep two cores busy.
SMALLEST_BATCH, MOST_BATCHES = 256, 2
LEFT_BEHIND_SECONDS = 86_400.0
TOLD_EVERY = 50
MODEST_TEXT = 2_000


class CollectSummary(dict[str, int]):
    """How many attempts ended in each outcome; ``by_source`` says it source by source."""

    def __init__(self) -> None:
        super().__init__()
        self.by_source: dict[str, dict[str, int]] = {}

    def count(self, receipt: Receipt) -> None:
        self[receipt.outcome] = self.get(receipt.outcome, 0) + 1
        of_source = self.by_source.setdefault(receipt.source, {})
        of_source[receipt.outcome] = of_source.get(receipt.outcome, 0) + 1

    def sources(self) -> dict[str, list[str]]:
        """Names of the sources by what became of their exports: ``{"1 failed, 4 landed": […]}``.

        What most sources have in common stands last.
        """
        alike: dict[str, list[str]] = {}
        for source, counts in sorted(self.by_source.items()):
            said = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
            alike.setdefault(said, []).append(source)
        return dict(sorted(alike.items(), key=lambda pair: (len(pair[1]), pair[0])))


@dataclass(frozen=True)
class _Batch:
    """What all pulls of a batch share."""

    home: Home
    name: str
    as_of: date
    received_at: datetime
    history: History
    secrets: Secrets
    peeker: Peeker
    allowances: Mapping[str, Allowance]  # by source
    rates: RateLimiter = field(default_factory=RateLimiter)
    tokens: Tokens = field(default_factory=Tokens)
    mistakes: list[Exception] = field(default_factory=list)  # of ours, raised at the end


def plan_batches(sources_dir: Path, as_of: date, batch_size: int | None = None) -> list[list[str]]:
    """The ids of the sources in force on ``as_of``, dealt evenly into batches.

    Without a size: one batch, or two large ones.
    Dealt by a hash of the id: neighbours (the communes of a province behind one server) and
    whatever else fails together go to different batches, the same ones every day.
    """
    ids = [source.source for source in load_sources(sources_dir) if source.is_active(as_of)]
    ids.sort(key=lambda source: hashlib.sha256(source.encode()).digest())
    size = batch_size or max(SMALLEST_BATCH, -(-len(ids) // MOST_BATCHES))
    batches = -(-len(ids) // size)
    return [ids[number::batches] for number in range(batches)]


def collect_batch(
    home: Home,
    sources_dir: Path,
    as_of: date,
    received_at: datetime,
    source_ids: Sequence[str],
    batch: str,
    *,
    look_up_secret: Callable[[str], Stored | None] | None = None,
    pulls_at_a_time: int = PULLS_AT_A_TIME,
) -> CollectSummary:
    """Pull every dataset of these sources for one as-of date and write the receipts.

    ``look_up_secret`` finds secrets by name (Airflow's connections); what it does not know is
    looked for in the environment.
    Never raises for a source's fault; raises StorageError, or our own mistake, once everything
    that could be finished has its receipt.
    """
    wanted = set(source_ids)
    sources = load_sources(sources_dir, only=wanted)
    unknown = wanted - {source.source for source in sources}
    if unknown:
        raise UsageError(
            f"not declared: {', '.join(sorted(unknown))}",
            where=str(sources_dir),
            remedy="plan the collection again; the source files have changed since",
        )
    landing.sweep(home, older_than_seconds=LEFT_BEHIND_SECONDS, now=time.time())
    history = read_history(home, sorted(wanted), as_of)
    secrets = Secrets(look_up_secret)
    with Peeker() as peeker:
        allowances = {one.source: Allowance(one.deadline_seconds) for one in sources}
        shared = _Batch(home, batch, as_of, received_at, history, secrets, peeker, allowances)
        receipts, ours = _pull_all(shared, sources, pulls_at_a_time)
    receipts = nothing_arose.settle(home, receipts, _words_for_nothing(sources))
    write_receipts(home, batch, receipts)
    summary = CollectSummary()
    for receipt in receipts:
        summary.count(receipt)
    if ours is not None:
        raise ours
    return summary


def _words_for_nothing(sources: Sequence[Source]) -> dict[tuple[str, str], NothingArose]:
    return {
        (source.source, name): dataset.nothing_arose
        for source in sources
        for name, dataset in source.datasets.items()
        if dataset.nothing_arose
    }


def _pull_all(
    batch: _Batch, sources: Sequence[Source], at_a_time: int
) -> tuple[list[Receipt], BaseException | None]:
    """All receipts, and the first fault of ours where there was one."""
    receipts: list[Receipt] = []
    ours: BaseException | None = None
    threads = max(at_a_time, MOST_THREADS)
    with (
        Slots(at_a_time) as slots,
        ThreadPoolExecutor(max_workers=threads, thread_name_prefix="collect") as pool,
    ):
        exports = _exports_of_the_day(batch, sources)
        order = PullOrder(exports, batch.history)
        pulls = [pool.submit(_collect_next, batch, order, slots) for _ in exports]
        for done, future in enumerate(as_completed(pulls), start=1):
            if future.cancelled():
                continue
            error = future.exception()
            if error is None:
                receipts.extend(future.result())
            else:
                ours = ours or error
                pool.shutdown(wait=False, cancel_futures=True)
            if done % TOLD_EVERY == 0 or done == len(pulls):
                progress.tell("collect", "exports tried", done=done, total=len(pulls))
    return receipts, ours or next(iter(batch.mistakes), None)


def _exports_of_the_day(batch: _Batch, sources: Sequence[Source]) -> list[Export]:
    """First one dataset of every source."""
    return [
        (source, name)
        for name in DATASETS
        for source in sources
        if name in source.datasets and _is_of_the_day(source.datasets[name], batch.as_of)
    ]


def _is_of_the_day(dataset: DatasetSource, as_of: date) -> bool:
    fixed = dataset.business_date.fixed
    return fixed is None or fixed <= as_of


def _collect_next(batch: _Batch, order: PullOrder, slots: Slots) -> list[Receipt]:
    with slots.one():
        source, name = order.take()
        receipts = _collect_dataset(batch, source, name)
        if any(receipt.outcome in TROUBLE for receipt in receipts):
            order.put_behind(source)
    return receipts


def _collect_dataset(batch: _Batch, source: Source, name: str) -> list[Receipt]:
    dataset = source.datasets[name]
    allowance = batch.allowances[source.source]
    started = time.monotonic()
    with allowance.deadline(dataset.limits.deadline_seconds) as deadline:
        pull = Pull(
            batch.home,
            source,
            name,
            dataset,
            batch.as_of,
            deadline,
            batch.secrets,
            batch.peeker,
            batch.rates,
            batch.tokens,
            earlier=batch.history.of(source.source, name),
            last_success=batch.history.last_success(source.source, name),
            business_date_of=lambda shown: date_in_name(dataset, shown),
        )
        attempts = _pull(batch, pull)
    elapsed_ms = int((time.monotonic() - started) * 1000)
    seen: set[tuple[date, str]] = set()
    return [
        _conclude(batch, source, name, dataset, attempt, seen, elapsed_ms) for attempt in attempts
    ]


def _pull(batch: _Batch, pull: Pull) -> list[Attempt]:
    try:
        return pull_dataset(pull)
    except StorageError:
        raise
    except Exception as error:
        # A mistake in this program must not cost the other sources their morning: it is a
        # receipt that says so now, and raised once the batch is done.
        log.exception("pulling %s of %s failed by our own fault", pull.name, pull.source.source)
        batch.mistakes.append(error)
        fault = failed("transport.our_mistake", type(error).__name__)
        return [Attempt("failed", pull.dataset.address, fault=fault)]


def _conclude(
    batch: _Batch,
    source: Source,
    name: str,
    dataset: DatasetSource,
    attempt: Attempt,
    seen: set[tuple[date, str]],
    elapsed_ms: int,
) -> Receipt:
    """Keep or drop what arrived, and say so."""
    business_date = attempt.business_date or dataset.business_date.fixed or batch.as_of
    outcome, sha256, size = _settle(batch, source, name, business_date, attempt, seen)
    if outcome in HELD and nothing_arose.says_its_name(
        dataset.nothing_arose, attempt.original_name
    ):
        outcome = "nothing_arose"
    code, said_vi, said_en = _reason(batch.secrets, attempt.fault)
    options = dataset.read_options()
    held = sha256 if outcome in HELD else None
    return Receipt(
        batch=batch.name,
        source=source.source,
        organisation_code=source.organisation_code,
        dataset=name,
        mode=dataset.mode,
        business_date=business_date,
        received_at=batch.received_at,
        due_at=obligations.due_at(source, dataset, business_date),
        expected=obligations.is_expected(source, dataset, business_date),
        outcome=outcome,
        origin=batch.secrets.hide(attempt.origin),
        original_name=batch.secrets.hide(attempt.original_name or "") or None,
        size_bytes=size,
        sha256=sha256,
        delivery_id=delivery_id_of(source.source, name, held) if held else None,
        format=options.get("format"),
        options=json.dumps(options, ensure_ascii=False, sort_keys=True),
        reason_code=code,
        reason_vi=said_vi,
        reason_en=said_en,
        attempts=attempt.attempts,
        elapsed_ms=elapsed_ms,
        etag=attempt.etag,
        last_modified=attempt.last_modified,
    )


def _settle(
    batch: _Batch,
    source: Source,
    name: str,
    business_date: date,
    attempt: Attempt,
    seen: set[tuple[date, str]],
) -> tuple[str, str | None, int | None]:
    """The outcome, hash and size of an attempt; what arrived is landed or forgotten."""
    received = attempt.received
    sha256 = received.sha256 if received else attempt.sha256
    if sha256 is None:
        return attempt.outcome, None, None
    outcome = _outcome(batch, source, name, business_date, sha256, seen)
    seen.add((business_date, sha256))
    if outcome == "refused":
        attempt.fault = refused("transport.secret_known")
    if received is None:
        kept = landing.path_of(batch.home, sha256)
        return outcome, sha256, kept.stat().st_size if kept.exists() else None
    if sha256 in batch.history.secret:
        # Seen again, or from elsewhere: what it is is known, and its content is not ours to hold.
        received.drop()
    else:
        received.keep()
    return outcome, sha256, received.size


def _reason(secrets: Secrets, fault: Fault | None) -> tuple[str | None, str | None, str | None]:
    """Kind of the fault and what to tell about it in Vietnamese and English."""
    if fault is None:
        return None, None, None
    texts = explain(fault.code, fault.value, fault.expected)
    return fault.code, *(secrets.hide(text)[:MODEST_TEXT] for text in texts)  # type: ignore[return-value]


def _outcome(
    batch: _Batch,
    source: Source,
    name: str,
    business_date: date,
    sha256: str,
    seen: set[tuple[date, str]],
) -> str:
    is_known = batch.history.knows(source.source, name, sha256)
    if sha256 in batch.history.secret and not is_known:
        return "refused"
    declared = source.datasets[name].nothing_arose
    if declared and declared.text and batch.history.said_nothing(source.source, name, sha256):
        return "nothing_arose"
    if (business_date, sha256) in seen:
        return "duplicate"
    if is_known or sha256 in {known for _, known in seen}:
        return "unchanged"
    return "landed"


def date_in_name(dataset: DatasetSource, shown: str) -> date | None:
    """The business date in a file's name, where the source file says how to find it.

    A month without a day is its last day. Raises a Fault for a name that holds no date.
    """
    pattern = dataset.business_date.from_name
    if pattern is None:
        return None
    found = re.search(pattern, shown.rsplit("/", 1)[-1]) or re.search(pattern, shown)
    groups = found.groupdict() if found else {}
    try:
        if groups.get("date"):
            digits = re.sub(r"\D", "", groups["date"])
            if len(digits) != 8:
                raise ValueError(digits)
            return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        year, month = int(groups["year"]), int(groups["month"])
        day = groups.get("day")
        return date(year, month, int(day)) if day else obligations.month_end(year, month)
    except (KeyError, ValueError, TypeError):
        raise failed("transport.name_without_date", shown, pattern) from None
