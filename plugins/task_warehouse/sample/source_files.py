"""The source files of the sample, in the words a data engineer would write them in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from task_warehouse.sample.deliveries import STEMS, Delivery
from task_warehouse.sample.formats import NESTED, SHEETS, headers_of, is_nested
from task_warehouse.sample.habits import Habit
from task_warehouse.sample.systems import System
from task_warehouse.sample.vocabularies import declared_values

PAGE_SIZE = 200
DAY_IN_NAME = r"(?P<date>\d{8})"
PAGING: dict[str, dict[str, Any]] = {
    "page": {"kind": "page", "page_param": "page", "size_param": "size", "size": PAGE_SIZE,
             "items": "data.items", "total": "data.total"},
    "offset": {"kind": "offset", "offset_param": "offset", "size_param": "limit",
               "size": PAGE_SIZE, "items": "items", "total": "total"},
    "cursor": {"kind": "cursor", "cursor_param": "cursor", "size_param": "size",
               "size": PAGE_SIZE, "items": "data", "next": "meta.next_cursor"},
    "link": {"kind": "link", "size_param": "per_page", "size": PAGE_SIZE},
    "next": {"kind": "next", "size_param": "size", "size": PAGE_SIZE, "items": "results",
             "next": "next"},
}  # fmt: skip
"""How the simulated server cuts its lists, by kind; source files declare the same."""


def secret_of(system: System) -> str | None:
    """Name of the secret that opens a system's address; None where it is open to all."""
    if not system.habit.bearer:
        return None
    level = {"province": "PROVINCE", "commune": "COMMUNE"}.get(system.organisation.kind, "MINISTRY")
    return f"SAMPLE_{level}"


def declare(system: System, datasets: dict[str, Delivery], base_url: str) -> str:
    """The YAML of one source file; ``datasets`` holds one delivery of each.

    Of a system that belongs to a family it is the file of the whole family.
    """
    habit = system.habit
    who: dict[str, Any] = {
        "source": system.source,
        "organisation": system.organisation.code,
        "name": system.organisation.name,
    }
    if system.family:
        system = replace(system, source="xa-{code}")
        communes = {"kind": "commune", "parent": system.organisation.parent}
        who = {"source": system.source, "family": system.family, "organisations": communes}
    body: dict[str, Any] = {
        **who,
        "contact": "Bộ phận tổng hợp",
        "valid_from": "2025-01-01",
        "defaults": _defaults(system),
        "datasets": {
            dataset: _dataset(system, delivery, base_url)
            for dataset in STEMS
            if (delivery := datasets.get(dataset))
        },
    }
    about = f"# Sample export: {habit.name}. Generated, see `task-warehouse sample --help`.\n"
    return about + "".join(f"{line}\n" for line in _yaml(body, 0))


def _defaults(system: System) -> dict[str, Any]:
    habit = system.habit
    defaults: dict[str, Any] = {"transport": habit.transport, "format": habit.format}
    if habit.transport == "http":
        defaults["private_network"] = True
        limits: dict[str, Any] = {"deadline_seconds": 30, "retries": 1, "backoff_seconds": 0.2}
        defaults["limits"] = limits
    elif habit.format in ("csv", "tsv"):
        if habit.declares_encoding:
            defaults["encoding"] = "utf-8-sig" if habit.bom else habit.encoding
        defaults["delimiter"] = habit.delimiter
    if not habit.native_dates:
        defaults["date_format"] = habit.date_format
    if habit.decimal != ".":
        defaults["decimal"] = habit.decimal
    return defaults


def _dataset(system: System, delivery: Delivery, base_url: str) -> dict[str, Any]:
    habit, dataset = system.habit, delivery.dataset
    entry: dict[str, Any] = {}
    if habit.transport == "http":
        entry["url"] = f"{base_url.rstrip('/')}/{system.source}/{dataset}"
        entry["paging"] = PAGING[habit.paging or "page"]
        if secret := secret_of(system):
            entry["auth"] = {"kind": "bearer", "secret": secret}
    else:
        entry |= _folder(system, delivery)
    # A file a month adds to those before; an export of the whole history replaces the last one.
    is_part = dataset == "progress" and habit.monthly
    entry["mode"] = "delta" if is_part else "full"
    if is_part:
        entry |= {"cadence": "monthly", "due_day": system.due_day}
    if delivery.day_in_name:
        entry["business_date"] = {"from_name": DAY_IN_NAME}
    if dataset == "progress" and system.refers_to:
        entry["refers_to"] = system.refers_to
    if delivery.defect == "new_column":
        # A body that asked to be told of every change of its template.
        entry["verdict"] = {"unknown_column": {"verdict": "hold"}}
    if headers := declared_headers(habit, dataset):
        entry["headers"] = headers
    if values := declared_values(habit.words, dataset):
        entry["values"] = values
    return entry


def _folder(system: System, delivery: Delivery) -> dict[str, Any]:
    habit, dataset = system.habit, delivery.dataset
    suffix = "zip" if habit.zipped else habit.format
    middle = "_*" if delivery.day_in_name else ""
    entry: dict[str, Any] = {
        "path": f"../exports/{system.source}",
        "pattern": f"{STEMS[dataset]}{middle}.{suffix}",
    }
    if habit.format == "xlsx":
        entry["sheet"] = SHEETS[dataset]
    elif habit.format == "xml":
        entry["records"] = "baoCao.banGhi"
    elif habit.format == "json":
        entry["records"] = NESTED if is_nested(habit, dataset) else "data.items"
    return entry


def declared_headers(habit: Habit, dataset: str) -> dict[str, str]:
    """Header to canonical column; nothing for the full Vietnamese headers every contract knows."""
    if habit.headers == "full":
        return {}
    return {header: column for column, header in headers_of(habit, dataset).items()}


def _yaml(value: dict[str, Any], depth: int) -> Iterable[str]:
    """Block mappings with quoted strings: few kinds of value, so no library is needed."""
    for key, item in value.items():
        name = key if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key) else _quoted(key)
        if isinstance(item, dict):
            yield f"{'  ' * depth}{name}:"
            yield from _yaml(item, depth + 1)
        else:
            yield f"{'  ' * depth}{name}: {_scalar(item)}"


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_/.-]*", text)
    special = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}
    return text if plain and text.casefold() not in special else _quoted(text)


def _quoted(text: str) -> str:
    """A double-quoted YAML scalar; YAML reads the JSON escapes of control characters."""
    out = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{out}"'
