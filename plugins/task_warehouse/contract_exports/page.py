"""The public page of a contract, in Vietnamese: one HTML file, complete in itself, for A4 too."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from task_warehouse.contract_exports import wording
from task_warehouse.contract_exports.template import names_offered, shown_example
from task_warehouse.contracts import Contract, Contracts

HERE = Path(__file__).parent
LISTED_CODES_OF_SECRECY = "secrecy"


def environment(folder: Path) -> jinja2.Environment:
    """Templates of ``folder`` on top of the frame and the style of these pages."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, HERE / "templates"]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["sentence"] = lambda text: text[:1].upper() + text[1:]
    return made


@cache
def _templates() -> jinja2.Environment:
    return environment(HERE / "templates")


@cache
def style() -> str:
    """The style sheet, to stand within a page."""
    return (HERE / "templates" / "page.css").read_text(encoding="utf-8")


def page(contract: Contract, contracts: Contracts) -> str:
    """The page of one dataset."""
    return (
        _templates()
        .get_template("contract.html.j2")
        .render(
            style=style(),
            contract=contract,
            key=[contract.column(name).label for name in contract.key],
            service=wording.service_of(contract.service)[0],
            columns=[_column(column, contracts) for column in contract.columns],
            rules=[_rule(contract, rule) for rule in contract.rules],
            lists=_lists(contract, contracts),
        )
    )


def index(contracts: Contracts) -> str:
    """The page that leads to all of them."""
    every = [
        {
            "contract": contract,
            "service": wording.service_of(contract.service)[0],
            "required": sum(column.header_required for column in contract.columns),
        }
        for contract in contracts.by_dataset.values()
    ]
    return _templates().get_template("index.html.j2").render(style=style(), every=every)


def _column(column: Any, contracts: Contracts) -> dict[str, Any]:
    return {
        "label": column.label,
        "name": column.name,
        "required": column.required,
        "presence": wording.presence_of(column)[0],
        "asked": wording.asked_of(column)[0],
        "about": column.description_vi,
        "example": shown_example(column, contracts),
        "coded": bool(column.code_list),
    }


def _rule(contract: Contract, rule: Any) -> dict[str, Any]:
    return {
        "check_id": rule.check_id,
        "title": rule.title_vi.replace("{column}", "Văn bản"),
        "severity": rule.severity,
        "effect": wording.SEVERITIES[rule.severity][0],
        "responsible": wording.RESPONSIBLE[rule.responsibility][0],
        "message": wording.message_of(contract, rule)[0],
    }


def _lists(contract: Contract, contracts: Contracts) -> list[dict[str, Any]]:
    return [
        {
            "name": column.name,
            "label": column.label,
            "codes": [
                (code, names[0])
                for code, names in contracts.codes_of(column).items()
                if names[0] in set(names_offered(column, contracts))
            ],
            "secrecy": column.code_list == LISTED_CODES_OF_SECRECY,
        }
        for column in contract.columns
        if column.code_list
    ]
