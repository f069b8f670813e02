"""Find tasks by words, written with or without diacritics, among a million within a second.

The index is one text a task, folded (no diacritics, small letters), built beside the first pages
that a snapshot serves. Until it is there the same words are found by patterns over the texts
themselves; both find the same tasks.
"""

from __future__ import annotations

import logging
import threading
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import duckdb

log = logging.getLogger(__name__)

LONGEST_QUERY = 200
MOST_WORDS = 8
TABLE = "memory.main.task_texts"
# What can be searched, of marts.dim_task.
SAID = "concat_ws(' ', tasks.task_code, tasks.title, tasks.document_code, tasks.lead_text)"
SIMPLE = "abcdefghijklmnopqrstuvwxyz"
LETTERS = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"


def fold(text: str) -> str:
    """Small letters without diacritics; anything else stays: ``Chuyển đổi`` is ``chuyen doi``."""
    plain = unicodedata.normalize("NFC", text).lower()
    return "".join(_plain_letters().get(letter, letter) for letter in plain)


def words(query: str) -> list[str]:
    """The folded words of a query; at most :data:`MOST_WORDS` of them count."""
    return fold(query[:LONGEST_QUERY]).split()[:MOST_WORDS]


def pattern(word: str) -> str:
    """A regular expression that finds a folded word in a text that is not folded."""
    return "".join(_letter_class(letter) for letter in word)


@cache
def _plain_letters() -> dict[str, str]:
    plain = {letter: unicodedata.normalize("NFD", letter)[0] for letter in LETTERS}
    return {**plain, "đ": "d"}


@cache
def _letter_class(letter: str) -> str:
    if letter not in SIMPLE:
        forms = {letter, letter.upper()}
    else:
        same = [key for key, value in _plain_letters().items() if value == letter]
        forms = {form for one in (letter, *same) for form in (one, one.upper())}
    # Upper case may be two letters (ß): those are no class.
    single = sorted(form for form in forms if len(form) == 1)
    return "[" + "".join("\\" + form if form in r"\]^-[" else form for form in single) + "]"


class Index:
    """The folded texts of one snapshot's tasks."""

    def __init__(
        self, connect: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]
    ) -> None:
        self._connect = connect
        self.is_ready = False
        self._started = False
        self._lock = threading.Lock()

    def start(self) -> None:
        """Build the index aside, once."""
        with self._lock:
            if not self._started:
                self._started = True
                threading.Thread(target=self.build, name="task-texts", daemon=True).start()

    def build(self) -> None:
        """Build the index now."""
        accented = LETTERS + LETTERS.upper()
        plain = "".join(_plain_letters()[letter] for letter in LETTERS) * 2
        try:
            with self._connect() as own:
                own.execute(
                    f"create table {TABLE} as select tasks.task_key,"
                    f" lower(translate({SAID}, '{accented}', '{plain}')) as said"
                    " from marts.dim_task as tasks"
                )
            self.is_ready = True
        except duckdb.Error:
            # Pages go on with patterns; only their speed is lost.
            log.exception("the search index could not be built")

    def condition(self, found: Sequence[str]) -> tuple[str, dict[str, Any]]:
        """SQL that is true of tasks (alias ``tasks``) with all the folded words, and its values."""
        if self.is_ready:
            values = {f"word_{place}": word for place, word in enumerate(found)}
            tests = " and ".join(f"contains(said, ${name})" for name in values)
            return f"tasks.task_key in (select task_key from {TABLE} where {tests})", values
        values = {f"word_{place}": pattern(word) for place, word in enumerate(found)}
        return " and ".join(f"regexp_matches({SAID}, ${name})" for name in values), values
