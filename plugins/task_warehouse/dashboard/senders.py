"""What the latest obligations of some senders come to, and so what stands behind a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from task_warehouse.dashboard.facts import Reporting
from task_warehouse.dashboard.wording import Wording

_BEST_FIRST = ("on_time", "nothing_arose", "late", "duplicate", "held", "refused", "missing")
_WORST_FIRST = tuple(reversed(_BEST_FIRST))


class Senders:
    """The latest obligations of some senders: who reported, on time, and what became of rows."""

    def __init__(self, reporting: Iterable[Reporting]) -> None:
        self.rows = list(reporting)
        expected = [row for row in self.rows if row.expected]
        self.expected = {row.source for row in expected}
        self.failed_rows = {row.source: row for row in expected if row.is_failed}
        self.failed = sorted(self.failed_rows)
        late = {row.source for row in expected if row.status == "late"}
        self.on_time = len(self.expected - late - set(self.failed))

    @property
    def reported(self) -> int:
        return len(self.expected) - len(self.failed)

    @property
    def problems(self) -> list[Reporting]:
        """What is missing, refused or late, worst first."""
        return sorted(
            (row for row in self.rows if row.is_failed or row.status == "late"),
            key=lambda row: (_WORST_FIRST.index(row.status), row.source, row.dataset),
        )

    @property
    def newest(self) -> datetime | None:
        """When the newest of what is in the figures was received."""
        return max((row.received_at for row in self.rows if row.received_at), default=None)

    @property
    def is_silent(self) -> bool:
        """Whether all that is owed is missing."""
        owed = [row for row in self.rows if row.expected]
        return bool(owed) and all(row.status == "missing" for row in owed)

    def reasons(self, words: Wording) -> list[str]:
        """Why it is missing or refused, the most frequent reason first, in the page's language."""
        said = Counter(
            words.of(row, "reason_vi", "reason_en") or words.text(f"statuses.{row.status}")
            for row in self.problems
            if row.is_failed
        )
        return [reason for reason, _ in said.most_common()]

    def by_status(self) -> dict[str, int]:
        """Obligations by outcome, best first; an outcome nobody had is left out."""
        counts = dict.fromkeys(_BEST_FIRST, 0)
        for row in self.rows:
            counts[row.status] = counts.get(row.status, 0) + 1
        return {status: count for status, count in counts.items() if count}

    def by_outcome(self, most: int) -> dict[str, list[Reporting]]:
        """The obligations, worst outcome first: of each outcome its share of ``most``."""
        counts = self.by_status()
        each = max(1, most // max(1, len(counts)))
        parts: dict[str, list[Reporting]] = {status: [] for status in reversed(counts)}
        for row in self.rows:
            if len(parts[row.status]) < each:
                parts[row.status].append(row)
        return parts

    def total(self, column: str) -> int:
        """Sum of a column of row counts."""
        return sum(int(getattr(row, column)) for row in self.rows)
