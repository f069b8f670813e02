"""What the cells of a table are called where a row is laid out as a card, on a telephone."""

from __future__ import annotations

from collections.abc import Iterable

from task_warehouse.dashboard.topic_rows import JUDGEMENTS
from task_warehouse.dashboard.wording import Wording

_LABELS = {
    ".tasks td.due": "tasks.deadline",
    ".tasks td.done": "tasks.percent",
    ".tasks td.told": "tasks.reported",
    ".tasks td.days": "tasks.days_late",
    ".tasks td.from": "tasks.origin",
    ".tasks td.hard": "tasks.difficulty",
    ".tasks td.lead": "tasks.lead",
    ".tasks td.document": "tasks.document",
    ".tasks td.became": "moved.became",
    ".tasks td.children": "related.children",
    ".tasks td.kids": "related.of_children",
    ".tasks td.heir": "related.heir",
    ".tasks td.odds": "related.at_odds",
    ".tasks td.rhythm": "related.rhythm",
    ".tasks td.missing": "related.missing",
    ".tasks td.what-became": "related.what",
    ".indicators td.target": "indicators.target",
    ".indicators td.of-bodies": "indicators.bodies",
    **{f".indicators td.{name}": f"judgements.{name}" for name in JUDGEMENTS},
    ".bodies td.late": "nation.overdue",
    ".bodies td.all": "bodies.tasks",
    ".bodies td.basis": "rates.due_completion_rate",
    ".bodies td.soon": "classes.due_in_7_days",
}


def labels_of(languages: Iterable[Wording]) -> str:
    """A style sheet that writes the labels before the cells, in the language of the page."""
    rules = [
        f':lang({words.language}) {cell}::before {{ content: "{words.text(text)}: "; }}'
        for words in languages
        for cell, text in _LABELS.items()
    ]
    return "@media screen and (max-width: 60rem) {\n" + "\n".join(rules) + "\n}\n"
