"""Write the pages: templates compiled once a language and depth, tasks streamed by body."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import groupby, islice
from pathlib import Path
from typing import Any, ClassVar

import jinja2
import jinja2.bccache

from task_warehouse.dashboard import charts, drawing
from task_warehouse.dashboard.decisions import decisions
from task_warehouse.dashboard.facts import (
    CLASSES,
    DUE_SOON,
    NATION,
    NEVER_REPORTED,
    UNRESOLVED,
    Morning,
    Scorecard,
    Task,
)
from task_warehouse.dashboard.labels import labels_of
from task_warehouse.dashboard.moved import MOVEMENTS, PERIODS
from task_warehouse.dashboard.of_bodies import OfBodies, grouped
from task_warehouse.dashboard.refused import CAUSE_PAGES, LISTED_OF_CAUSE, by_source
from task_warehouse.dashboard.rows import LATE, TaskRows
from task_warehouse.dashboard.senders import Senders
from task_warehouse.dashboard.shortening import shortened
from task_warehouse.dashboard.topic_rows import JUDGEMENTS, Document, OfIndicator
from task_warehouse.dashboard.topics import Topics
from task_warehouse.dashboard.wording import LANGUAGES, Language, Wording, plain

HERE = Path(__file__).parent
IN_TERM = "open_in_term"
RANKED_KINDS = ("ministry", "agency", "province")
SHOWN_PROBLEMS = 8
SHOWN_LONGEST = 5
SHOWN_CAUSES = 5
SHOWN_DIFFERENCES = 5
# Documents with a page of their own, those with most tasks; the others are lines of theirs.
DOCUMENT_PAGES = 300
INDICATOR_PAGES = 300
WORST_JUDGED = ("missed", "off_course", "uncertain", "on_course", "met", "cannot_be_judged")
# A table of a nation's communes takes a slow machine ten seconds to lay out.
MOST_COMMUNES = 100
MOST_LISTED = 150
# A country whose communes send for themselves has seventeen thousand lines of reporting.
MOST_REPORTED = 600
MOST_DOCUMENTS = 600

_SAFE_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def page_name(code: str) -> str:
    """A code as the stem of a file name: itself where it is harmless, else a hash of it."""
    if _SAFE_CODE.fullmatch(code):
        return code
    return "x" + hashlib.sha256(code.encode()).hexdigest()[:16]


class _Compiled(jinja2.BytecodeCache):
    """Templates compiled once a process, for every language, depth and site."""

    kept: ClassVar[dict[str, bytes]] = {}

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        if code := self.kept.get(bucket.key):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


class Site:
    """The folder ``dashboard/`` of one snapshot while it is written."""

    def __init__(self, folder: Path, morning: Morning) -> None:
        self.folder = folder
        self.morning = morning
        self.senders = Senders(morning.reporting)
        self.cards = {card.organisation_code: card for card in morning.scorecards}
        self._words = {language: Wording(language) for language in LANGUAGES}
        self._sparks = charts.sparks(
            {
                code: [point.due_completion_rate for point in line]
                for code, line in morning.topics.trend.items()
            }
        )
        listed = [node for node in morning.topics.documents if node.tasks]
        self.documents = {node.document_code: node for node in listed[:DOCUMENT_PAGES]}
        self.indicators = _indicators(morning.topics)
        self._environments = {
            (language, up): self._environment(language, up)
            for language in LANGUAGES
            for up in ("", "../")
        }
        shutil.copytree(HERE / "assets", folder / "assets", copy_function=shutil.copyfile)
        with (folder / "assets" / "page.css").open("a", encoding="utf-8") as style:
            style.write(labels_of(self._words.values()))
        for name in ("body", "class", "document", "finding", "indicator", "movement", "refused"):
            (folder / name).mkdir()

    def _environment(self, language: Language, up: str) -> jinja2.Environment:
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            bytecode_cache=_Compiled(),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        words = self._words[language]
        environment.filters["plain"] = plain
        environment.globals.update(
            classes=CLASSES,
            due_soon=DUE_SOON,
            late_classes=LATE,
            segments=drawing.segments,
            step_of=drawing.step_of,
            worst_first=drawing.worst_first,
            page_name=page_name,
            movements=MOVEMENTS,
            nation_code=NATION,
            unresolved_code=UNRESOLVED,
            tile_width=drawing.TILE_WIDTH,
            tile_height=drawing.TILE_HEIGHT,
            w=words,
            t=words.text,
            up=up,
            suffix=_suffix(language),
            other_suffix=_suffix(words.other),
            morning=self.morning,
            topics=self.morning.topics,
            manifest=self.morning.manifest,
            everyone=self.senders,
            sparks=self._sparks,
            ranked=Counter(card.kind for card in self.cards.values() if card.rank_in_kind),
            document_pages=self.documents,
            finding_titles={
                kind.finding: words.of(kind, "title_vi", "title_en")
                for kind in self.morning.topics.finding_kinds
            },
            indicator_pages=self.indicators,
            known_bodies=self.cards,
            charts=charts,
            task_rows=TaskRows(words, self._document_link(language, up), self.documents),
        )
        return environment

    def _document_link(self, language: Language, up: str) -> Callable[[str], str]:
        suffix = _suffix(language)
        return lambda code: f"{up}document/{page_name(code)}{suffix}"

    def write_morning(self, by_class: Mapping[str, list[Task]]) -> None:
        """The morning page, the full reporting table and the table of communes."""
        cards = self.morning.scorecards
        drawn = drawing.tiles(cards)
        islands = drawing.islands(cards)
        provinces = [card for card in cards if card.kind == "province" and card.open_overdue]
        provinces.sort(key=lambda card: (-card.open_overdue, card.organisation_code))
        overdue = by_class.get("open_overdue", [])
        communes = self._of_kinds("commune")
        context = {
            "nation": self.morning.nation,
            "kinds": {kind: self._of_kinds(kind) for kind in RANKED_KINDS},
            "others": self._others(),
            "communes": communes,
            "tiles": drawn,
            "islands": islands,
            "map_size": drawing.map_size([*drawn, *islands]),
            "most_overdue": provinces[:10],
            "longest": overdue[:SHOWN_LONGEST],
            "decisions": decisions(self.morning, overdue, self.senders),
            "shown_problems": SHOWN_PROBLEMS,
            "shown_causes": SHOWN_CAUSES,
            "shown_differences": SHOWN_DIFFERENCES,
        }
        self._write("index", "morning.html.j2", context)
        everything = {"senders": self.senders, "most_reported": MOST_REPORTED}
        self._write("reporting", "reporting.html.j2", everything)
        if communes:
            self._write("communes", "communes.html.j2", self._of_communes(communes))

    def _of_communes(self, communes: Sequence[Scorecard]) -> dict[str, Any]:
        """All in one table; of a nation's thousands the last ones, and the rest by province."""
        of_province = grouped(communes, "parent_code")
        ranked = [card for card in communes if card.rank_in_kind]
        return {
            "communes": communes if len(communes) <= MOST_COMMUNES else ranked[-MOST_COMMUNES:],
            "total": len(communes),
            "bars": len(communes) <= MOST_COMMUNES,
            "provinces": [
                (card, of_province[card.organisation_code])
                for card in self._of_kinds("province")
                if card.organisation_code in of_province
            ],
        }

    def write_classes(self, by_class: Mapping[str, list[Task]]) -> None:
        """A page for each class of the nation: where its tasks lie, and the tasks.

        Those due soon and those never reported on have one too.
        """
        nation = self.morning.nation
        for status_class in (*CLASSES, DUE_SOON, NEVER_REPORTED):
            bodies = [
                card
                for card in self.morning.scorecards
                if card.organisation_code != NATION
                and status_class != NEVER_REPORTED
                and card.count(status_class)
            ]
            bodies.sort(key=lambda card: (-card.count(status_class), card.organisation_code))
            tasks = by_class.get(status_class, [])
            context = {
                "status_class": status_class,
                "total": nation.count(status_class) if nation else 0,
                "bodies": bodies[:MOST_LISTED],
                "more_bodies": len(bodies[MOST_LISTED:]),
                "tasks": tasks,
                "soonest": self._due_within(3, tasks) if status_class == DUE_SOON else 0,
            }
            self._write(f"class/{status_class}", "class.html.j2", context)

    def write_movement(self) -> None:
        """A page for each period compared with: the nation's tasks that moved since."""
        topics = self.morning.topics
        for period in PERIODS:
            moved = topics.moved(NATION, period)
            if moved and topics.moves is not None:
                context = {"moved": moved, "moves": topics.moves.get(NATION, {})}
                self._write(f"movement/{period}", "movement.html.j2", context)

    def write_topics(self) -> None:
        """The pages of substance, bottlenecks, indicators, feedback and data quality."""
        self._write_indicators()
        self._write_findings()
        self._write_causes()
        for topic in ("substance", "bottlenecks", "feedback"):
            self._write(topic, f"{topic}.html.j2", {})
        # Which rules the checks found broken stands beside the pages, in a snapshot.
        data_docs = (self.folder.parent / "data_docs" / "index.html").is_file()
        self._write("quality", "quality.html.j2", {"data_docs": data_docs})

    def _write_indicators(self) -> None:
        """All indicators on one page, and a page for each with its bodies."""
        listed = list(self.indicators.values())
        context: dict[str, Any] = {"indicators": listed, "judgements": JUDGEMENTS}
        self._write("indicators", "indicators.html.j2", context)
        for code, of in self.indicators.items():
            context = {"of": of, "worst_judged": WORST_JUDGED}
            self._write(f"indicator/{page_name(code)}", "indicator.html.j2", context)

    def _write_findings(self) -> None:
        """A page for each kind of finding that was made."""
        of_kind = grouped(self.morning.topics.findings, "finding")
        for kind in self.morning.topics.finding_kinds:
            if kind.findings:
                context = {"kind": kind, "findings": of_kind.get(kind.finding, [])}
                self._write(f"finding/{page_name(kind.finding)}", "finding.html.j2", context)

    def _write_causes(self) -> None:
        """A page for each cause of refusals: whose rows, and where each lies in what was sent."""
        for cause in self.morning.causes[:CAUSE_PAGES]:
            key = (cause.check_id, cause.dataset, cause.responsibility)
            rows = self.morning.refused[key]
            context = {
                "cause": cause,
                "rows": rows[:LISTED_OF_CAUSE],
                "sources": by_source(rows)[:MOST_LISTED],
            }
            self._write(f"refused/{page_name(cause.named)}", "cause.html.j2", context)

    def write_documents(self, tasks: Iterator[Task]) -> None:
        """The tree of documents, and a page for those with most tasks under them."""
        under: dict[str, list[Document]] = {}
        for node in self.morning.topics.documents:
            under.setdefault(node.parent_document_code or "", []).append(node)
        own = {code: list(group) for code, group in groupby(tasks, key=lambda task: task.owner)}
        known = {node.document_code for node in self.morning.topics.documents}
        roots = [
            node
            for node in self.morning.topics.documents
            if node.parent_document_code not in known and node.tasks
        ]
        lines = list(islice(_tree(roots, under), MOST_DOCUMENTS))
        self._write("programmes", "programmes.html.j2", {"lines": lines})
        for code, node in self.documents.items():
            context = {
                "node": node,
                "under": under.get(code, []),
                "by_class": _piles(own.get(code, ())),
            }
            self._write(f"document/{page_name(code)}", "document.html.j2", context)

    def write_bodies(self, tasks: Iterator[Task]) -> None:
        """A page for each body with a scorecard; the tasks come grouped by body."""
        parts = OfBodies(self.morning)
        waiting = dict(self.cards)
        waiting.pop(NATION, None)
        listed = ((code, list(group)) for code, group in groupby(tasks, key=lambda t: t.owner))
        for code, of_body in listed:
            self._write_body(waiting.pop(code), of_body, parts)
        for card in waiting.values():
            self._write_body(card, [], parts)

    def _write_body(self, card: Scorecard, tasks: Sequence[Task], parts: OfBodies) -> None:
        piles = _piles(tasks)
        soon, soonest = (self._due_within(days, piles[IN_TERM]) for days in (7, 3))
        own = parts.of(card.organisation_code)
        context = {"card": card, "by_class": piles, "soon": soon, "soonest": soonest, **own}
        self._write(f"body/{page_name(card.organisation_code)}", "body.html.j2", context)

    def _due_within(self, days: int, tasks: Iterable[Task]) -> int:
        """How many of these open tasks are due in so many days."""
        until = self.morning.manifest.as_of_date + timedelta(days=days)
        return sum(task.due_on is not None and task.due_on <= until for task in tasks)

    def _write(self, stem: str, template: str, context: Mapping[str, Any]) -> None:
        """Write ``stem.html`` in Vietnamese and ``stem.en.html`` in English."""
        up = "../" * stem.count("/")
        for language in LANGUAGES:
            compiled = self._environments[language, up].get_template(template)
            page = shortened(compiled.render(context, stem=stem.rpartition("/")[2]))
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


def _tree(
    nodes: Iterable[Document], under: Mapping[str, Sequence[Document]], depth: int = 0
) -> Iterator[tuple[Document, int]]:
    """Each document with its depth (at most 2), what carries it out right after it."""
    for node in nodes:
        yield node, depth
        if depth < 2:
            yield from _tree(under.get(node.document_code, ()), under, depth + 1)


def _indicators(topics: Topics) -> dict[str, OfIndicator]:
    """By code, those with a row of the nation first; of each its rows, and the nation's values."""
    rows = grouped(topics.indicators or (), "indicator_code")
    values = grouped(
        (value for value in topics.indicator_values if value.organisation_code == NATION),
        "indicator_code",
    )
    found = [OfIndicator(code, of, values.get(code, ())) for code, of in rows.items()]
    found.sort(key=lambda each: (each.nation is None, each.code))
    return {each.code: each for each in found[:INDICATOR_PAGES]}


def _piles(tasks: Iterable[Task]) -> dict[str, list[Task]]:
    piles: dict[str, list[Task]] = {status_class: [] for status_class in CLASSES}
    for task in tasks:
        piles[task.list_name].append(task)
    return piles


def _suffix(language: Language) -> str:
    return ".html" if language == "vi" else f".{language}.html"
