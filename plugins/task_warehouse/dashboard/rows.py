"""Rows of tasks, of which a site has two hundred thousand: written out without a template."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from markupsafe import Markup, escape

from task_warehouse.dashboard.facts import COMPLETED, UNRESOLVED, Task
from task_warehouse.dashboard.wording import Wording, plain

# Classes whose tasks are, or were, past their deadline.
LATE = ("open_overdue", "completed_late")


class TaskRows:
    """Writes rows of tasks in one language, for pages at one depth of the site."""

    def __init__(
        self, words: Wording, link_to: Callable[[str], str], documents: Collection[str]
    ) -> None:
        self.words = words
        self.link_to = link_to
        self.documents = documents
        self.lang = "" if words.language == "vi" else ' lang="vi"'
        self.never = escape(words.text("tasks.never"))
        self.suspended = escape(words.text("tasks.suspended"))

    def __call__(self, tasks: Iterable[Task], status_class: str, *, leads: bool) -> Markup:
        """Every task as a ``tr`` with the columns of its class; ``leads`` adds one."""
        rows = [f"<tr>{self._cells(task, status_class, leads)}</tr>" for task in tasks]
        return Markup("".join(rows))  # noqa: S704 - every text went through said() or escape()

    def _cells(self, task: Task, status_class: str, leads: bool) -> str:
        flag = (
            f' <span class="outcome duplicate">{self.suspended}</span>' if task.is_suspended else ""
        )
        title = f"<bdi{self.lang}>{said(task.title)}</bdi>"
        code = f"<i>{said(task.task_code)}</i>"
        cells = [f"<th>{title} {code}{flag}</th>"]
        if leads:
            named = self.words.of(task, "leads", "leads_en")
            if task.owner == UNRESOLVED:
                named = task.lead_text or "–"
            cells.append(f'<td class="lead"><bdi>{said(named)}</bdi></td>')
        cells += [f'<td class="document">{self._document(task)}</td>', self._due(task)]
        cells.append(self._done(task, status_class in COMPLETED))
        if status_class in LATE:
            late = self.words.number(task.days_late)
            cells.append(f'<td class="n days late">{late}</td>')
        if status_class == "open_overdue":
            cells.append(f'<td class="hard">{self._difficulty(task)}</td>')
        cells.append(f'<td class="from">{_origin(task)}</td>')
        return "".join(cells)

    def _document(self, task: Task) -> str:
        if not task.document_code:
            return "–"
        name = said(task.document_code)
        if task.document_code not in self.documents:
            return name
        return f'<a href="{self.link_to(task.document_code)}">{name}</a>'

    def _due(self, task: Task) -> str:
        due = self.words.day(task.due_on)
        meant = f" <small>→ {due}</small>" if task.due_on and due != task.deadline_text else ""
        return f'<td class="due">{said(task.deadline_text or "–")}{meant}</td>'

    def _done(self, task: Task, is_completed: bool) -> str:
        words = self.words
        told = words.day(task.last_reported_on) if task.last_reported_on else self.never
        if is_completed:
            done = f'<td class="done">{words.day(task.completed_on)}</td>'
        else:
            percent = task.percent_complete
            shown = "–" if percent is None else f"{words.amount(percent)}%"
            done = f'<td class="n done">{shown}</td>'
        return f'{done}<td class="told">{told}</td>'

    def _difficulty(self, task: Task) -> str:
        text = f"<bdi{self.lang}>{said(task.difficulty)}</bdi>" if task.difficulty else "–"
        freeing = self.words.of(task, "unblocked_by", "unblocked_by_en")
        return f"{text} <small>→ {said(freeing)}</small>" if freeing else text


def said(text: str) -> Markup:
    """A text from outside, cleaned and escaped."""
    return escape(plain(text))


def _origin(task: Task) -> str:
    name = said(task.source)
    if not task.delivery_id:
        return name
    return f"{name} <small>{escape(task.delivery_id[:8])}:{task.line or '–'}</small>"
