"""Two versions of the contracts: every kind of change is named, and whether it breaks senders."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from task_warehouse.contract_exports.comparing import (
    KINDS,
    Change,
    compare,
    misnumbered,
    of_same_datasets,
)
from task_warehouse.contract_exports.versions import version_of
from task_warehouse.contracts import DATASETS, expectations_directory
from task_warehouse.contracts.loading import code_lists_path
from task_warehouse.errors import ContractError, UsageError
from task_warehouse.settings import PROJECT_ROOT

COLUMN = """      - name: colour
        businessName: Màu
        logicalType: string
        physicalType: varchar
        required: {required}
        description: Màu của nhiệm vụ.
        examples: ["đỏ"]
        logicalTypeOptions:
          maxLength: 20
        customProperties:
          - {{property: descriptionEn, value: Colour.}}
"""
RULE = """      - id: evidence_is_result
        name: Văn bản trùng kết quả
        dimension: consistency
        severity: {severity}
        type: custom
        engine: great-expectations
        implementation:
          type: columns_differ
          kwargs: {{column: evidence, other: result}}
        customProperties:
          - {{property: column, value: evidence}}
          - {{property: titleEn, value: Evidence is the result}}
          - {{property: messageVi, value: Trùng.}}
          - {{property: messageEn, value: Same.}}
          - {{property: responsibility, value: source}}
"""
CODES = "code_lists.csv"
PERCENT = "      - name: percent_complete\n"
DISAGREE = "      - id: percent_disagrees\n"
# What is written instead of what (a pattern), in progress.odcs.yaml or in the code lists, and the
# change that is named. Read backwards it is the opposite change.
CHANGES: dict[str, tuple[str, str, str]] = {
    "column_added": (PERCENT, COLUMN.format(required="false") + PERCENT, "column_removed"),
    "required_column_added": (PERCENT, COLUMN.format(required="true") + PERCENT, "column_removed"),
    "column_required": (
        r"(Tỷ lệ hoàn thành(?:\n.*){2}\n        required: )false",
        r"\1true",
        "column_optional",
    ),
    "header_required": (
        r"(descriptionEn, value: 'Share of the work.*\n)",
        r"\1          - {property: headerRequired, value: true}" + "\n",
        "header_optional",
    ),
    "form_changed": (r"          - \{property: form, value: period_end\}\n", "", "form_changed"),
    "code_list_changed": (
        "codeList, value: approval_state",
        "codeList, value: status",
        "code_list_changed",
    ),
    "limit_narrowed": ("maximum: 100", "maximum: 99", "limit_widened"),
    "key_changed": (
        r"primaryKeyPosition: 1((?:\n.*)+?)primaryKeyPosition: 2",
        r"primaryKeyPosition: 2\1primaryKeyPosition: 1",
        "key_changed",
    ),
    "label_changed": ("businessName: Kết quả", "businessName: Kết quả đạt được", "label_changed"),
    "rule_added": (DISAGREE, RULE.format(severity="error") + DISAGREE, "rule_removed"),
    "warning_added": (DISAGREE, RULE.format(severity="warn") + DISAGREE, "rule_removed"),
    "rule_stricter": ("severity: warn", "severity: error", "rule_milder"),
    "rule_changed": (
        "column: completed_on\n            limit: reported_on",
        "column: completed_on\n            limit: business_date",
        "rule_changed",
    ),
    "warning_changed": (
        r"severity: warn((?:\n.*)+?)          type: percent_agrees\n          kwargs:(?:\n.*){3}",
        r"severity: warn\1          type: columns_differ" + "\n"
        "          kwargs: {column: result, other: proposal}",
        "warning_changed",
    ),
    "owed_earlier": ('"06:30"', '"05:30"', "owed_later"),
    "text_changed": ("Kết quả đã đạt được", "Kết quả đạt được", "text_changed"),
    "code_added": (
        r"(status,cancelled.*\n)",
        r"\1status,paused,Tạm ngừng,Paused" + "\n",
        "code_removed",
    ),
    "code_renamed": ("status,cancelled,Đã hủy", "status,cancelled,Đã hủy bỏ", "code_renamed"),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what a version of the contracts is made of; gives its ``expectations/``."""
    seeds = tmp_path / "changed" / "dbt_project" / "seeds"
    seeds.mkdir(parents=True)
    shutil.copy(code_lists_path(), seeds)
    return Path(shutil.copytree(expectations_directory(), tmp_path / "changed" / "expectations"))


