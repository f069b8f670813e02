"""Rows of tasks, of which a site has two hundred thousand: written out without a template."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from markupsafe import Markup, escape

from task_warehouse.dashboard.facts import UNRESOLVED, Task
from task_warehouse.dashboard.wording import Wording, plain


class TaskRows:
    """Writes rows of tasks in one language, for pages at one depth of the site."""

    def __init__(
        self, words: Wording, link_to: Callable[[str], str], documents: Collection[str]
    ) -> None:
        self.words = words
        self.link_to = link_to
        self.documents = documents
        self.never = escape(words.text("tasks.never"))
        self.completed = escape(words.text("tasks.completed_on").lower())
        self.suspended = escape(words.text("tasks.suspended"))

    def __call__(self, tasks: Iterable[Task], *, leads: bool, stuck: bool) -> Markup:
        """Every task as a ``tr``; ``leads`` and ``stuck`` add their columns."""
        rows = "\n".join(self._row(task, leads, stuck) for task in tasks)
        return Markup(rows)  # noqa: S704 - every text in it went through said() or escape()

    def _row(self, task: Task, leads: bool, stuck: bool) -> str:
        flag = (
            f' <span class="outcome duplicate">{self.suspended}</span>' if task.is_suspended else ""
        )
        title = f'<bdi lang="vi">{said(task.title)}</bdi>'
        code = f"<i><bdi>{said(task.task_code)}</bdi></i>"
        cells = [f'<tr><th scope="row">{title} {code}{flag}</th>']
        if leads:
            named = self.words.of(task, "leads", "leads_en")
            if task.owner == UNRESOLVED:
                named = task.lead_text or "–"
            cells.append(f'<td class="lead"><bdi>{said(named)}</bdi></td>')
        cells += [f'<td class="document">{self._document(task)}</td>', self._dates(task)]
        if stuck:
            cells.append(f'<td class="hard">{self._difficulty(task)}</td>')
        cells.append(f'<td class="from">{_origin(task)}</td></tr>')
        return "".join(cells)

    def _document(self, task: Task) -> str:
        if not task.document_code:
            return "–"
        name = f"<bdi>{said(task.document_code)}</bdi>"
        if task.document_code not in self.documents:
            return name
        return f'<a href="{self.link_to(task.document_code)}">{name}</a>'

    def _dates(self, task: Task) -> str:
        words = self.words
        due = words.day(task.due_on)
        meant = f" <small>→ {due}</small>" if task.due_on and due != task.deadline_text else ""
        done = "–" if task.percent_complete is None else f"{words.amount(task.percent_complete)}%"
        told = words.day(task.last_reported_on) if task.last_reported_on else self.never
        if task.completed_on:
            told += f" <small>{self.completed} {words.day(task.completed_on)}</small>"
        late = (
            f'<td class="n days late">{words.number(task.days_late)}</td>'
            if task.days_late
            else '<td class="n days">–</td>'
        )
        return (
            f'<td class="due"><bdi>{said(task.deadline_text or "–")}</bdi>{meant}</td>'
            f'<td class="n done">{done}</td><td class="told">{told}</td>{late}'
        )

    def _difficulty(self, task: Task) -> str:
        text = f'<bdi lang="vi">{said(task.difficulty)}</bdi>' if task.difficulty else "–"
        freeing = self.words.of(task, "unblocked_by", "unblocked_by_en")
        return f"{text} <small>→ {said(freeing)}</small>" if freeing else text


def said(text: str) -> Markup:
    """A text from outside, cleaned and escaped."""
    return escape(plain(text))


def _origin(task: Task) -> str:
    name = f"<bdi>{said(task.source)}</bdi>"
    if not task.delivery_id:
        return name
    return f"{name} <small>{escape(task.delivery_id[:8])}:{task.line or '–'}</small>"
