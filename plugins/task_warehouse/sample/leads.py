"""Leads as exports write them: one body, several, a collective, a dissolved one, or nobody."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from task_warehouse.sample import texts
from task_warehouse.sample.dice import Dice
from task_warehouse.sample.organisations import SEEDS, UNRESOLVED, Organisation, Registry
from task_warehouse.sample.systems import GOVERNMENT_OFFICE, System

CENTRAL_LEADS = (
    ("single", 68.0), ("list", 9.0), ("collective", 14.0), ("dissolved", 5.0), ("unresolved", 2.0),
    ("locality", 2.0),
)  # fmt: skip
MINISTRY_LEADS = (
    ("own", 72.0), ("list", 10.0), ("single", 8.0), ("collective", 4.0), ("dissolved", 4.0),
    ("unresolved", 2.0),
)  # fmt: skip
PROVINCE_LEADS = (
    ("own", 34.0), ("commune", 52.0), ("list", 5.0), ("collective", 4.0), ("dissolved", 3.0),
    ("unresolved", 2.0),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lead:
    """``text`` as exported; ``codes`` of the organisations it truly means, the first one leads."""

    text: str
    codes: tuple[str, ...]
    form: str
    is_commune: bool = False

    @property
    def first(self) -> str | None:
        return self.codes[0] if self.codes else None


NOBODY = Lead("", (), "none")


@cache
def _aliases() -> dict[str, tuple[str, ...]]:
    """Other names in force today by organisation, from the project's own seed."""
    path = SEEDS / "organisation_aliases.csv"
    if not path.exists():
        return {}
    found: dict[str, list[str]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if not row["valid_to"] and "," not in row["alias"]:
                found[row["organisation_code"]].append(row["alias"])
    return {code: tuple(names) for code, names in found.items()}


@dataclass(frozen=True, slots=True)
class Namer:
    """How one system writes organisations."""

    registry: Registry
    codes: bool

    def write(self, dice: Dice, org: Organisation) -> str:
        """A code, a name, or now and then an abbreviation; a name only where it is unambiguous."""
        if self.codes or not self.registry.named_once(org):
            return org.code
        aliases = _aliases().get(org.code, ()) if org.kind in ("ministry", "agency") else ()
        return dice.choice(aliases) if aliases and dice.happens(0.15) else org.name


def choose_lead(
    dice: Dice, namer: Namer, system: System, reporting: tuple[Organisation, ...]
) -> Lead:
    """Who leads a task that this system keeps.

    ``reporting`` are the bodies that report on such tasks from a system of their own; they lead a
    fair part of them.
    """
    own = system.organisation
    if own.kind == "commune":
        return _one(dice, namer, own, "own")
    if own.code == GOVERNMENT_OFFICE:
        form = dice.weighted(CENTRAL_LEADS)
    else:
        form = dice.weighted(PROVINCE_LEADS if own.kind == "province" else MINISTRY_LEADS)
    central = namer.registry.of_kind("ministry", "agency")
    if form == "own":
        return _one(dice, namer, own, form)
    if form in ("single", "commune") and reporting and dice.happens(0.2):
        return _one(dice, namer, dice.choice(reporting), form)
    if form == "single":
        return _one(dice, namer, dice.choice(central), form)
    if form == "locality":
        return _one(dice, namer, dice.choice(namer.registry.of_kind("province")), form)
    if form == "commune":
        return _one(dice, namer, dice.choice(namer.registry.communes_of(own.code)), form)
    if form == "list":
        return _several(dice, namer, own, central)
    return _special(dice, namer, own, form)


def choose_cooperating(dice: Dice, namer: Namer, system: System) -> Lead:
    """Who helps; half of the tasks name nobody."""
    if not dice.happens(0.5):
        return NOBODY
    if dice.happens(0.3):
        return _collective(dice, namer, system.organisation)
    central = namer.registry.of_kind("ministry", "agency")
    return _join(dice, namer, dice.sample(central, dice.randint(1, 3)), "; ", "list")


def _one(dice: Dice, namer: Namer, org: Organisation, form: str) -> Lead:
    return Lead(namer.write(dice, org), (org.code,), form, org.kind == "commune")


def _several(dice: Dice, namer: Namer, own: Organisation, central: list[Organisation]) -> Lead:
    if own.kind == "province":
        others = dice.sample(namer.registry.communes_of(own.code), dice.randint(1, 3))
    else:
        others = dice.sample([org for org in central if org != own], dice.randint(1, 2))
    members = [*others, own] if own.code == GOVERNMENT_OFFICE else [own, *others]
    if own.code == GOVERNMENT_OFFICE:
        members = dice.sample(central, dice.randint(2, 3))
    # Names that hold a comma or "và" themselves are told apart by the semicolon.
    safe = all("," not in org.name and " và " not in org.name for org in members)
    separator = dice.choice((", ", "; ", " và ")) if safe and len(members) == 2 else "; "
    lead = _join(dice, namer, members, separator, "list")
    return Lead(lead.text, lead.codes, "list", any(org.kind == "commune" for org in others))


def _join(dice: Dice, namer: Namer, members: list[Organisation], separator: str, form: str) -> Lead:
    text = separator.join(namer.write(dice, org) for org in members)
    return Lead(text, tuple(org.code for org in members), form)


def _collective(dice: Dice, namer: Namer, own: Organisation) -> Lead:
    wanted = ("TT-XA",) if own.kind == "province" else ("TT-BN", "TT-BNDP", "TT-BNDP", "TT-DP")
    known = {org.code: org for org in namer.registry.collectives}
    org = known[dice.choice(wanted)]
    return Lead(org.name, (org.code,), "collective", org.code == "TT-XA")


def _special(dice: Dice, namer: Namer, own: Organisation, form: str) -> Lead:
    if form == "collective":
        return _collective(dice, namer, own)
    if form == "dissolved":
        level = ("province",) if own.kind == "province" else ("ministry", "agency")
        old = [org for org in namer.registry.dissolved if org.kind in level]
        mine = [org for org in old if org.parent == own.code]
        if own.kind == "province" and not mine:
            return _one(dice, namer, own, "own")
        org = dice.choice(mine or old)
        return Lead(org.name, (org.parent or UNRESOLVED,), form)
    return Lead(dice.choice(texts.UNRESOLVABLE), (UNRESOLVED,), "unresolved")
