"""What a check leaves about its deliveries: where their columns stood, what they look like."""

from __future__ import annotations

from tests.unit.check.text_tables import Given, check, rows_of

from task_warehouse import profiling
from task_warehouse.contracts import Contracts
from task_warehouse.settings import Home

HEADERS = ["Tỷ lệ hoàn thành", "Ngày báo cáo", "Mã nhiệm vụ", "Trạng thái", "Ghi gì đó"]
TASK_HEADERS = ["Mã nhiệm vụ", "Tên nhiệm vụ", "Cơ quan chủ trì", "Thời hạn"]
TASKS = Given("tasks", TASK_HEADERS, [[code, "Một việc", "G06", "12/2025"] for code in ("A", "B")])
REPORTS = Given(
    "progress",
    HEADERS,
    [
        ["50", "2025-06-01", "A", "open", "x"],
        ["130", "2025-06-02", "A", "open", "x"],  # out of range
        ["abc", "2025-06-31", "A", "open", "x"],  # two rules of validity, one record
        ["60", None, "A", "open", "x"],  # incomplete
        ["70", "2025-06-03", "Z", "open", "x"],  # no such task
        ["100", "2025-06-04", "B", "open", "x"],  # accepted with a warning: says it is open
        ["80", "2025-06-05", "B", None, "x"],
    ],
    damaged=[("file.ragged_row", "1;2")],
)


def test_a_profile_counts_each_record_once_a_dimension(home: Home, contracts: Contracts) -> None:
    check(home, contracts, [TASKS, REPORTS])
    assert len(profiling.profile_pending(home)) == 1
    mine = f"delivery_id = '{REPORTS.delivery.delivery_id}'"
    facts = rows_of(home.profiles, "fact, name, code, rows", mine)
    defects = {row["name"]: row["rows"] for row in facts if row["fact"] == "defect"}
    assert defects == {"validity": 3, "completeness": 1, "consistency": 2}
    empty = {row["name"]: row["rows"] for row in facts if row["fact"] == "empty"}
    assert (empty["task_code"], empty["status_reported"], empty["evidence"]) == (0, 1, 3)
    codes = [(row["code"], row["rows"]) for row in facts if row["fact"] == "code"]
    assert codes == [("open", 2)]


def test_a_profile_is_made_once_and_goes_with_its_batch(home: Home, contracts: Contracts) -> None:
    check(home, contracts, [TASKS])
    (batch,) = profiling.profile_pending(home)
    assert profiling.profile_pending(home) == []
    (home.ledger / f"{batch}.parquet").unlink()
    assert profiling.profile_pending(home) == []
    assert not (home.profiles / f"{batch}.parquet").exists()


def test_columns_are_kept_where_they_stood(home: Home, contracts: Contracts) -> None:
    check(home, contracts, [TASKS, REPORTS])
    mine = f"delivery_id = '{REPORTS.delivery.delivery_id}'"
    (row,) = rows_of(home.layouts, "format, columns, positions, headers", mine)
    found = dict(
        zip(row["columns"], zip(row["positions"], row["headers"], strict=True), strict=True)
    )
    assert row["format"] == "csv"
    assert found["percent_complete"] == (1, "Tỷ lệ hoàn thành")
    assert found["task_code"] == (3, "Mã nhiệm vụ")
    assert found["evidence"] == (None, None)


def test_of_a_secret_delivery_not_even_a_header_is_kept(home: Home, contracts: Contracts) -> None:
    row = ["A", "Một việc", "G06", "12/2025", "Mật"]
    secret = Given("tasks", [*TASK_HEADERS, "Độ mật"], [row])
    check(home, contracts, [secret])
    profiling.profile_pending(home)
    assert rows_of(home.layouts) == []
    assert rows_of(home.profiles) == []
