"""The five things that need a decision today, each with the body that must take it.

A fixed order of weight: what nobody answers for, what keeps data out of the figures, who can free
the most stuck tasks, where the most is overdue, the single oldest, an indicator off its course.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from task_warehouse.dashboard.facts import NATION, UNRESOLVED, Morning, Scorecard, Task
from task_warehouse.dashboard.senders import Senders

SHOWN = 5
RANKED = ("ministry", "agency", "province")


@dataclass(frozen=True, slots=True)
class Decision:
    """``kind`` names the text; ``body`` the one who must act, None where the text names it."""

    kind: str
    count: int
    page: str
    body_code: str | None = None
    body: str | None = None
    body_en: str | None = None
    subject: str | None = None
    values: dict[str, int] = field(default_factory=dict)


def decisions(morning: Morning, overdue: Sequence[Task], senders: Senders) -> list[Decision]:
    """At most five, heaviest first; fewer where there is less to decide."""
    return list(islice(_candidates(morning, overdue, senders), SHOWN))


def _candidates(morning: Morning, overdue: Sequence[Task], senders: Senders) -> Iterator[Decision]:
    cards = {card.organisation_code: card for card in morning.scorecards}
    if nobody := cards.get(UNRESOLVED):
        yield Decision("unresolved", nobody.tasks, f"body/{UNRESOLVED}")
    if held := morning.topics.held:
        first = held[0]
        yield Decision(
            "held",
            len(held),
            "quality",
            first.organisation_code,
            first.name,
            first.name_en,
            values={"rows": sum(row.rows_held for row in held)},
        )
    freeing = [row for row in morning.topics.stuck_at("freed_by") if row.code != NATION]
    if freeing:
        most = freeing[0]
        yield Decision(
            "unblock",
            most.tasks,
            "bottlenecks",
            most.code,
            most.name,
            most.name_en,
            values={"days": most.longest},
        )
    if worst := _most_overdue(morning.scorecards):
        yield Decision(
            "overdue",
            worst.open_overdue,
            "body/" + worst.organisation_code,
            worst.organisation_code,
            worst.name,
            worst.name_en,
            values={"tasks": worst.tasks},
        )
    if overdue:
        oldest = overdue[0]
        yield Decision(
            "oldest",
            oldest.days_late or 0,
            "class/open_overdue",
            None,
            oldest.leads,
            oldest.leads_en,
            subject=oldest.title,
        )
    yield from _missing(senders)
    yield from _off_course(morning)


def _missing(senders: Senders) -> Iterator[Decision]:
    if senders.failed:
        row = senders.failed_rows[senders.failed[0]]
        yield Decision(
            "missing",
            len(senders.failed),
            "reporting",
            row.organisation_code,
            row.name,
            row.name_en,
        )


def _off_course(morning: Morning) -> Iterator[Decision]:
    for row in morning.topics.indicators or ():
        if row.organisation_code == NATION and row.judgement in ("off_course", "missed"):
            yield Decision(
                "indicator",
                1,
                "indicators",
                row.lead_code,
                row.lead,
                row.lead_en,
                subject=row.name,
            )


def _most_overdue(cards: Sequence[Scorecard]) -> Scorecard | None:
    able = [card for card in cards if card.kind in RANKED and card.open_overdue]
    return max(able, key=lambda card: (card.open_overdue, card.organisation_code), default=None)
