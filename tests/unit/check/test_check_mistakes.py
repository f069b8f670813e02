"""A mistake in ``expectations/`` is refused when it is loaded: file, line, what was expected."""

from __future__ import annotations

import json
import shutil
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

from task_warehouse.contracts import DATASETS, Contracts, expectations_directory, load_contracts
from task_warehouse.contracts.loading import code_lists_path
from task_warehouse.contracts.yaml_lines import read
from task_warehouse.errors import ContractError

PROGRESS = "contracts/progress.odcs.yaml"
RULE = "      - id: percent_disagrees"
COLUMN = "          kwargs:\n            column: task_code\n"
KNOWN_TASK = f"type: known_reference\n{COLUMN}            reference: tasks\n"
MATCHES = f"type: matches\n{COLUMN}            pattern: {{}}\n"
# What stands in the file, what a person writes instead, what is said, and the text at the line
# that is named (the mistake itself, unless another place is).
MISTAKES: dict[str, tuple[str, str, str, str]] = {
    "not yaml": ("logicalType: object", "logicalType: [object", "not YAML", "physicalType: table"),
    "a key twice": ("kind: DataContract", "kind: DataContract\nkind: X", "stands twice", "kind: X"),
    "unknown key": ("status: active", "state: active", "Extra inputs", "state: active"),
    "unknown key of a column": ("required: false", "requierd: false", "Extra inputs", "requierd"),
    "unknown type": ("Type: number", "Type: numeric", "Input should be 'string'", "numeric"),
    "unknown status": ("status: active", "status: live", "Input should be", "status: live"),
    "unknown severity": ("severity: warn", "severity: warning", "'error' or 'warn'", "warning"),
    "empty code list": ("value: status}", "value: statuss}", "'statuss' is empty", "status_repo"),
    "unknown column": (
        "limit: reported_on",
        "limit: day",
        "'limit' names 'day'",
        "- id: completed",
    ),
    "column of another form": (
        "column: reported_on\n            limit: business_date",
        "column: task_code\n            limit: business_date",
        "form 'text'",
        "- id: reported_on_in_future",
    ),
    "unknown kind": ("percent_agrees", "percent_aggrees", "no rule 'percent_aggrees'", RULE),
    "missing argument": ("            reference: tasks\n", "", "no rule", "- id: task_unknown"),
    "unknown reference": ("reference: tasks", "reference: task", "'task'", "- id: task_unknown"),
    "unknown cell": (
        "{property: column, value: percent_complete}",
        "{property: column, value: percent}",
        "names no column 'percent'",
        RULE,
    ),
    "two rules of one id": (
        "id: task_unknown",
        "id: percent_disagrees",
        "has this id",
        "- id: percent_disagrees",
    ),
    "id of a standard rule": (
        "id: task_unknown",
        "id: task_code_missing",
        "has this id",
        "id: task_code_missing",
    ),
    "never fails: itself": (
        "column: completed_on\n            limit: reported_on",
        "column: reported_on\n            limit: reported_on",
        "can never fail",
        "- id: completed_after_report",
    ),
    "never fails: asked before": (
        "column: completed_on\n            limit: reported_on",
        "column: reported_on\n            limit: business_date",
        "can never fail alone",
        "- id: completed_after_report",
    ),
    "never fails: required already": (
        KNOWN_TASK,
        "type: present\n" + COLUMN,
        "is required already",
        "- id: task_unknown",
    ),
    "never fails: any text": (
        KNOWN_TASK,
        MATCHES.format("'.*'"),
        "every text matches",
        "- id: task_unknown",
    ),
    "no pattern": (
        KNOWN_TASK,
        MATCHES.format("'(['"),
        "the pattern is none",
        "- id: task_unknown",
    ),
    "message without text": (
        "messageEn, value: 'No task {value} is among the tasks received.'",
        "messageEn, value: ''",
        "message is empty",
        "- id: task_unknown",
    ),
    "message with a place nobody fills": (
        "No task {value} is",
        "No task {task} is",
        "holds ['task']",
        "- id: task_unknown",
    ),
    "nobody must act": (
        "responsibility, value: source",
        "responsibility, value: them",
        "customProperties must be",
        "- id: reported_on_in_future",
    ),
    "length below one": ("maxLength: 200", "maxLength: -1", "greater than 0", "maxLength: -1"),
    "length of a date": (
        'format: yyyy-MM-dd\n          minimum: "2015-01-01"',
        'maxLength: 10\n          minimum: "2015-01-01"',
        "maxLength of a column of the form 'date'",
        "- name: reported_on",
    ),
    "text without end": (
        "        logicalTypeOptions:\n          maxLength: 200\n",
        "",
        "a text without maxLength",
        "- name: task_code",
    ),
    "limits exchanged": ("maximum: 100", "maximum: -100", "is above maximum", "percent_complete"),
    "no such day": ('minimum: "2015-01-01"', 'minimum: "2015-02-30"', "no limit", "reported_on"),
    "day for a number": ("minimum: 0\n", 'minimum: "zero"\n', "no limit", "percent_complete"),
    "key with a gap": ("Position: 2", "Position: 3", "primaryKeyPosition 1, 2", "properties:"),
    "column twice": ("name: evidence", "name: result", "stands twice", "name: result"),
    "unknown form": ("value: period_end", "value: period_begin", "no form", "- name: extension_to"),
    "wrong name": ("name: progress\n", "name: reports\n", "differ", "name: reports"),
    "wrong version": ("\nversion: ", "\nversion: v", "pattern", "version: v"),
    "hour that is none": ('"06:30"', '"6h30"', "'6h30'", "property: timeOfAvailability"),
    "cadence that is none": ("value: 1\n", "value: 0\n", "'frequency'", "property: frequency"),
    "no service level": (
        '  - property: timeOfAvailability\n    value: "06:30"\n    element: progress\n',
        "",
        "a service level is missing",
        "slaProperties:",
    ),
    "another order": ("Order, value: 3", "Order, value: 9", "processingOrder 3", "customProp"),
}


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    target = tmp_path / "expectations"
    shutil.copytree(expectations_directory(), target)
    return target


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_contract_is_refused_at_its_line(copied: Path, name: str) -> None:
    old, new, said, at = MISTAKES[name]
    path = copied / PROGRESS
    text = path.read_text(encoding="utf-8")
    assert old in text
    written = text.replace(old, new, 1)
    path.write_text(written, encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        load_contracts(copied)
    assert said in caught.value.what
    assert caught.value.remedy
    file, _, line = str(caught.value.where).rpartition(":")
    assert file == str(path)
    named = written.splitlines()[int(line) - 1]
    assert at in named


def test_a_missing_contract_is_named(copied: Path) -> None:
    (copied / "contracts" / "feedback.odcs.yaml").unlink()
    with pytest.raises(ContractError, match=r"feedback\.odcs\.yaml"):
        load_contracts(copied)


def test_a_file_that_is_no_text_is_named(copied: Path) -> None:
    (copied / PROGRESS).write_bytes("Tiến độ".encode("utf-16"))
    with pytest.raises(ContractError, match="not UTF-8"):
        load_contracts(copied)


def test_a_code_twice_is_refused_with_its_line(copied: Path, tmp_path: Path) -> None:
    lists = tmp_path / "code_lists.csv"
    text = code_lists_path().read_text(encoding="utf-8")
    lists.write_text(f"{text}status,open,Mở,Open\n", encoding="utf-8")
    with pytest.raises(ContractError, match="'open' stands twice") as caught:
        load_contracts(copied, lists)
    assert caught.value.where == f"{lists}:{len(text.splitlines()) + 1}"


@pytest.mark.parametrize(
    ("file", "line", "said"),
    [
        ("header_aliases.csv", "tasks,Thời hạn,product,", "already stands for 'deadline'"),
        ("header_aliases.csv", "tasks,Màu sắc,colour,", "no column 'colour'"),
        ("header_aliases.csv", "tasks,Kết quả, sản phẩm,product,", "another number of cells"),
        ("value_maps.csv", "status,DA_HT,open", "already means 'completed'"),
        ("value_maps.csv", "status,xong,finished", "no code 'finished'"),
        ("null_markers.csv", "some,x", "'any' or 'typed'"),
    ],
)
def test_a_mistake_in_the_words_is_refused_with_its_line(
    copied: Path, file: str, line: str, said: str
) -> None:
    path = copied / file
    with path.open("a", encoding="utf-8") as stream:
        stream.write(line + "\n")
    number = len(path.read_text(encoding="utf-8").splitlines())
    with pytest.raises(ContractError) as caught:
        load_contracts(copied)
    assert said in str(caught.value)
    assert caught.value.where == f"{path}:{number}"


@pytest.mark.parametrize("dataset", DATASETS)
def test_contracts_hold_against_the_schema_of_the_standard(dataset: str) -> None:
    package = resources.files("open_data_contract_standard")
    schema = json.loads(package.joinpath("schema.json").read_text(encoding="utf-8"))
    written = read(expectations_directory() / "contracts" / f"{dataset}.odcs.yaml").data
    validator = jsonschema.validators.validator_for(schema)
    assert [error.message for error in validator(schema).iter_errors(written)] == []


def test_examples_are_what_their_column_asks_for(contracts: Contracts) -> None:
    for contract in contracts.by_dataset.values():
        for column in contract.columns:
            for example in column.examples:
                place = f"{contract.dataset}.{column.name}"
                if column.code_list:
                    assert contracts.value_maps[column.code_list].meaning(example, {}), place
                if column.max_length:
                    assert len(example) <= column.max_length, place
                if isinstance(column.minimum, str):
                    assert column.minimum <= example <= str(column.maximum), place
