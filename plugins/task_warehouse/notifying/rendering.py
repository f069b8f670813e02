"""The messages in words: subject, HTML, plain text, and the same as JSON for a webhook.

Whatever came from outside is only text: laid out through autoescaping and ``bdi``, cut, without
control characters or marks of direction that could reorder what stands around it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from task_warehouse.dashboard.decisions import Decision
from task_warehouse.dashboard.facts import CLASSES, COMPLETED
from task_warehouse.dashboard.wording import Wording, plain
from task_warehouse.notifying.content import (
    LISTED_TASKS,
    BodyNews,
    BodyTask,
    Brief,
    EngineerNews,
)
from task_warehouse.snapshots import Manifest

VI, EN = Wording("vi"), Wording("en")
BRAND, DONE, LATE, SOON, SOFT = "#17324d", "#1f7a4d", "#b3261e", "#8a5a00", "#4d5b68"
LONGEST_LINE = 160
LONGEST_SUBJECT = 180
NAMED_SENDERS = 6
# Marks of direction (they reach past their own text), line and paragraph separators.
_UNSEEN = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c\u2028\u2029\ufeff]")


@dataclass(frozen=True, slots=True)
class Message:
    """One message before it has a reader. ``data`` is the JSON of a webhook."""

    kind: str
    subject: str
    html: str
    text: str
    data: dict[str, Any]
    items: frozenset[str]


def line(value: object) -> str:
    """A text that came from outside, on one line of at most :data:`LONGEST_LINE` letters."""
    said = " ".join(_UNSEEN.sub("", plain(value)).split())
    return said if len(said) <= LONGEST_LINE else said[:LONGEST_LINE].rstrip() + "…"


@cache
def _texts() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(Path(__file__).with_name("texts.toml").read_text(encoding="utf-8"))


def _t(key: str, language: str = "vi", **values: object) -> str:
    section, name = key.split(".", 1)
    return _texts()[section][name][language].format(**values)


@cache
def _environment(html: bool) -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=html,  # noqa: S701 - off for the plain text alone
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    made.globals.update(
        t=_t,
        e=lambda key, **values: _t(key, "en", **values),
        p=VI.text,
        pe=EN.text,
        vi=VI,
    )
    return made


def _message(
    kind: str, template: str, subject: str, items: frozenset[str], context: dict[str, Any]
) -> Message:
    subject = line(subject)[:LONGEST_SUBJECT]
    context = {**context, "subject": subject}
    text = _environment(False).get_template(f"{template}.txt.j2").render(context)
    html = _environment(True).get_template(f"{template}.html.j2").render(context)
    manifest: Manifest = context["manifest"]
    data = {
        "kind": kind,
        "as_of_date": manifest.as_of_date.isoformat(),
        "snapshot_id": manifest.snapshot_id,
        "subject": subject,
        "text": re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
        "link": context["link"],
    }
    return Message(kind, subject, html, data["text"], data, items)


def _common(manifest: Manifest, link: str | None) -> dict[str, Any]:
    return {"manifest": manifest, "day": manifest.as_of_date, "link": link}


def brief(content: Brief, link: str | None) -> Message:
    """The leaders' page."""
    morning, nation = content.morning, content.morning.nation
    subject = _t(
        "brief.subject",
        day=VI.day(morning.manifest.as_of_date),
        overdue=VI.number(nation.open_overdue if nation else 0),
        soon=VI.number(nation.due_in_7_days if nation else 0),
    )
    context = {
        **_common(morning.manifest, link),
        "figures": _figures(content),
        "moved": _moved(content),
        "decisions": [_decision(each) for each in content.decisions],
        "limits": _limits(content),
        "whole": not content.senders.failed and not morning.topics.held,
    }
    return _message("brief", "brief", subject, content.items, context)


def _figures(content: Brief) -> list[dict[str, str]]:
    nation, then = content.morning.nation, content.morning.yesterday
    if nation is None or not nation.tasks:
        return []

    def figure(
        key: str, value: int, ink: str, change: int | None, share: str = ""
    ) -> dict[str, str]:
        since = (
            _t("brief.since", change=VI.change(change), day=VI.short_day(then.day))
            if then and change is not None
            else ""
        )
        return {
            "value": VI.number(value),
            "what": VI.text(f"nation.{key}"),
            "what_en": EN.text(f"nation.{key}"),
            "ink": ink,
            "share": share,
            "change": since,
        }

    def changed(*classes: str) -> int | None:
        return then.change_of(nation, classes) if then else None

    return [
        figure("tasks", nation.tasks, BRAND, changed(*CLASSES)),
        figure(
            "completed",
            nation.completed,
            DONE,
            changed(*COMPLETED),
            _t("brief.completed", share=VI.percent(nation.completion_rate)),
        ),
        figure(
            "overdue",
            nation.open_overdue,
            LATE,
            changed("open_overdue"),
            _t("brief.completed", share=VI.percent(nation.overdue_rate)),
        ),
        figure("due_soon", nation.due_in_7_days, SOON, changed("due_in_7_days")),
    ]


