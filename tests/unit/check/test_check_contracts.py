"""Contracts: a mistake is refused with its line, and nothing that follows from them drifts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from jinja2 import Environment

from task_warehouse import ledger
from task_warehouse.checking import kinds, organisations
from task_warehouse.contracts import (
    DATASETS,
    Contracts,
)
from task_warehouse.defect_kinds import seed_path
from task_warehouse.settings import PROJECT_ROOT, Home

# DESIGN 4: names that every other part of the system relies on.
COLUMNS = {
    "documents": "document_code issued_on issuer title parent_document_code programme secrecy",
    "tasks": "task_code title kind group_name document_code parent_task_code lead cooperating"
    " responsible_position assigned_on deadline product priority secrecy updated_at",
    "progress": "task_code reported_on percent_complete status_reported completed_on evidence"
    " result difficulty proposal extension_to approval_state updated_at",
    "indicators": "indicator_code name unit better target_operator target_low target_high"
    " target_text target_on baseline baseline_on lead document_code frequency kind formula",
    "indicator_values": "indicator_code organisation period value breakdown state note",
    "feedback": "feedback_code kind received_on sender_kind field assigned_to due_on state"
    " answered_on published",
    "control_totals": "dataset measure value",
}
HEADER_REQUIRED = {
    "documents": {"document_code"},
    "tasks": {"task_code", "title", "lead", "deadline"},
    "progress": {"task_code", "reported_on"},
    "indicators": {"indicator_code", "name"},
    "indicator_values": {"indicator_code", "organisation", "period"},
    "feedback": {"feedback_code", "kind", "received_on"},
    "control_totals": {"dataset", "measure", "value"},
}


@pytest.mark.parametrize("dataset", DATASETS)
def test_columns_are_those_of_the_design(contracts: Contracts, dataset: str) -> None:
    contract = contracts.by_dataset[dataset]
    assert contract.names == tuple(COLUMNS[dataset].split())
    required = {column.name for column in contract.columns if column.header_required}
    assert required == HEADER_REQUIRED[dataset]


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_suite_is_the_contract(contracts: Contracts, dataset: str) -> None:
    from task_warehouse.checking.expectations import suite_of

    contract = contracts.by_dataset[dataset]
    suite = suite_of(contract, contracts)
    found = {item.meta["check_id"]: item.meta["severity"] for item in suite.expectations}
    assert found == {rule.check_id: rule.severity for rule in contract.rules}
    for item in suite.expectations:
        column = getattr(item, "column", None)
        assert column is None or column in contract.names


@pytest.mark.parametrize("dataset", DATASETS)
def test_accepted_files_hold_the_columns_of_the_contract(
    home: Home, contracts: Contracts, dataset: str
) -> None:
    ledger.prepare(home, contracts)
    contract = contracts.by_dataset[dataset]
    with duckdb.connect() as con:
        schema = home.accepted / dataset / "_schema.parquet"
        found = con.execute(f"describe select * from read_parquet('{schema}')").fetchall()
    held = {row[0]: row[1].lower() for row in found}
    assert set(contract.names) <= set(held)
    assert {held[name] for name in contract.names} == {"varchar"}
    assert held["warnings"] == "varchar[]"


def test_kinds_of_defect_hold_every_row_check(contracts: Contracts) -> None:
    seed = seed_path().read_text(encoding="utf-8")
    missing = "write them with: python -m task_warehouse.checking.kinds"
    assert sorted(kinds.with_row_checks(seed, contracts).splitlines()) == sorted(
        seed.splitlines()
    ), missing


def test_every_rule_says_what_it_wants_in_both_languages(contracts: Contracts) -> None:
    for contract in contracts.by_dataset.values():
        for rule in contract.rules:
            for text in (rule.title_vi, rule.title_en, rule.message_vi, rule.message_en):
                assert text.strip(), rule.check_id
        for column in contract.columns:
            assert column.description_vi.strip()
            assert column.description_en.strip()


def imports(code: str) -> bool:
    """Whether Great Expectations is imported once ``code`` has run, in a process of its own."""
    probe = f"{code}\nimport sys\nprint('great_expectations' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout.strip().endswith("True")


def test_nothing_pending_imports_no_great_expectations(tmp_path: Path) -> None:
    code: Callable[[str], str] = (
        "from pathlib import Path; from task_warehouse.settings import Home;"
        " from task_warehouse.checking import check_pending, step;"
        " print(check_pending(Home(Path({!r}))))"
    ).format
    assert not imports(code(str(tmp_path)))


def test_one_module_knows_great_expectations() -> None:
    package = PROJECT_ROOT / "plugins" / "task_warehouse"
    knowing = [
        path.relative_to(package).as_posix()
        for path in sorted(package.rglob("*.py"))
        if "import great_expectations" in path.read_text(encoding="utf-8")
        or "from great_expectations" in path.read_text(encoding="utf-8")
    ]
    assert knowing == ["checking/expectations.py"]
    for path in (PROJECT_ROOT / "dags").glob("*.py"):
        assert "great_expectations" not in path.read_text(encoding="utf-8")


def test_names_of_bodies_are_levelled_as_the_models_do() -> None:
    macros = (PROJECT_ROOT / "dbt_project" / "macros" / "names.sql").read_text(encoding="utf-8")
    expression = (
        Environment(autoescape=False).from_string(macros + "{{ name_key('name') }}").render()
    )
    names = [row["name_vi"] for row in organisations.read_seed("organisations.csv")]
    names += [row["alias"] for row in organisations.read_seed("organisation_aliases.csv")]
    names += ["Tp. Hà Nội", "UBND TP Huế", "Bộ Lao động – Thương binh", "Uỷ ban Dân tộc", "VP TW ."]
    names += ["Thanh Hoá", "Bộ  KH\xa0& CN", "Sở A , và Sở B", "- Bộ Y tế -"]
    with duckdb.connect() as con:
        con.register("given", pa.table({"name": names}))
        found = con.execute(f"select name, {expression} from given").fetchall()
    assert {name: key for name, key in found if key != organisations.name_key(name)} == {}


@pytest.mark.parametrize(
    ("name", "reported_by", "known"),
    [
        ("G06", "G06", True),
        ("Bộ Khoa học và Công nghệ", "G06", True),
        ("BỘ KHOA HỌC  VÀ CÔNG NGHỆ", "G06", True),
        ("UBND tỉnh Nghệ An", "40", True),
        ("Tp. Hà Nội", "01", True),
        ("Hà Nội", "01", True),
        ("00004", "01", True),
        ("00001", "01", True),  # a commune until 30 June 2025
        ("Phường Phúc Xá, Quận Ba Đình", "01", True),
        ("Phường Phúc Xá", "40", False),
        ("000.00.00.H56", "G06", True),
        ("000.00.04.G14", "G06", True),
        ("G12.18", "G06", True),
        ("G77.18", "G06", False),
        ("Bộ Phép thuật", "G06", False),
        ("99999", "G06", False),
        ("UNRESOLVED", "G06", False),
    ],
)
def test_reporting_bodies_are_known_by_code_name_and_habit(
    name: str, reported_by: str, known: bool
) -> None:
    assert organisations.load_registry().knows(name, reported_by) is known


def test_a_name_of_many_communes_is_known_only_within_a_province() -> None:
    registry = organisations.load_registry()
    communes: dict[str, set[str]] = {}
    for row in organisations.read_seed("organisations.csv"):
        if row["kind"] == "commune" and not row["valid_to"]:
            communes.setdefault(row["name_vi"], set()).add(row["parent_code"])
    name, provinces = next(
        (name, sorted(found)) for name, found in sorted(communes.items()) if len(found) > 1
    )
    assert not registry.knows(name, "G06")
    assert registry.knows(name, provinces[0])
