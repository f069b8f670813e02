"""What follows from the contracts for others says what they say, and what it lets through passes.

Written files are held against the contracts to the letter; what is made anew each time is held
against them by its content: a template filled in, a record valid by the schema and a page.
"""

from __future__ import annotations

import json
import re
import zipfile
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.unit.check.text_tables import Given, rows_of

from task_warehouse import contract_exports, ledger, reading
from task_warehouse.checking import step
from task_warehouse.contract_exports import dbt, page, schema, template
from task_warehouse.contracts import DATASETS, Column, Contract, Contracts
from task_warehouse.reading import ReadRequest
from task_warehouse.settings import Home

# Examples of a contract need not fit one another; these make one record of each dataset.
TOGETHER: dict[str, dict[str, str | None]] = {
    "documents": {"document_code": "03/NQ-CP"},
    "progress": {"percent_complete": "100"},
    "indicators": {"target_high": None, "formula": None},
    "control_totals": {"value": "1"},
}
SPOILT = {
    "required": None,
    "code": "chưa từng nghe",
    "date": "31/02/2025",
    "period_end": "2025-13-01",
    "timestamp": "hôm qua",
    "number": "nhiều",
    "period": "20255",
}


def example(contract: Contract) -> dict[str, str | None]:
    """One record of canonical texts, made of the contract's own examples."""
    record: dict[str, str | None] = {column.name: column.examples[0] for column in contract.columns}
    return {**record, **TOGETHER.get(contract.dataset, {})}


def as_json(contract: Contract, record: dict[str, str | None]) -> dict[str, Any]:
    """The record as a system that sends JSON would write it."""
    return {
        name: float(text) if text and contract.column(name).form == "number" else text
        for name, text in record.items()
    }


def as_cells(
    contract: Contract, contracts: Contracts, record: dict[str, str | None]
) -> dict[str, Any]:
    """The record as an officer leaves it in Excel: dates as dates, names instead of codes."""

    def cell(column: Column, text: str | None) -> Any:
        if text is None:
            return None
        if column.form == "code":
            return contracts.codes_of(column)[text][0]
        if column.form == "date":
            return date.fromisoformat(text)
        if column.form == "timestamp":
            return datetime.fromisoformat(text).replace(tzinfo=None)
        return float(text) if column.form == "number" else text

    return {name: cell(contract.column(name), text) for name, text in record.items()}


def checked(home: Home, contracts: Contracts, files: dict[str, Path]) -> list[dict[str, Any]]:
    """Ledger rows of ``files``, one a dataset, read and checked as deliveries of one batch."""
    given = {
        name: Given(name, [path.name], [], business_date=date(2025, 12, 31),
                    received_at=datetime(2026, 1, 1, tzinfo=UTC))
        for name, path in files.items()
    }  # fmt: skip
    deliveries = [item.delivery for item in given.values()]
    requests = [
        ReadRequest(
            item.delivery_id,
            files[item.dataset],
            name=files[item.dataset].name,
            header_hints=frozenset(
                reading.normalise_header(header) for header in contracts.known_headers(item.dataset)
            ),
        )
        for item in deliveries
    ]
    work = home.work / "exports"
    work.mkdir(parents=True)
    ledger.prepare(home, contracts)
    reading.read_batch(requests, work)
    batch = ledger.batch_id(item.delivery_id for item in deliveries)
    step.check_read(home, contracts, deliveries, work, batch)
    return rows_of(home.ledger)


def test_filled_in_templates_check_clean(home: Home, contracts: Contracts, tmp_path: Path) -> None:
    files: dict[str, Path] = {}
    for dataset, contract in contracts.by_dataset.items():
        files[dataset] = tmp_path / f"{dataset}.xlsx"
        row = as_cells(contract, contracts, example(contract))
        template.write_template(contract, contracts, files[dataset], [row])
    found = checked(home, contracts, files)
    told = rows_of(home.rejects, "check_id, column_name, value")
    told += rows_of(home.root / "warnings", "check_id, column_name, value")
    assert told == []
    assert {row["dataset"] for row in found} == set(DATASETS)
    assert {(row["verdict"], row["rows_accepted"]) for row in found} == {("accept", 1)}
    for dataset, contract in contracts.by_dataset.items():
        (kept,) = rows_of(home.accepted / dataset)
        wanted = example(contract)
        assert {name: kept[name] for name in contract.names} == wanted


