"""Feedback, recommendations, initiatives and solutions; of the sender only the kind is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from task_warehouse.sample import texts
from task_warehouse.sample.dice import Dice
from task_warehouse.sample.organisations import Organisation, Registry
from task_warehouse.sample.systems import System

OPENED_ON = date(2025, 7, 3)
KINDS = (("feedback", 40.0), ("recommendation", 34.0), ("initiative", 14.0), ("solution", 12.0))
SENDERS = (("citizen", 55.0), ("business", 22.0), ("official", 14.0), ("organisation", 9.0))
DAYS_TO_ANSWER = 20


@dataclass(frozen=True, slots=True)
class Feedback:
    """One item as it stands on the day of the sample."""

    source: str
    code: str
    kind: str
    received_on: date
    sender_kind: str
    field: str
    assigned_to: Organisation
    due_on: date
    state: str
    answered_on: date | None
    published: bool


def receive(
    seed: int, system: System, registry: Registry, daily: float, as_of: date
) -> list[Feedback]:
    """The items of one system up to a day; ``daily`` of them arrive a day on average."""
    items: list[Feedback] = []
    day = OPENED_ON
    while day <= as_of:
        dice = Dice(seed, "feedback", system.source, day)
        arrived = int(daily) + dice.happens(daily % 1)
        items += [
            _item(dice, system, registry, day, number, as_of) for number in range(1, arrived + 1)
        ]
        day += timedelta(days=1)
    return items


def _item(
    dice: Dice, system: System, registry: Registry, day: date, number: int, as_of: date
) -> Feedback:
    own = system.organisation
    handlers = registry.communes_of(own.code) if own.kind == "province" else []
    assigned_to = dice.choice(handlers) if handlers and dice.happens(0.4) else own
    answered_on: date | None = day + timedelta(days=dice.randint(2, 34))
    refused, stuck = dice.happens(0.05), dice.happens(0.1)
    published = dice.happens(0.7)
    serial = sum(map(ord, system.source)) % 90 * 100 + number
    if stuck or answered_on is None or answered_on > as_of:
        answered_on = None
    if answered_on:
        state = "refused" if refused else "answered"
    else:
        state = "received" if (as_of - day).days < 3 else "in_progress"
    return Feedback(
        source=system.source,
        code=f"PAKN.{day:%Y%m%d}.{serial:04d}",
        kind=dice.weighted(KINDS),
        received_on=day,
        sender_kind=dice.weighted(SENDERS),
        field=dice.choice(texts.FEEDBACK_FIELDS),
        assigned_to=assigned_to,
        due_on=day + timedelta(days=DAYS_TO_ANSWER),
        state=state,
        answered_on=answered_on if state == "answered" else None,
        published=published and state == "answered",
    )
