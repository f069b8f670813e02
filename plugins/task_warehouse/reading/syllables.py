"""How much a text looks like Vietnamese: the share of its accented words that can be syllables."""

from __future__ import annotations

import re
import unicodedata

_TONES = dict.fromkeys(map(ord, "\u0300\u0301\u0303\u0309\u0323"))
_ONSET = "ngh|ng|nh|gh|gi|kh|ph|qu|th|tr|ch|[bcdđghklmnprstvx]"
_NUCLEI = (
    "uyê uya uyu uây uêu oai oay oao oeo oăn iêu yêu ươi ươu uôi "
    "ai ao au ay âu ây eo êu ia iê yê iu oa oă oe oi oo ôi ơi ua uâ uê ui uô uơ uy ưa ưi ươ ưu "
    "a ă â e ê i o ô ơ u ư y"
)
_SYLLABLE = re.compile(
    rf"(?:{_ONSET})?(?:{'|'.join(_NUCLEI.split())})(?:ch|ng|nh|[cmnpt])?", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]+")


def is_syllable(word: str) -> bool:
    """Whether a word can be one written Vietnamese syllable, with at most one tone."""
    # Tones are taken off, the marks that make another letter (ă â ê ô ơ ư) stay.
    parts = unicodedata.normalize("NFD", word)
    bare = parts.translate(_TONES)
    if len(parts) - len(bare) > 1:
        return False
    return _SYLLABLE.fullmatch(unicodedata.normalize("NFC", bare).lower()) is not None


def score(text: str) -> tuple[int, float]:
    """Number of different words with a letter outside ASCII, and how many of them are syllables.

    Words of one letter say nothing: a pound sign before an amount is a letter in TCVN3.
    """
    found = set(_WORD.findall(text))
    words = {word.casefold() for word in found if len(word) > 1 and not word.isascii()}
    if not words:
        return 0, 0.0
    return len(words), sum(map(is_syllable, words)) / len(words)