def _moved(content: Brief) -> dict[str, str]:
    found = content.morning.topics.moved("VN", "day")
    if found is None or found.newly_completed is None:
        return {} if content.morning.yesterday else _both("brief.no_since")
    return {
        words.language: _t(
            "brief.moved",
            words.language,
            day=words.day(found.since_date),
            done=words.number(found.newly_completed),
            late=words.number(found.newly_overdue),
            left=words.number(found.left_overdue),
            new=words.number(found.newly_assigned),
        )
        for words in (VI, EN)
    }


def _decision(found: Decision) -> dict[str, str]:
    who, who_en = (
        line(words.of(found, "body", "body_en"))
        if found.body
        else words.text(f"decide.{found.kind}_who")
        for words in (VI, EN)
    )
    return {
        "what": VI.text(f"decide.{found.kind}", count=VI.number(found.count)),
        "what_en": EN.text(f"decide.{found.kind}", count=EN.number(found.count)),
        "why": VI.text(f"decide.{found.kind}_is", **found.values),
        "who": who,
        "who_en": who_en,
        "subject": line(found.subject) if found.subject else "",
        "page": f"{found.page}.html{'#' if found.part else ''}{found.part}",
    }


def _limits(content: Brief) -> list[str]:
    senders, nation = content.senders, content.morning.nation
    said = []
    if not senders.expected:
        said.append(_t("brief.nobody"))
    elif senders.failed:
        names = [line(VI.name(senders.failed_rows[s])) for s in senders.failed[:NAMED_SENDERS]]
        if more := len(senders.failed) - len(names):
            names.append(_t("brief.others", count=VI.number(more)))
        said.append(
            _t(
                "brief.missing",
                missing=VI.number(len(senders.failed)),
                expected=VI.number(len(senders.expected)),
                names=", ".join(names),
            )
        )
    else:
        said.append(_t("brief.complete", expected=VI.number(len(senders.expected))))
    if held := content.morning.topics.held:
        said.append(_t("brief.held", count=VI.number(len(held))))
    if nation and nation.never_reported:
        share = VI.percent(nation.never_reported / nation.tasks)
        said.append(_t("brief.never", count=VI.number(nation.never_reported), share=share))
    return said


def body(content: BodyNews, manifest: Manifest, link: str | None) -> Message:
    """A body's tasks newly overdue and soon due."""
    card = content.card
    subject = _t(
        "body.subject",
        name=VI.name(card),
        overdue=VI.number(len(content.overdue)),
        soon=VI.number(len(content.soon)),
        day=VI.day(manifest.as_of_date),
    )
    page = f"{link}body/{card.organisation_code}.html" if link else None
    context = {
        **_common(manifest, page),
        "title": line(VI.name(card)),
        "lead": _both(
            "body.standing", tasks=VI.number(card.tasks), overdue=VI.number(card.open_overdue)
        ),
        "sections": [
            _section("body.overdue", _task_rows(content.overdue, "body.late"), LATE),
            _section("body.soon", _task_rows(content.soon, "body.left"), SOON),
        ],
        "note": _both("body.how"),
    }
    return _message("tasks", "list", subject, content.items, context)


def _task_rows(tasks: Sequence[BodyTask], detail: str) -> list[tuple[str, str]]:
    return [
        (
            f"{line(task.title)} ({line(task.task_code)})",
            _t(detail, due=VI.day(task.due_on), days=VI.number(task.days))
            + (f" · {line(task.document_code)}" if task.document_code else ""),
        )
        for task in tasks
    ]


def engineers(content: EngineerNews, manifest: Manifest, link: str | None) -> Message:
    """What is missing, held or refused."""
    subject = _t(
        "engineers.subject",
        day=VI.day(manifest.as_of_date),
        problems=VI.number(len(content.problems)),
        held=VI.number(len(content.held)),
    )
    problems = [
        (
            f"{line(row.source)} · {row.dataset} · {VI.day(row.business_date)}",
            f"{VI.text_or('statuses', row.status)} ({row.status})"
            + (f": {line(row.reason_vi)}" if row.reason_vi else ""),
        )
        for row in content.problems
    ]
    held = [
        (
            f"{row.delivery_id} · {line(row.source)} · {row.dataset} · {VI.day(row.business_date)}",
            f"{_t('engineers.rows', count=VI.number(row.rows_held))}"
            + (f": {line(row.reason_vi)}" if row.reason_vi else ""),
        )
        for row in content.held
    ]
    ours = [
        (f"{row.check_id}: {line(row.message_vi)}", VI.number(row.findings)) for row in content.ours
    ]
    context = {
        **_common(manifest, f"{link}reporting.html" if link else None),
        "title": _t("engineers.title"),
        "lead": None,
        "sections": [
            _section("engineers.problems", problems, LATE),
            _section("engineers.held", held, SOON),
            _section("engineers.ours", ours, LATE),
        ],
        "note": _both("engineers.decide") if content.held else None,
    }
    return _message("data", "list", subject, content.items, context)


def _section(key: str, rows: list[tuple[str, str]], ink: str) -> dict[str, Any]:
    count = VI.number(len(rows))
    return {
        "title": _t(key, count=count),
        "title_en": _t(key, "en", count=count),
        "rows": [{"text": text, "detail": detail} for text, detail in rows[:LISTED_TASKS]],
        "more": max(0, len(rows) - LISTED_TASKS),
        "ink": ink,
    }


def _both(key: str, **values: object) -> dict[str, str]:
    return {language: _t(key, language, **values) for language in ("vi", "en")}
