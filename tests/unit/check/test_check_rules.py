"""For every rule of every contract: a row that breaks this rule and no other.

A rule that cannot fail, or one that fires together with another, is found here. New rules need no
new test where they follow from a declaration; a rule of a contract's own needs its row below.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.unit.check.text_tables import RECEIVED, Given, check, rows_of

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
    Given(
        "indicators",
        ["indicator_code", "name", "kind", "formula"],
        [
            ["11.1", "Một chỉ tiêu", None, None],
            ["11.2", "Chỉ tiêu lũy kế", "Lũy kế", None],
            ["11.3", "Chỉ tiêu báo hai lần", None, None],
            ["11.4", "Chỉ tiêu hai nguồn báo", None, None],
            ["11.9", "Chỉ tiêu tính từ chỉ tiêu khác", None, "11.1 / 11.2 * 100"],
        ],
    ),
]
# What another source said, or the same one in the same pull, so that a row can disagree with it.
ELSEWHERE: dict[str, Given] = {
    "indicator_values.sources_differ": Given(
        "indicator_values",
        ["indicator_code", "organisation", "period", "value"],
        [["11.4", "Bộ Khoa học và Công nghệ", "202505", "2"]],
        source="bo-g12",
        organisation_code="G12",
    ),
}
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
    "indicator_values.organisation_dissolved": {"organisation": "Bộ Thông tin và Truyền thông"},
    "indicator_values.derived_typed": {"indicator_code": "11.9"},
    "indicator_values.sources_differ": {"indicator_code": "11.4", "value": "1"},
    "documents.code_without_number": {"document_code": "Kết luận"},
    "tasks.assigned_on_in_future": {"assigned_on": "2025-07-01"},
    "tasks.personal_data": {"responsible_position": "Trưởng phòng (a.b@example.gov.vn)"},
    "progress.personal_data": {"difficulty": "Gọi số 001085012345 để hỏi"},
    "indicators.baseline_after_target": {"baseline_on": "2031-01-01"},
    "feedback.received_on_in_future": {"received_on": "2025-07-01", "due_on": None},
    "feedback.answered_on_in_future": {"answered_on": "2025-07-01"},
    "feedback.due_before_received": {"due_on": "2025-06-11"},
    "feedback.answered_before_received": {"answered_on": "2025-06-11"},
    "feedback.personal_data": {"field": "gọi lại số 0912 345 678"},
}
# What takes two rows to break.
PAIRS: dict[str, tuple[Row, Row]] = {
    "indicator_values.two_values": (
        {"indicator_code": "11.3", "value": "1"},
        {"indicator_code": "11.3", "value": "2", "organisation": "Bộ Khoa học và Công nghệ"},
    ),
    "indicator_values.cumulative_fell": (
        {"indicator_code": "11.2", "period": "202504", "value": "50"},
        {"indicator_code": "11.2", "value": "40"},
    ),
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
    if rule.check_id in PAIRS:
        return [{**good, **row} for row in PAIRS[rule.check_id]]
    if rule.kind == "key_across":
        return [good]
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
    """Each delivery of a pull of its own: of two that say different things the later one holds."""
    for dataset in DATASETS:
        contract = contracts.by_dataset[dataset]
        for number, rule in enumerate(contract.rules, start=1):
            rows = broken_by(contract, rule)
            headers = list(contract.names)
            cells = [[row.get(name) for name in headers] for row in rows]
            received_at = RECEIVED + timedelta(seconds=number)
            yield Broken(rule, Given(dataset, headers, cells, received_at=received_at))


def beside(broken: list[Broken]) -> Iterator[Given]:
    """What else has to be there for a row to break its rule."""
    for item in broken:
        if item.rule.check_id in ELSEWHERE:
            yield ELSEWHERE[item.rule.check_id]
        if item.rule.kind == "key_across":
            row = {**GOOD[item.given.dataset], **OTHERWISE[item.given.dataset]}
            cells = [[row.get(name) for name in item.given.headers]]
            yield replace(item.given, rows=cells)


@pytest.fixture(scope="module")
def checked(
    contracts: Contracts, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Home, list[Broken]]:
    home = Home(tmp_path_factory.mktemp("mutations"))
    broken = list(all_broken(contracts))
    good = [
        Given(
            *(name, list(row), [list(row.values())]),
            source="tinh-01",
            organisation_code="01",
            received_at=RECEIVED + timedelta(hours=1),
        )
        for name, row in {
            **GOOD,
            "indicator_values": {**GOOD["indicator_values"], "organisation": "Hà Nội"},
        }.items()
    ]
    known = [Given(**{**vars(item), "source": "tinh-01"}) for item in KNOWN]
    given = [*KNOWN, *known, *good, *beside(broken), *(item.given for item in broken)]
    check(home, contracts, given)
    return home, broken


def test_every_rule_is_broken_by_its_row_and_no_other_rule_is(
    checked: tuple[Home, list[Broken]],
) -> None:
    home, broken = checked
    found: dict[str, set[str]] = {}
    for folder in (home.rejects, home.root / "warnings"):
        # What is said of a delivery beside its neighbours is not about a row.
        for row in rows_of(folder, "delivery_id, check_id, severity", "record is not null"):
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
    for folder in (home.rejects, home.root / "warnings"):
        assert rows_of(folder, "*", "source = 'tinh-01' and record is not null") == []
    accepted = rows_of(home.ledger, "distinct rows_rejected = 0", "source = 'tinh-01'")
    assert [list(row.values()) for row in accepted] == [[True]]


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
    rows = rows_of(home.rejects, "value, raw", "check_id like '%.personal_data'")
    assert [(row["value"], row["raw"]) for row in rows] == [(None, None)] * 3
    kept = b"".join(path.read_bytes() for path in home.root.rglob("*.parquet"))
    for secret in (b"0912 345 678", b"a.b@example.gov.vn", b"001085012345"):
        assert secret not in kept


def test_numbers_that_are_nobody_s_are_let_through(tmp_path: Path, contracts: Contracts) -> None:
    home = Home(tmp_path)
    results = [
        "Giải ngân 350000000000 đồng, đạt 12,5 %",
        "Văn bản 1234/QĐ-TTg ngày 30/06/2025, 0912/BC-BKHCN",
        "Tỷ lệ 0,354; mã hồ sơ 000.00.00.H30-250630-0001",
        "Liên thông 84350000000 bản ghi",
    ]
    rows = [["NV-1", f"2025-06-{day:02d}", text] for day, text in enumerate(results, start=1)]
    check(
        home, contracts, [*KNOWN, Given("progress", ["task_code", "reported_on", "result"], rows)]
    )
    assert rows_of(home.rejects, "value", "record is not null") == []


def test_a_source_is_not_told_what_another_one_said(checked: tuple[Home, list[Broken]]) -> None:
    home, _ = checked
    rows = rows_of(
        home.root / "warnings",
        "source, value, message_vi, message_en",
        "check_id = 'indicator_values.sources_differ'",
    )
    assert rows
    other = ELSEWHERE["indicator_values.sources_differ"]
    for row in rows:
        assert (row["source"] == other.source) == (row["value"] == "2")
        unseen = "1" if row["value"] == "2" else "2"
        for message in (row["message_vi"], row["message_en"]):
            assert row["value"] in message
            assert unseen not in message
            assert not [one for one in {other.source, "tinh-01"} if one in message]
