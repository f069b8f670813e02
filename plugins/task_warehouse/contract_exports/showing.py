"""Contracts on the command line: what one asks, and what changed between two versions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from task_warehouse.contract_exports import wording
from task_warehouse.contract_exports.comparing import Change
from task_warehouse.contract_exports.template import names_offered, shown_example
from task_warehouse.contracts import Contract, Contracts

LANGUAGES = ("vi", "en")
WORDS = {
    "column": ("Cột", "Column"),
    "presence": ("Có cần không", "Presence"),
    "written": ("Cách ghi", "Written as"),
    "about": ("Giải thích", "About"),
    "example": ("Ví dụ", "Example"),
    "key": ("Khóa", "Key"),
    "owed": ("Thời hạn gửi", "Owed"),
    "lists": ("Danh mục", "Code lists"),
    "check": ("Kiểm tra", "Check"),
    "effect": ("Nếu không đạt", "When it fails"),
    "message": ("Lời báo", "Message"),
    "who": ("Ai xử lý", "Who must act"),
    "dataset": ("Tập dữ liệu", "Dataset"),
    "version": ("Phiên bản", "Version"),
}


def show_list(out: Console, contracts: Contracts, language: str) -> None:
    """One line a dataset."""
    at = LANGUAGES.index(language)
    table = _table(("dataset", "about", "version", "key", "owed"), at)
    for contract in contracts.by_dataset.values():
        purpose = (contract.purpose_vi, contract.purpose_en)[at]
        owed = wording.service_of(contract.service)[at]
        table.add_row(contract.dataset, purpose, contract.version, ", ".join(contract.key), owed)
    out.print(table)


def show_contract(out: Console, contract: Contract, contracts: Contracts, language: str) -> None:
    """Columns, code lists and rules of one dataset."""
    at = LANGUAGES.index(language)
    purpose = (contract.purpose_vi, contract.purpose_en)[at]
    out.print(f"[bold]{escape(contract.label)}[/] ({contract.dataset} {contract.version})")
    out.print(escape(purpose), highlight=False)
    owed = wording.service_of(contract.service)[at]
    out.print(f"{WORDS['key'][at]}: {', '.join(contract.key)}", highlight=False)
    out.print(f"{WORDS['owed'][at]}: {owed}\n", highlight=False)
    out.print(_columns(contract, contracts, at))
    for column in contract.columns:
        codes = contracts.codes_of(column)
        if codes:
            offered = set(names_offered(column, contracts))
            names = [name[at] for name in codes.values() if name[0] in offered]
            out.print(f"[bold]{column.name}[/]: {escape('; '.join(names))}", highlight=False)
    out.print(_rules(contract, at))


def _table(titles: Sequence[str], at: int) -> Table:
    """A table whose names are broken rather than cut."""
    table = Table()
    for title in titles:
        table.add_column(WORDS[title][at], overflow="fold")
    return table


def _columns(contract: Contract, contracts: Contracts, at: int) -> Table:
    table = _table(("column", "presence", "written", "about", "example"), at)
    for column in contract.columns:
        name = f"{column.label}\n{column.name}" if at == 0 else column.name
        table.add_row(
            *map(
                escape,
                (
                    name,
                    wording.presence_of(column)[at],
                    wording.asked_of(column)[at],
                    (column.description_vi, column.description_en)[at],
                    shown_example(column, contracts),
                ),
            )
        )
    return table


def _rules(contract: Contract, at: int) -> Table:
    table = _table(("check", "effect", "message", "who"), at)
    for rule in contract.rules:
        table.add_row(
            escape(rule.check_id.partition(".")[2]),
            wording.SEVERITIES[rule.severity][at],
            escape(wording.message_of(contract, rule)[at]),
            wording.RESPONSIBLE[rule.responsibility][at],
        )
    return table


def show_changes(
    out: Console, changes: Sequence[Change], misnumbered: Sequence[str], output: str
) -> None:
    """Each change by name, those that break senders first; ``output``: ``text`` or ``json``."""
    if output == "json":
        out.print_json(json.dumps(_as_data(changes, misnumbered), ensure_ascii=False))
        return
    for change in sorted(changes, key=lambda each: not each.breaks):
        mark = "[bold red]breaks[/]" if change.breaks else "[green]allows[/]"
        said = escape(f"{change.dataset}: {change} [{change.kind}]")
        out.print(f"{mark}  {said}", highlight=False, soft_wrap=True)
    for said in misnumbered:
        out.print(f"[yellow]version[/] {escape(said)}", highlight=False, soft_wrap=True)
    broken = sum(change.breaks for change in changes)
    if broken:
        out.print(f"{broken} of {len(changes)} changes break senders", highlight=False)
    else:
        out.print(f"{len(changes)} changes, none breaks senders", highlight=False)


def _as_data(changes: Sequence[Change], misnumbered: Sequence[str]) -> dict[str, Any]:
    return {
        "breaks": any(change.breaks for change in changes),
        "changes": [
            {
                "dataset": change.dataset,
                "kind": change.kind,
                "breaks": change.breaks,
                "what": change.what,
                "old": change.old,
                "new": change.new,
                "said": str(change),
            }
            for change in changes
        ],
        "misnumbered": list(misnumbered),
    }
