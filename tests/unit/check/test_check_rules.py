"""For every rule of every contract: a row that breaks this rule and no other.

A rule that cannot fail, or one that fires together with another, is found here. New rules need no
new test where they follow from a declaration; a rule of a contract's own needs its row below.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from tests.unit.check.text_tables import Given, check, rows_of

from task_warehouse.contracts import DATASETS, Contract, Contracts, Rule
from task_warehouse.settings import Home

Row = dict[str, str | None]

# A row of each dataset that breaks nothing.
GOOD: dict[str, Row] = {
    "documents": {"document_code": "328-KH/TU", "issued_on": "2025-04-24", "title": "Kế hoạch"},
    "tasks": {
        "task_code": "NV-1",
        "title": "Xây dựng nền tảng dữ liệu dùng chung",
        "lead": "G06",
        "deadline": "12/2025",
        "document_code": "57-NQ/TW",
        "assigned_on": "2025-01-09",
        "secrecy": "Thường",
    },
    "progress": {
        "task_code": "NV-1",
        "reported_on": "2025-06-30",
        "percent_complete": "60",
        "status_reported": "Đang thực hiện",
        "result": "Đã trình dự thảo",
        "updated_at": "2025-06-30 17:00:00",
    },
    "indicators": {
        "indicator_code": "11.1",
        "name": "Tỉ lệ sử dụng dịch vụ công trực tuyến",
        "unit": "%",
        "target_operator": ">=",
        "target_low": "80",
        "target_on": "2030",
    },
    "indicator_values": {
        "indicator_code": "11.1",
        "organisation": "G06",
        "period": "202505",
        "value": "39,98",
        "state": "Chính thức",
    },
    "feedback": {
        "feedback_code": "PAKN.20250612.0012",
        "kind": "Kiến nghị",
        "received_on": "2025-06-12",
        "field": "Dịch vụ công",
        "due_on": "2025-06-19",
    },
    "control_totals": {"dataset": "tasks", "measure": "rows", "value": "140"},
}
KNOWN = [
    Given("documents", ["document_code"], [["57-NQ/TW"]]),
    Given(
        "tasks", ["task_code", "title", "lead", "deadline"], [["NV-1", "Một việc", "G06", "2025"]]
    ),
    Given("indicators", ["indicator_code", "name"], [["11.1", "Một chỉ tiêu"]]),
]
# What breaks a rule that stands in a contract; each changes the good row of its dataset.
BREAKS: dict[str, Row] = {
    "documents.issued_on_in_future": {"issued_on": "2025-07-01"},
    "documents.parent_is_itself": {"parent_document_code": "328-KH/TU"},
    "tasks.lead_missing": {"lead": ""},
    "tasks.parent_is_itself": {"parent_task_code": "NV-1"},
    "tasks.document_unknown": {"document_code": "99-NQ/TW"},
    "progress.reported_on_in_future": {"reported_on": "2025-07-01"},
    "progress.completed_after_report": {
        "completed_on": "2025-07-02",
        "percent_complete": "100",
        "status_reported": "Đã hoàn thành",
    },
    "progress.percent_disagrees": {"status_reported": "Đã hoàn thành"},
    "progress.task_unknown": {"task_code": "NV-404"},
    "indicators.target_incomplete": {"target_low": None},
    "indicators.target_range_inverted": {
        "target_operator": "khoảng",
        "target_low": "50",
        "target_high": "40",
    },
    "indicator_values.indicator_unknown": {"indicator_code": "99"},
    "indicator_values.organisation_unknown": {"organisation": "Bộ Phép thuật"},
    "indicator_values.period_in_future": {"period": "202507"},
    "feedback.received_on_in_future": {"received_on": "2025-07-01", "due_on": None},
    "feedback.answered_on_in_future": {"answered_on": "2025-07-01"},
    "feedback.due_before_received": {"due_on": "2025-06-11"},
    "feedback.answered_before_received": {"answered_on": "2025-06-11"},
    "feedback.personal_data": {"field": "gọi lại số 0912 345 678"},
}
# Another content under the same key.
OTHERWISE: dict[str, Row] = {
    "documents": {"title": "Kế hoạch khác"},
    "tasks": {"title": "Một việc khác"},
    "progress": {"result": "Chưa có gì"},
    "indicators": {"name": "Tên khác"},
    "indicator_values": {"value": "40"},
    "feedback": {"field": "Đất đai"},
    "control_totals": {"value": "141"},
}
UNREADABLE = {
    "date": "31/02/2025",
    "period_end": "31/02/2025",
    "timestamp": "hôm qua",
    "number": "nhiều",
    "period": "20255",
}
# What a column that stands alone would contradict.
COMPANIONS: dict[str, Row] = {
    "progress.percent_complete_out_of_range": {"status_reported": None},
    "indicators.target_operator_unknown_code": {"target_operator": "xấp xỉ"},
}


@dataclass(frozen=True)
class Broken:
    """A rule and the rows of a delivery that break it."""

    rule: Rule
    given: Given


def broken_by(contract: Contract, rule: Rule) -> list[Row]:
    """Rows of one delivery of which at least one breaks ``rule``, and none another rule."""
    good = GOOD[contract.dataset]
    if rule.check_id in BREAKS:
        return [{**good, **BREAKS[rule.check_id]}]
    if rule.kind == "key":
        return [good, {**good, **OTHERWISE[contract.dataset]}]
    text = next((c.name for c in contract.columns if c.is_text and c.name not in contract.key), "")
    column = contract.column(rule.column) if rule.column else contract.column(text)
    value: str | None
    if rule.kind == "required":
        value = None
    elif rule.kind == "readable":
        value = UNREADABLE[column.form]
    elif rule.kind == "code":
        value = "chưa từng nghe"
    elif rule.kind == "range":
        value = below(column.minimum)
    elif rule.kind == "length":
        value = "a" * (int(column.max_length or 0) + 1)
    else:
        value = {"control_characters": "a\x07b", "formula": "=1+1"}[rule.kind]
    return [{**good, column.name: value, **COMPANIONS.get(rule.check_id, {})}]


def below(minimum: str | float | None) -> str:
    if isinstance(minimum, str):
        return (date.fromisoformat(minimum) - timedelta(days=1)).isoformat()
    return str(float(minimum or 0) - 1)


def all_broken(contracts: Contracts) -> Iterator[Broken]:
    for dataset in DATASETS:
        contract = contracts.by_dataset[dataset]
        for rule in contract.rules:
            rows = broken_by(contract, rule)
            headers = list(contract.names)
            cells = [[row.get(name) for name in headers] for row in rows]
            yield Broken(rule, Given(dataset, headers, cells))


@pytest.fixture(scope="module")
def checked(
    contracts: Contracts, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Home, list[Broken]]:
    home = Home(tmp_path_factory.mktemp("mutations"))
    broken = list(all_broken(contracts))
    good = [
        Given(name, list(row), [list(row.values())], source="tinh-01", organisation_code="01")
        for name, row in GOOD.items()
    ]
    known = [Given(**{**vars(item), "source": "tinh-01"}) for item in KNOWN]
    check(home, contracts, [*KNOWN, *known, *good, *(item.given for item in broken)])
    return home, broken


def test_every_rule_is_broken_by_its_row_and_no_other_rule_is(
    checked: tuple[Home, list[Broken]],
) -> None:
    home, broken = checked
    found: dict[str, set[str]] = {}
    for folder in (home.rejects, home.root / "warnings"):
        for row in rows_of(folder, "delivery_id, check_id, severity"):
            found.setdefault(row["delivery_id"], set()).add(f"{row['check_id']} {row['severity']}")
    wrong = {
        item.rule.check_id: found.get(item.given.delivery.delivery_id)
        for item in broken
        if found.get(item.given.delivery.delivery_id)
        != {f"{item.rule.check_id} {item.rule.severity}"}
    }
    assert wrong == {}


def test_good_rows_break_nothing(checked: tuple[Home, list[Broken]]) -> None:
    home, _ = checked
    verdicts = rows_of(home.ledger, "distinct verdict", "source = 'tinh-01'")
    assert verdicts == [{"verdict": "accept"}]


def test_errors_refuse_and_warnings_let_through(checked: tuple[Home, list[Broken]]) -> None:
    home, broken = checked
    accepted = {row["delivery_id"]: row for row in rows_of(home.ledger)}
    for item in broken:
        row = accepted[item.given.delivery.delivery_id]
        if item.rule.severity == "error":
            assert (row["rows_accepted"], row["rows_warned"]) == (0, 0)
            assert row["reason_code"] == "delivery.all_rows_rejected"
        else:
            assert (row["rows_rejected"], row["rows_warned"]) == (0, 1)


def test_messages_are_filled_in_both_languages(checked: tuple[Home, list[Broken]]) -> None:
    home, _ = checked
    for folder in (home.rejects, home.root / "warnings"):
        for row in rows_of(folder, "check_id, message_vi, message_en"):
            for message in (row["message_vi"], row["message_en"]):
                assert message
                assert not {"{column}", "{value}", "{expected}"} & set(message.split())
                assert "{" not in message, row["check_id"]


def test_personal_data_leave_no_value(checked: tuple[Home, list[Broken]]) -> None:
    home, _ = checked
    rows = rows_of(home.rejects, "value, raw, message_vi", "check_id = 'feedback.personal_data'")
    assert [(row["value"], row["raw"]) for row in rows] == [(None, None)]
    assert b"0912 345 678" not in b"".join(
        path.read_bytes() for path in home.rejects.glob("*.parquet")
    )
