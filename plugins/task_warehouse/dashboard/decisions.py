"""The five things that need a decision today: what to do, who must do it, and the rows that say so.

A fixed order of weight: what nobody answers for, who can free the most stuck tasks, where the most
is overdue, the single oldest, an indicator off its course, what is not in the figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from task_warehouse.dashboard.facts import NATION, UNRESOLVED, Morning, Scorecard, Task
from task_warehouse.dashboard.senders import Senders

SHOWN = 5
RANKED = ("ministry", "agency", "province")


@dataclass(frozen=True, slots=True)
class Decision:
    """``kind`` names the text; ``body`` the one who must act, None where the text names it.

    ``page`` and ``part`` lead to the rows it rests on; ``values`` fill in why.
    """

    kind: str
    count: int
    page: str
    part: str = ""
    body_code: str | None = None
    body: str | None = None
    body_en: str | None = None
    subject: str | None = None
    values: dict[str, int | str] = field(default_factory=dict)


def decisions(morning: Morning, overdue: Sequence[Task], senders: Senders) -> list[Decision]:
    """At most five, heaviest first; fewer where there is less to decide."""
    return list(islice(_candidates(morning, overdue, senders), SHOWN))


def _candidates(morning: Morning, overdue: Sequence[Task], senders: Senders) -> Iterator[Decision]:
    yield from _unanswered(morning)
    yield from _stuck(morning)
    yield from _most_overdue(morning.scorecards)
    if overdue:
        oldest = overdue[0]
        yield Decision(
            "oldest",
            oldest.days_late or 0,
            "class/open_overdue",
            "list",
            body=oldest.leads,
            body_en=oldest.leads_en,
            subject=oldest.title,
        )
    yield from _off_course(morning)
    yield from _missing(senders)
    if held := morning.topics.held:
        rows = sum(row.rows_held for row in held)
        yield Decision("held", len(held), "quality", "held", values={"rows": rows})


def _unanswered(morning: Morning) -> Iterator[Decision]:
    """Tasks without a body that answers; whoever issued most of them must name one."""
    nobody = next((c for c in morning.scorecards if c.organisation_code == UNRESOLVED), None)
    if nobody is None or not nobody.open:
        return
    issuers = {row.document_code: row.issuer for row in morning.topics.documents}
    issued: Counter[str] = Counter()
    for row in morning.documents_of.get(UNRESOLVED, ()):
        if issuer := issuers.get(row.document_code):
            issued[issuer] += row.tasks
    issuer = issued.most_common(1)[0][0] if issued else None
    known = next((c for c in morning.scorecards if issuer in (c.name, c.name_en)), None)
    yield Decision(
        "unresolved",
        nobody.open,
        f"body/{UNRESOLVED}",
        body_code=known.organisation_code if known else None,
        body=issuer,
        body_en=known.name_en if known else issuer,
        values={"tasks": nobody.tasks, "overdue": nobody.open_overdue},
    )


def _stuck(morning: Morning) -> Iterator[Decision]:
    freeing = [row for row in morning.topics.stuck_at("freed_by") if row.code != NATION]
    if freeing:
        most = freeing[0]
        yield Decision(
            "unblock",
            most.tasks,
            "bottlenecks",
            "freed_by",
            most.code,
            most.name,
            most.name_en,
            values={"days": most.longest},
        )


def _most_overdue(cards: Sequence[Scorecard]) -> Iterator[Decision]:
    """The ministry, agency or province with most; of two with as many, the one with fewer tasks."""
    able = [card for card in cards if card.kind in RANKED and card.open_overdue]
    if able:
        worst = max(able, key=lambda c: (c.open_overdue, -c.tasks, c.organisation_code))
        yield Decision(
            "overdue",
            worst.open_overdue,
            "body/" + worst.organisation_code,
            "open_overdue",
            worst.organisation_code,
            worst.name,
            worst.name_en,
            values={"tasks": worst.tasks},
        )


def _off_course(morning: Morning) -> Iterator[Decision]:
    off = [
        row
        for row in morning.topics.indicators or ()
        if row.organisation_code == NATION and row.judgement in ("off_course", "missed")
    ]
    if off:
        row = off[0]
        yield Decision(
            "indicator",
            len(off),
            "indicators",
            "off_course",
            row.lead_code,
            row.lead,
            row.lead_en,
            subject=row.name,
        )


def _missing(senders: Senders) -> Iterator[Decision]:
    if senders.failed:
        row = senders.failed_rows[senders.failed[0]]
        yield Decision(
            "missing",
            len(senders.failed),
            "reporting",
            "problems",
            row.organisation_code,
            row.name,
            row.name_en,
        )
