"""What the pages of bodies say besides their tasks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from task_warehouse.dashboard.facts import NATION, Morning, Reporting
from task_warehouse.dashboard.senders import Senders


class OfBodies:
    """What the marts say of each body besides its tasks, found by its code."""

    def __init__(self, morning: Morning) -> None:
        topics = morning.topics
        self.morning = morning
        self.related = topics.related
        self.reporting: dict[str, list[Reporting]] = {}
        self.of_source: dict[str, list[Reporting]] = {}
        for row in morning.reporting:
            self.reporting.setdefault(row.organisation_code or "", []).append(row)
            self.of_source.setdefault(row.source, []).append(row)
        self.communes = grouped(
            (card for card in morning.scorecards if card.kind == "commune"), "parent_code"
        )
        self.feedback = grouped(topics.feedback or (), "organisation_code")
        self.indicators = grouped(
            (row for row in topics.indicators or () if row.organisation_code == NATION),
            "lead_code",
        )
        self.findings = grouped(topics.findings_of_bodies, "owner")
        self.waiting = grouped(topics.feedback_of_bodies, "organisation_code")
        self.substance = {row.organisation_code: row for row in topics.substance or ()}

    def of(self, code: str) -> dict[str, Any]:
        """The context of the page of one body."""
        behind = self.morning.sources_behind.get(code, frozenset())
        own = self.reporting.get(code, [])
        reporting = {(row.source, row.dataset): row for row in own}
        for source in sorted(behind):
            reporting.update({(r.source, r.dataset): r for r in self.of_source.get(source, ())})
        return {
            "senders": Senders(own),
            "behind": Senders(reporting.values()),
            "communes": self.communes.get(code, []),
            "feedback": self.feedback.get(code, []),
            "indicators": self.indicators.get(code, []),
            "substance": self.substance.get(code),
            "findings": grouped(self.findings.get(code, ()), "finding"),
            "waiting": grouped(self.waiting.get(code, ()), "kind"),
            "deadlines": self.morning.deadlines.get(code, []),
            "documents": self.morning.documents_of.get(code, []),
            "moves": (self.morning.topics.moves or {}).get(code, {}),
            "families": self.related.families.get(code, ()),
            "recurring": self.related.recurring.get(code, ()),
            "successions": self.related.successions.get(code, ()),
        }


def grouped(rows: Iterable[Any], column: str) -> dict[str, list[Any]]:
    grouped: dict[str, list[Any]] = {}
    for row in rows:
        grouped.setdefault(getattr(row, column) or "", []).append(row)
    return grouped
