"""Randomness that depends on a seed and on what it is asked for, never on the order of asking.

A task of the sample lives the same life whatever day is written and however many others there
are, so the world of the next day is the same world one day older.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

Item = TypeVar("Item")


class Dice(random.Random):
    """A generator of its own for one thing, named by its parts."""

    def __init__(self, *parts: object) -> None:
        super().__init__("|".join(map(str, parts)))

    def weighted(self, table: Sequence[tuple[Item, float]]) -> Item:
        """One item of ``(item, weight)`` pairs."""
        return self.choices([item for item, _ in table], [weight for _, weight in table])[0]

    def happens(self, share: float) -> bool:
        """True in ``share`` of all cases."""
        return self.random() < share


def chance(*parts: object) -> float:
    """A number in [0, 1) that belongs to these parts; cheaper than a generator."""
    digest = blake2b("|".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