def test_records_valid_by_the_schema_check_clean(
    home: Home, contracts: Contracts, tmp_path: Path
) -> None:
    files: dict[str, Path] = {}
    for dataset, contract in contracts.by_dataset.items():
        record = as_json(contract, example(contract))
        validator(contract, contracts).validate(record)
        files[dataset] = tmp_path / f"{dataset}.ndjson"
        files[dataset].write_text(json.dumps(record, ensure_ascii=False) + "\n", encoding="utf-8")
    found = checked(home, contracts, files)
    assert {(row["verdict"], row["rows_accepted"]) for row in found} == {("accept", 1)}


def validator(contract: Contract, contracts: Contracts) -> Any:
    written = schema.json_schema(contract, contracts)
    kind = jsonschema.validators.validator_for(written)
    kind.check_schema(written)
    return kind(written, format_checker=kind.FORMAT_CHECKER)


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_schema_refuses_what_the_declaration_refuses(
    contracts: Contracts, dataset: str
) -> None:
    contract = contracts.by_dataset[dataset]
    judge = validator(contract, contracts)
    good = as_json(contract, example(contract))
    for rule in contract.rules:
        if rule.kind not in ("required", "readable", "code", "range"):
            continue
        column = contract.column(rule.arguments["column"])
        bad: Any = SPOILT.get(rule.kind, SPOILT.get(column.form))
        if rule.kind == "range":
            bad = "1899-01-01" if isinstance(column.minimum, str) else (column.minimum or 0) - 1
        assert not judge.is_valid({**good, column.name: bad}), rule.check_id
    long = next((c for c in contract.columns if c.is_text), None)
    if long is not None and long.max_length:
        assert not judge.is_valid({**good, long.name: "a" * (long.max_length + 1)})
        assert not judge.is_valid({**good, long.name: "a\x07b"})
    assert not judge.is_valid({**good, "màu": "đỏ"})


def test_the_dbt_source_is_written_from_the_contracts(contracts: Contracts) -> None:
    written = dbt.path().read_text(encoding="utf-8")
    assert written == dbt.as_text(contracts), "write it with: task-warehouse contract export dbt"


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_template_holds_every_column_and_code(
    contracts: Contracts, tmp_path: Path, dataset: str
) -> None:
    contract = contracts.by_dataset[dataset]
    target = tmp_path / "mau.xlsx"
    template.write_template(contract, contracts, target)
    found = reading.read_file(
        target,
        header_hints=frozenset(map(reading.normalise_header, contracts.known_headers(dataset))),
    )
    (layout,) = found.layouts
    assert found.records == 0
    resolved = contracts.headers[dataset].resolve(layout["headers"], {})
    assert resolved.notes == ()
    assert list(resolved.positions) == list(contract.names)
    with zipfile.ZipFile(target) as book:
        first = book.read("xl/worksheets/sheet1.xml").decode()
        texts = book.read("xl/sharedStrings.xml").decode()
    assert "<sheetProtection" in first
    lists = [column for column in contract.columns if column.code_list]
    assert first.count('type="list"') == len(lists)
    for column in lists:
        known = contracts.value_maps[column.code_list or ""]
        for name in template.names_offered(column, contracts):
            assert (
                f">{name.replace('&', '&amp;').replace('>', '&gt;').replace('<', '&lt;')}<" in texts
            )
            assert known.meaning(name, {})


def test_templates_offer_no_degree_of_secrecy(contracts: Contracts) -> None:
    column = contracts.by_dataset["tasks"].column("secrecy")
    assert template.names_offered(column, contracts) == ["Thường", "Lưu hành nội bộ"]


class Words(HTMLParser):
    """All text of a page, and every address it would fetch by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("link", "script", "img", "iframe") or "src" in given:
            self.fetched.append(f"{tag} {given}")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_page_says_all_and_fetches_nothing(contracts: Contracts, dataset: str) -> None:
    contract = contracts.by_dataset[dataset]
    written = page.page(contract, contracts)
    seen = Words()
    seen.feed(written)
    text = re.sub(r"\s+", " ", " ".join(seen.text))
    assert seen.fetched == []
    for column in contract.columns:
        assert column.label in text
        assert column.name in text
        assert column.description_vi in text
        for name in template.names_offered(column, contracts):
            assert name in text
    for rule in contract.rules:
        assert rule.check_id in text
    assert not re.search(r"\{(column|value|expected)\}", text)


def test_all_is_written_and_the_same_contracts_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        contract_exports.write_all(tmp_path / name)
    first = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    second = {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()}
    assert first == second
    assert len(first) == 4 * len(DATASETS) + 1
    linked = re.findall(r'href="([^"#]+)"', first["index.html"].decode())
    assert set(linked) == set(first) - {"index.html"}
