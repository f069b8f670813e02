"""How many tasks the lists of a page show: as many as let all pages together stay small."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from task_warehouse.dashboard.topic_rows import LISTING, Classed


@dataclass(frozen=True, slots=True)
class Limit:
    """How many tasks a list shows: of the overdue, of those within their term, of the others."""

    overdue: int
    in_term: int
    others: int

    def of(self, status_class: str) -> int:
        named = {"open_overdue": self.overdue, "open_in_term": self.in_term}
        return named.get(status_class, self.others)

    @property
    def sql(self) -> str:
        return (
            f"case list_name when 'open_overdue' then {self.overdue} "
            f"when 'open_in_term' then {self.in_term} else {self.others} end"
        )


def same(count: int) -> Limit:
    return Limit(count, count, count)


# From all that there is to what a page must at least list.
LIMITS = (
    Limit(2000, 1000, 1000),
    Limit(500, 250, 250),
    Limit(150, 100, 60),
    Limit(100, 50, 50),
    Limit(50, 25, 15),
    Limit(20, 10, 5),
    Limit(10, 5, 2),
    Limit(4, 1, 0),
)


def widest(counted: Iterable[Classed], most: int, limits: Sequence[Limit] = LIMITS) -> Limit:
    """The widest of ``limits`` by which the lists of all stay under ``most`` rows together."""
    counts = [(one.count(name), name) for one in counted for name in LISTING]
    for limit in limits:
        if sum(min(count, limit.of(name)) for count, name in counts) <= most:
            return limit
    return limits[-1]
