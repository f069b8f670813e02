"""A folder that others drop files into, at any hour and under any name."""

from __future__ import annotations

import os
import re
import stat
import time
import unicodedata
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from task_warehouse.landing import TooLargeError, receive
from task_warehouse.transports.attempts import Attempt, Fault, failed, missing, refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from task_warehouse.transports.attempts import Earlier, Pull

CHUNK_BYTES = 1_048_576
UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart", ".lock", ".swp")
LOCK_PREFIXES = (".", "~$", ".~lock")


def pull_folder(pull: Pull) -> list[Attempt]:
    """One attempt for each file that matches; one that says why where none does."""
    origin = pull.dataset.address
    folder = pull.source.base / (pull.dataset.path or "")
    try:
        found = sorted(_matching(pull, folder))
    except Fault as fault:
        return [Attempt(fault.outcome, origin, fault=fault)]
    attempts: list[Attempt] = []
    unfinished = 0
    settled = _settle(pull, folder, found)
    for name in found:
        attempt = _try(pull, folder, name, settled)
        if attempt is None:
            unfinished += 1
        else:
            attempts.append(attempt)
    due = [one for one in attempts if one.business_date in (None, pull.as_of)]
    if not due and pull.dataset.business_date.fixed is None:
        code = "transport.still_written" if unfinished else "transport.nothing_there"
        why = missing(code, unfinished or pull.dataset.pattern)
        attempts.append(Attempt("missing", origin, fault=why))
    return [one for one in attempts if one.outcome != "known"]


def _matching(pull: Pull, folder: Path) -> list[str]:
    """Relative names of the files that match, as they are on the disk."""
    try:
        if not stat.S_ISDIR(folder.stat().st_mode):
            raise missing("transport.folder_missing", pull.dataset.path)
        pattern = compile_pattern(pull.dataset.pattern)
        deep = "/" in pull.dataset.pattern
        found = []
        for name in _names(folder, deep=deep):
            if pattern.fullmatch(unicodedata.normalize("NFC", name)):
                found.append(name)
                if len(found) > pull.dataset.limits.max_files:
                    raise refused("transport.too_many_files", pull.dataset.limits.max_files)
    except (FileNotFoundError, NotADirectoryError):
        raise missing("transport.folder_missing", pull.dataset.path) from None
    except OSError as error:
        raise failed("transport.folder_unreadable", type(error).__name__) from None
    return found


def _names(folder: Path, *, deep: bool) -> Iterator[str]:
    for entry in os.scandir(folder):
        if _is_left_alone(entry.name):
            continue
        if not entry.is_dir(follow_symlinks=False):
            yield entry.name
        elif deep:
            for inner in _names(folder / entry.name, deep=True):
                yield f"{entry.name}/{inner}"


def _is_left_alone(name: str) -> bool:
    return name.startswith(LOCK_PREFIXES) or name.casefold().endswith(UNFINISHED)


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """A glob as a regular expression over NFC names, small and capital letters alike.

    ``*``, ``?`` and ``[…]`` stay inside one name, ``**/`` is any number of folders.
    """
    text = unicodedata.normalize("NFC", pattern)
    tokens = re.findall(r"\*\*/|\[[^\]/]+\]|.", text, re.DOTALL)
    return re.compile("".join(_token(token) for token in tokens), re.IGNORECASE)


def _token(token: str) -> str:
    fixed = {"**/": "(?:[^/]+/)*", "*": "[^/]*", "?": "[^/]"}
    if token in fixed:
        return fixed[token]
    if len(token) > 1:
        inside = token[1:-1].replace("\\", r"\\")
        return f"[^{inside[1:]}]" if inside.startswith("!") else f"[{inside}]"
    return re.escape(token)


def _settle(pull: Pull, folder: Path, names: list[str]) -> dict[str, os.stat_result]:
    """Each file as it was; returns once even the newest could have been left alone for a while.

    One wait serves all files. It is never longer than the declared time, whatever a clock ahead
    of ours says.
    """
    found, youngest = {}, pull.dataset.settle_seconds
    for name in names:
        with suppress(OSError):  # a broken link; opening it will say so
            found[name] = (folder / name).stat()
            youngest = min(youngest, max(0.0, time.time() - found[name].st_mtime))
    time.sleep(min(pull.dataset.settle_seconds - youngest, pull.deadline.remaining))
    return found


def _try(pull: Pull, folder: Path, name: str, settled: dict[str, os.stat_result]) -> Attempt | None:
    """What becomes of one file; None where it is left for a later pull."""
    shown = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    shown = unicodedata.normalize("NFC", shown)
    attempt = Attempt("arrived", f"{pull.dataset.path}/{shown}", shown)
    try:
        attempt.business_date = pull.business_date_of(shown)
        if attempt.business_date and attempt.business_date > pull.as_of:
            attempt.outcome = "known"  # of a day that this run does not describe yet
            return attempt
        return attempt if _take(pull, folder, name, attempt, settled.get(name)) else None
    except Fault as fault:
        attempt.outcome, attempt.fault = fault.outcome, fault
    except TooLargeError as error:
        attempt.outcome, attempt.fault = "refused", refused("transport.too_large", error.limit)
    return attempt


def _take(
    pull: Pull, folder: Path, name: str, attempt: Attempt, was: os.stat_result | None
) -> bool:
    """Receive the file into ``attempt``; False where somebody is still writing it."""
    descriptor = _open_inside(folder, name)
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise refused("transport.not_a_file", name)
        attempt.last_modified = _stamp(before)
        if _is_old_and_known(pull, attempt, before):
            attempt.outcome = "known"
            return True
        if was is None or _changed(was, before):
            return False
        received = receive(
            pull.home, _chunks(pull, descriptor), max_bytes=pull.dataset.limits.max_bytes
        )
        if _changed(before, os.fstat(descriptor)) or received.size != before.st_size:
            received.drop()
            return False
        attempt.received = received
        return True
    finally:
        os.close(descriptor)


def _open_inside(folder: Path, name: str) -> int:
    """Open without waiting for a pipe's other end; refuse what leads out of the folder."""
    path = folder / name
    try:
        if not path.resolve(strict=True).is_relative_to(folder.resolve(strict=True)):
            raise refused("transport.outside_folder", name)
        return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except RuntimeError:
        raise refused("transport.outside_folder", name) from None
    except OSError as error:
        raise failed("transport.file_unreadable", name, type(error).__name__) from None


def _changed(before: os.stat_result, after: os.stat_result) -> bool:
    return (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)


def _stamp(status: os.stat_result) -> str:
    seconds, nanoseconds = divmod(status.st_mtime_ns, 10**9)
    moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moment}.{nanoseconds:09d}Z"


def _is_old_and_known(pull: Pull, attempt: Attempt, status: os.stat_result) -> bool:
    """A file of a former day that was taken and has not been touched since is not read again."""
    if attempt.business_date is None or attempt.business_date == pull.as_of:
        return False
    return any(_same(earlier, attempt, status) for earlier in pull.earlier)


def _same(earlier: Earlier, attempt: Attempt, status: os.stat_result) -> bool:
    return (
        earlier.business_date == attempt.business_date
        and earlier.origin == attempt.origin
        and earlier.size_bytes == status.st_size
        and earlier.last_modified == attempt.last_modified
    )


def _chunks(pull: Pull, descriptor: int) -> Iterator[bytes]:
    while chunk := os.read(descriptor, CHUNK_BYTES):
        pull.deadline.check()
        yield chunk