def change(project: Path, name: str) -> None:
    old, new, _ = CHANGES[name]
    lists = name.startswith("code_") and name != "code_list_changed"
    path = project.parent / "dbt_project/seeds" / CODES if lists else None
    path = path or project / "contracts" / "progress.odcs.yaml"
    text = path.read_text(encoding="utf-8")
    written, count = re.subn(old, new, text, count=1)
    assert count == 1
    path.write_text(written, encoding="utf-8")


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_named_and_its_opposite_too(project: Path, name: str) -> None:
    before = version_of(str(expectations_directory()))
    change(project, name)
    after = version_of(str(project))
    named = {each.kind for each in compare(before, after)}
    assert name in named
    assert named <= {name, "text_changed", "code_added", "limit_narrowed"}
    assert CHANGES[name][2] in {each.kind for each in compare(after, before)}


def test_a_cadence_is_compared(project: Path) -> None:
    path = project / "contracts" / "indicators.odcs.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("value: 30\n", "value: 7\n"), encoding="utf-8"
    )
    before, after = version_of(str(expectations_directory())), version_of(str(project))
    assert [str(each) for each in compare(before, after)] == [
        "it was owed every 30 days, is owed every 7"
    ]
    assert [each.kind for each in compare(after, before)] == ["owed_less_often"]


def test_a_dataset_comes_and_goes(project: Path) -> None:
    (project / "contracts" / "feedback.odcs.yaml").unlink()
    before, after = version_of(str(expectations_directory())), version_of(str(project))
    assert compare(before, after) == [Change("feedback", "dataset_removed")]
    assert compare(after, before) == [Change("feedback", "dataset_added")]
    assert compare(*of_same_datasets(before, after)) == []


def test_every_kind_of_change_is_tried() -> None:
    tried = {*CHANGES, *(back for _, _, back in CHANGES.values())}
    tried |= {"owed_more_often", "owed_less_often", "dataset_removed", "dataset_added"}
    assert tried == set(KINDS)


@pytest.mark.parametrize(
    ("name", "needs"),
    [("limit_narrowed", "2.0.0"), ("column_added", "1.1.0"), ("text_changed", "1.0.1")],
)
def test_a_version_number_that_says_too_little_is_told(
    project: Path, name: str, needs: str
) -> None:
    before = version_of(str(expectations_directory()))
    major = before.contracts["progress"].version.split(".")
    change(project, name)
    after = version_of(str(project))
    wanted = {
        "2.0.0": f"{int(major[0]) + 1}.0.0",
        "1.1.0": f"{major[0]}.{int(major[1]) + 1}.0",
        "1.0.1": f"{major[0]}.{major[1]}.{int(major[2]) + 1}",
    }[needs]
    found = misnumbered(before, after, compare(before, after))
    assert [said.partition("needs ")[2] for said in found] == [wanted]


def test_a_single_file_and_a_wrong_one_are_read(project: Path, tmp_path: Path) -> None:
    alone = tmp_path / "sent by mail.yaml"
    shutil.copy(project / "contracts" / "progress.odcs.yaml", alone)
    assert list(version_of(str(alone)).contracts) == ["progress"]
    alone.write_text("name: progress\n", encoding="utf-8")
    with pytest.raises(ContractError, match=r"sent by mail\.yaml:1"):
        version_of(str(alone))


@pytest.mark.parametrize("place", ["nowhere", "--upload-pack=x"])
def test_what_is_no_version_is_refused(place: str) -> None:
    with pytest.raises(UsageError, match="no file, no folder and no git revision"):
        version_of(place)


def test_a_folder_without_contracts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no contract in"):
        version_of(str(tmp_path))


def diff(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "task_warehouse.cli", "contract", "diff", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_exit_code_tells_whether_senders_break(project: Path) -> None:
    assert diff(str(expectations_directory())).returncode == 0
    change(project, "limit_narrowed")
    told = diff(str(expectations_directory()), str(project), "--output", "json")
    assert told.returncode == 8
    assert json.loads(told.stdout)["breaks"] is True
    assert diff("nowhere").returncode == 2


def test_a_git_revision_is_a_version() -> None:
    if not (PROJECT_ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    committed = version_of("HEAD")
    assert set(committed.contracts) == set(DATASETS)
