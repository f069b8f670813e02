"""The pages of Data Docs: one a check, and one that leads to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from task_warehouse.contract_exports import page
from task_warehouse.contract_exports.wording import SEVERITIES
from task_warehouse.contracts import DATASETS, Contracts, load_contracts
from task_warehouse.data_docs.keeping import keep_days, runs
from task_warehouse.settings import Home

SHOWN_SOURCES = 6


@cache
def _templates() -> jinja2.Environment:
    environment = page.environment(Path(__file__).parent / "templates")
    environment.filters["number"] = lambda count: f"{count:,}".replace(",", ".")
    environment.filters["day"] = lambda text: date.fromisoformat(text).strftime("%d/%m/%Y")
    environment.filters["share"] = _share
    return environment


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f}".replace(".", ",") + " %" if whole else ""


def write_pages(home: Home, folder: Path, as_of: date) -> None:
    """Write ``folder``: a page for each check that is kept, and ``index.html``.

    Nothing but what the checks kept is read. Raises UsageError for a wrong setting.
    """
    contracts = load_contracts()
    folder.mkdir(parents=True, exist_ok=True)
    shown = []
    for kept in runs(home, as_of):
        run = _run(kept, contracts)
        shown.append(run)
        written = _templates().get_template("run.html.j2").render(style=page.style(), run=run)
        (folder / f"{run['batch']}.html").write_text(written, encoding="utf-8")
    index = _templates().get_template("runs.html.j2")
    said = index.render(style=page.style(), runs=shown, days=keep_days())
    (folder / "index.html").write_text(said, encoding="utf-8")


def _run(kept: Mapping[str, Any], contracts: Contracts) -> dict[str, Any]:
    datasets = [
        _dataset(name, kept["datasets"][name], kept["by_source"], contracts)
        for name in DATASETS
        if name in kept["datasets"]
    ]
    return {
        "batch": kept["batch"],
        "first": kept["first_business_date"],
        "last": kept["last_business_date"],
        "deliveries": kept["deliveries"],
        "sources": kept["sources"],
        "datasets": datasets,
        "rows": sum(dataset["rows"] for dataset in datasets),
        "rules": sum(len(dataset["rules"]) for dataset in datasets),
        "broken": sum(dataset["broken"] for dataset in datasets),
    }


def _dataset(
    name: str, outcome: Mapping[str, Any], by_source: Mapping[str, Any], contracts: Contracts
) -> dict[str, Any]:
    rows = max(
        (result["result"].get("element_count", 0) for result in outcome["results"]), default=0
    )
    rules = [_rule(result, by_source) for result in outcome["results"]]
    rules.sort(key=lambda rule: -rule["count"])
    return {
        "name": name,
        "label": contracts.by_dataset[name].label,
        "rows": rows,
        "rules": rules,
        "broken": sum(not rule["success"] for rule in rules),
    }


def _rule(result: Mapping[str, Any], by_source: Mapping[str, Any]) -> dict[str, Any]:
    config, found = result["expectation_config"], result["result"]
    severity = config["meta"]["severity"]
    sources = by_source.get(config["meta"]["check_id"], [])
    vi, _, en = config["description"].partition(" / ")
    return {
        "check_id": config["meta"]["check_id"],
        "expectation": config["type"],
        "vi": vi,
        "en": en,
        "severity": severity,
        "effect": SEVERITIES[severity][0],
        "success": result["success"],
        "count": found.get("unexpected_count", found.get("observed_value", 0)),
        "sources": sources[:SHOWN_SOURCES],
        "more": max(len(sources) - SHOWN_SOURCES, 0),
    }
