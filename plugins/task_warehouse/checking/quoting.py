"""Names and texts of ours as SQL writes them."""

from __future__ import annotations

from collections.abc import Iterable


def quote(name: str) -> str:
    """``name`` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """``text`` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def in_list(values: Iterable[str]) -> str:
    """``values`` as the right side of SQL's ``in``."""
    return "(" + ", ".join(literal(value) for value in values) + ")"
