"""Nested records (JSON, XML) flattened to columns.

A path names where the records are: dots go down, ``[]`` after a name means one record for each
element of that list, with the fields of what is around it repeated: ``duLieuBaoCao[].dulieu[]``.
Nested objects become ``outer.inner``; a list of plain values is joined with ``; `` where that can
be undone, any other list stays as JSON text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from task_warehouse.reading import refusal
from task_warehouse.reading.refusal import Refusal
from task_warehouse.reading.request import Limits
from task_warehouse.reading.tables import Layout, TextSink

LIST_JOINT = "; "
USUAL_LISTS = ("data", "items", "results", "records", "rows", "content", "value", "values")
DEEPEST_LISTS = 64
PROVINCIAL = ("duLieuBaoCao", "dulieu")


@dataclass(frozen=True, slots=True)
class Step:
    """One name of a path; ``each`` where it stands for every element of a list."""

    name: str
    each: bool


def parse_path(path: str) -> list[Step]:
    """Steps of ``data.items`` or ``duLieuBaoCao[].dulieu[]``; slashes serve as dots."""
    names = [name for name in path.replace("/", ".").split(".") if name not in ("", "$", "[]")]
    return [Step(name.removesuffix("[]"), name.endswith("[]")) for name in names]


def find_path(document: Any) -> list[Step]:
    """Where the records of an undeclared document are: the one list of objects it holds.

    Raises Refusal(file.records_missing) where there is none, or more than one to choose from.
    """
    if isinstance(document, list):
        return _provincial(next((item for item in document if isinstance(item, dict)), {}))
    if not isinstance(document, dict):
        raise Refusal(refusal.RECORDS_MISSING, "the document is a single value")
    steps = _provincial(document)
    if steps:
        return steps
    lists = [(key, value) for key, value in document.items() if _is_table(value)]
    usual = [pair for pair in lists if pair[0].lower() in USUAL_LISTS]
    chosen = usual if len(usual) == 1 else lists
    if len(chosen) > 1:
        names = ", ".join(key for key, _ in chosen)
        raise Refusal(refusal.RECORDS_MISSING, f"several lists could be the records: {names}")
    if chosen:
        key, value = chosen[0]
        first = next((item for item in value if isinstance(item, dict)), {})
        return [Step(key, each=True), *_provincial(first)]
    for key, value in document.items():
        if isinstance(value, dict) and any(_is_table(inner) for inner in value.values()):
            return [Step(key, each=False), *find_path(value)]
    return []


def _provincial(item: dict[str, Any]) -> list[Step]:
    outer, inner = PROVINCIAL
    if not isinstance(item.get(outer), list):
        return []
    nested = any(isinstance(part, dict) and inner in part for part in item[outer])
    return [Step(outer, each=True), *([Step(inner, each=True)] if nested else [])]


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


Around = tuple[tuple[str, dict[str, Any]], ...]


def records_at(document: Any, steps: list[Step]) -> Iterator[tuple[Around, Any]]:
    """Each record with the objects around it, outermost first, as (name, object)."""
    yield from _walk(document, steps, (), Step("", each=False))


def _walk(node: Any, steps: list[Step], around: Around, at: Step) -> Iterator[tuple[Around, Any]]:
    """``at`` is the step that led here."""
    if isinstance(node, list):
        for item in _elements(node):
            yield from _walk(item, steps, around, at)
        return
    if not steps:
        yield around, node
        return
    step = steps[0]
    if not isinstance(node, dict) or step.name not in node:
        if at.each:
            yield _alone(node, around, at.name)
            return
        if around or (isinstance(node, dict) and step.each):
            return  # an empty report: there is no list because there is nothing to list
        raise Refusal(refusal.RECORDS_MISSING, f"nothing at {step.name!r}")
    below = node[step.name]
    rest = {key: value for key, value in node.items() if key != step.name}
    if at.each and _is_empty(below):
        yield _alone(rest, around, at.name)
        return
    outer = (*around, (at.name or "outer", rest)) if _repeats(steps) else around
    if below is not None:
        yield from _walk(below, steps[1:], outer, step)


def _is_empty(value: Any) -> bool:
    if isinstance(value, list):
        return next((False for _ in _elements(value)), True)
    return value is None or value == {}


def _elements(items: list[Any], depth: int = 1) -> Iterator[Any]:
    """What a list holds, lists inside it opened."""
    if depth > DEEPEST_LISTS:
        raise Refusal(refusal.TOO_DEEP, f"lists nested more than {DEEPEST_LISTS} deep")
    for item in items:
        if isinstance(item, list):
            yield from _elements(item, depth + 1)
        else:
            yield item


def _alone(node: Any, around: Around, name: str) -> tuple[Around, Any]:
    """An element that lists nothing is a record of what is around: it was said, so it comes out."""
    fields = node if isinstance(node, dict) else {name: node}
    return (*around, (name, fields)), {}


def _repeats(steps: list[Step]) -> bool:
    """Fields around are repeated only where ``[]`` asks for it."""
    return any(step.each for step in steps)


class Columns:
    """Names of the columns in the order they were first met; rows align by position."""

    def __init__(self, layout: Layout, sink: TextSink, limits: Limits) -> None:
        self.layout = layout
        self.sink = sink
        self.limits = limits
        self.places: dict[str, int] = {}

    def add(self, line: int, around: Around, record: Any) -> None:
        """One record as a row; anything but an object is the column ``value``."""
        own = record if isinstance(record, dict) else {"value": record}
        flat: dict[str, str | None] = {}
        self._flatten("", own, flat, depth=len(around))
        outer: dict[str, str | None] = {}
        for name, fields in around:
            level: dict[str, str | None] = {}
            self._flatten("", fields, level, depth=0)
            for key, value in level.items():
                clash = key in flat or key in outer
                outer[f"{name}.{key}" if clash else key] = value
        cells: list[str | None] = [None] * len(self.places)
        for key, value in chain_items(outer, flat):
            place = self.places.get(key)
            if place is None:
                place = self._new_column(key)
                cells.append(None)
            cells[place] = value
        self.sink.row(line, cells)

    def _new_column(self, key: str) -> int:
        place = len(self.places)
        if place >= self.limits.columns:
            raise Refusal(refusal.TOO_WIDE, f"more than {self.limits.columns} different fields")
        self.places[key] = place
        self.layout.headers.append(key)
        return place

    def _flatten(
        self, prefix: str, fields: dict[str, Any], into: dict[str, str | None], *, depth: int
    ) -> None:
        if depth > self.limits.depth:
            raise Refusal(refusal.TOO_DEEP, f"nested more than {self.limits.depth} deep")
        for key, value in fields.items():
            name = f"{prefix}{key}"
            if isinstance(value, dict) and value:
                self._flatten(f"{name}.", value, into, depth=depth + 1)
            else:
                into[name] = as_text(value)


def chain_items(
    first: dict[str, str | None], second: dict[str, str | None]
) -> Iterator[tuple[str, str | None]]:
    yield from first.items()
    yield from second.items()


def as_text(value: Any) -> str | None:
    """The text of a plain value or a list; numbers are text already."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and value and all(_joinable(item) for item in value):
        return LIST_JOINT.join(as_text(item) or "" for item in value)
    if value in ([], {}):
        return None
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError as error:
        raise Refusal(refusal.TOO_DEEP, "a value of lists nested too deep") from error


def _joinable(value: Any) -> bool:
    return isinstance(value, bool) or (
        isinstance(value, str) and value != "" and ";" not in value and "\n" not in value
    )
