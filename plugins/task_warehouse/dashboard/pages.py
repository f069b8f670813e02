"""Write the pages: templates compiled once, each page once a language, tasks streamed by body."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2

from task_warehouse.dashboard import drawing
from task_warehouse.dashboard.facts import (
    CLASSES,
    DUE_SOON,
    NATION,
    UNRESOLVED,
    Morning,
    Reporting,
    Scorecard,
    Task,
)
from task_warehouse.dashboard.wording import LANGUAGES, Language, Wording, plain

HERE = Path(__file__).parent
RANKED_KINDS = ("ministry", "agency", "province")
SHOWN_PROBLEMS = 12
SHOWN_LONGEST = 5
SHOWN_CAUSES = 10

_SAFE_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = plain
    environment.globals.update(
        classes=CLASSES,
        due_soon=DUE_SOON,
        segments=drawing.segments,
        page_name=page_name,
        nation_code=NATION,
        unresolved_code=UNRESOLVED,
        tile_width=drawing.TILE_WIDTH,
        tile_height=drawing.TILE_HEIGHT,
    )
    return environment


def page_name(code: str) -> str:
    """A code as the stem of a file name: itself where it is harmless, else a hash of it."""
    if _SAFE_CODE.fullmatch(code):
        return code
    return "x" + hashlib.sha256(code.encode()).hexdigest()[:16]


class Site:
    """The folder ``dashboard/`` of one snapshot while it is written."""

    def __init__(self, folder: Path, morning: Morning) -> None:
        self.folder = folder
        self.morning = morning
        self._words = {language: Wording(language) for language in LANGUAGES}
        shutil.copytree(HERE / "assets", folder / "assets")
        for name in ("body", "class"):
            (folder / name).mkdir()

    def write_morning(self, by_class: Mapping[str, list[Task]], unresolved: list[Task]) -> None:
        """The morning page, the full reporting table and the table of communes."""
        cards = self.morning.scorecards
        drawn = drawing.tiles(cards)
        islands = drawing.islands(cards)
        provinces = [card for card in cards if card.kind == "province" and card.open_overdue]
        provinces.sort(key=lambda card: (-card.open_overdue, card.organisation_code))
        context = {
            "nation": self.morning.nation,
            "kinds": {kind: self._of_kinds(kind) for kind in RANKED_KINDS},
            "others": self._others(),
            "communes": self._of_kinds("commune"),
            "tiles": drawn,
            "islands": islands,
            "map_size": drawing.map_size([*drawn, *islands]),
            "most_overdue": provinces[:10],
            "longest": by_class.get("open_overdue", [])[:SHOWN_LONGEST],
            # Stable, so the longest overdue stay first; what is done needs nobody any more.
            "unresolved": sorted(unresolved, key=lambda task: task.completed_on is not None)[
                :SHOWN_LONGEST
            ],
            "senders": Senders(self.morning.reporting),
            "shown_problems": SHOWN_PROBLEMS,
            "shown_causes": SHOWN_CAUSES,
        }
        self._write("index", "morning.html.j2", context)
        self._write("reporting", "reporting.html.j2", {"senders": context["senders"]})
        if context["communes"]:
            self._write("communes", "communes.html.j2", {"communes": context["communes"]})

    def write_classes(self, by_class: Mapping[str, list[Task]]) -> None:
        """A page for each class of the nation: where its tasks lie, and the tasks."""
        nation = self.morning.nation
        for status_class in (*CLASSES, DUE_SOON):
            bodies = [
                card
                for card in self.morning.scorecards
                if card.organisation_code != NATION and card.count(status_class)
            ]
            bodies.sort(key=lambda card: (-card.count(status_class), card.organisation_code))
            context = {
                "status_class": status_class,
                "total": nation.count(status_class) if nation else 0,
                "bodies": bodies,
                "tasks": by_class.get(status_class, []),
            }
            self._write(f"class/{status_class}", "class.html.j2", context)

    def write_bodies(self, tasks: Iterator[Task]) -> list[Task]:
        """A page for each body with a scorecard; the tasks come grouped by body.

        Returns the tasks that nobody answers for.
        """
        reporting: dict[str, list[Reporting]] = {}
        for row in self.morning.reporting:
            reporting.setdefault(row.organisation_code or "", []).append(row)
        communes: dict[str, list[Scorecard]] = {}
        for card in self._of_kinds("commune"):
            communes.setdefault(card.parent_code or "", []).append(card)
        waiting = {c.organisation_code: c for c in self.morning.scorecards}
        waiting.pop(NATION, None)
        unresolved: list[Task] = []
        for code, group in groupby(tasks, key=lambda task: task.owner):
            card = waiting.pop(code)
            of_body = list(group)
            if code == UNRESOLVED:
                unresolved = of_body
            self._write_body(card, of_body, reporting.get(code, []), communes.get(code, []))
        for code, card in waiting.items():
            self._write_body(card, [], reporting.get(code, []), communes.get(code, []))
        return unresolved

    def _write_body(
        self,
        card: Scorecard,
        tasks: Iterable[Task],
        reporting: list[Reporting],
        communes: list[Scorecard],
    ) -> None:
        by_class: dict[str, list[Task]] = {status_class: [] for status_class in CLASSES}
        for task in tasks:
            by_class[task.status_class].append(task)
        context = {
            "card": card,
            "by_class": by_class,
            "senders": Senders(reporting),
            "communes": communes,
        }
        self._write(f"body/{page_name(card.organisation_code)}", "body.html.j2", context)

    def _write(self, stem: str, template: str, context: Mapping[str, Any]) -> None:
        """Write ``stem.html`` in Vietnamese and ``stem.en.html`` in English."""
        up = "../" * stem.count("/")
        compiled = _templates().get_template(template)
        for language, words in self._words.items():
            page = compiled.render(
                context,
                w=words,
                t=words.text,
                up=up,
                suffix=_suffix(language),
                stem=stem.rpartition("/")[2],
                other_suffix=_suffix(words.other),
                morning=self.morning,
                manifest=self.morning.manifest,
            )
            (self.folder / f"{stem}{_suffix(language)}").write_text(page, encoding="utf-8")

    def _of_kinds(self, *kinds: str) -> list[Scorecard]:
        return [card for card in self.morning.scorecards if card.kind in kinds]

    def _others(self) -> list[Scorecard]:
        named = {*RANKED_KINDS, "commune"}
        return [
            card
            for card in self.morning.scorecards
            if card.kind not in named and card.organisation_code != NATION and card.tasks
        ]


class Senders:
    """What the latest obligations of some senders come to."""

    def __init__(self, reporting: Iterable[Reporting]) -> None:
        self.rows = list(reporting)
        expected = [row for row in self.rows if row.expected]
        self.expected = {row.source for row in expected}
        self.failed = sorted({row.source for row in expected if row.is_failed})
        self.problems = sorted(
            (row for row in self.rows if row.is_failed or row.status == "late"),
            key=lambda row: (_WORST_FIRST.index(row.status), row.source, row.dataset),
        )
        self.failed_rows = {row.source: row for row in expected if row.is_failed}

    @property
    def reported(self) -> int:
        return len(self.expected) - len(self.failed)

    def by_status(self) -> dict[str, int]:
        """Obligations by outcome, best first; an outcome nobody had is left out."""
        counts = dict.fromkeys(_BEST_FIRST, 0)
        for row in self.rows:
            counts[row.status] = counts.get(row.status, 0) + 1
        return {status: count for status, count in counts.items() if count}

    def total(self, column: str) -> int:
        """Sum of a column of row counts."""
        return sum(int(getattr(row, column)) for row in self.rows)


_BEST_FIRST = ("on_time", "nothing_arose", "late", "duplicate", "held", "refused", "missing")
_WORST_FIRST = tuple(reversed(_BEST_FIRST))


def _suffix(language: Language) -> str:
    return ".html" if language == "vi" else f".{language}.html"
