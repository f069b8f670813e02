"""Which names in a drop are ours to take: patterns, and what people and programs leave beside."""

from __future__ import annotations

import re
import unicodedata

UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart", ".lock", ".swp")
LOCK_PREFIXES = (".", "~$", ".~lock")


def is_left_alone(name: str) -> bool:
    """Hidden, a lock, or under the name of something unfinished?"""
    return name.startswith(LOCK_PREFIXES) or name.casefold().endswith(UNFINISHED)


def climbs_out(name: str) -> bool:
    """Would this relative name lead anywhere but straight down? Such a name is no honest one."""
    return "\0" in name or any(part in ("", ".", "..") for part in name.split("/"))


def shown(name: str) -> str:
    """The name for people and receipts: NFC, and bytes that are no text replaced."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return unicodedata.normalize("NFC", text)


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
