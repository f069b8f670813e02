"""Find tasks by words, written with or without diacritics, among a million within a second.

A word becomes a pattern whose every letter stands for all its forms (``a`` for ``á``, ``Ặ``, …).
Searching a million titles by it takes half a second of one processor, less than folding them
would; so there is no index to build, keep and wait for after each publication.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache

LONGEST_QUERY = 200
MOST_WORDS = 8
SIMPLE = "abcdefghijklmnopqrstuvwxyz"
LETTERS = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"


def fold(text: str) -> str:
    """Small letters without diacritics; anything else stays: ``Chuyển đổi`` is ``chuyen doi``."""
    plain = unicodedata.normalize("NFC", text).lower()
    return "".join(_plain_letters().get(letter, letter) for letter in plain)


def patterns(query: str) -> list[str]:
    """A regular expression for each word of a query; :data:`MOST_WORDS` of them count."""
    return [pattern(word) for word in fold(query[:LONGEST_QUERY]).split()[:MOST_WORDS]]


def pattern(word: str) -> str:
    """A regular expression that finds a folded word in a text that is not folded."""
    return "".join(_letter_class(letter) for letter in word)


def condition(texts: str, found: Sequence[str]) -> tuple[str, dict[str, str]]:
    """SQL that is true where texts (a list of columns) have all the patterns, and its values."""
    values = {f"word_{place}": one for place, one in enumerate(found)}
    tests = [f"regexp_matches(concat_ws(' ', {texts}), ${name})" for name in values]
    return " and ".join(tests) or "true", values


@cache
def _plain_letters() -> dict[str, str]:
    plain = {letter: unicodedata.normalize("NFD", letter)[0] for letter in LETTERS}
    return {**plain, "đ": "d"}


@cache
def _letter_class(letter: str) -> str:
    if letter in SIMPLE:
        same = [key for key, value in _plain_letters().items() if value == letter]
        forms = {form for one in (letter, *same) for form in (one, one.upper())}
    else:
        forms = {letter, letter.upper()}
    # The upper case of a letter may be two letters (ß): those are no class.
    single = sorted(form for form in forms if len(form) == 1)
    return "[" + "".join("\\" + form if form in r"\]^-[" else form for form in single) + "]"
