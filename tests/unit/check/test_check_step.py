"""The step as a whole: what becomes of records, what is committed, and in which order."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from tests.unit.check.text_tables import RECEIVED, Given, check, rows_of

from task_warehouse import ledger, locking
from task_warehouse.checking import check_pending
from task_warehouse.contracts import DATASETS, Contracts
from task_warehouse.errors import BusyError
from task_warehouse.settings import Home

TASK_HEADERS = ["Mã nhiệm vụ", "Tên nhiệm vụ", "Cơ quan chủ trì", "Thời hạn"]
REPORT_HEADERS = ["Mã nhiệm vụ", "Ngày báo cáo", "Tỷ lệ hoàn thành"]
COUNTS = "rows_received, rows_accepted, rows_rejected, rows_duplicate"


def task(code: str, title: str = "Một việc") -> list[str | None]:
    return [code, title, "G06", "12/2025"]


def only_row(home: Home, columns: str = "*") -> dict[str, object]:
    (row,) = rows_of(home.ledger, columns)
    return row


def test_an_equal_row_is_a_duplicate_and_the_first_one_stays(
    home: Home, contracts: Contracts
) -> None:
    rows = [task("A"), task("B"), [" A ", "Một việc", "G06", "12/2025"], task("A")]
    check(home, contracts, [Given("tasks", TASK_HEADERS, rows)])
    assert only_row(home, COUNTS) == {
        "rows_received": 4,
        "rows_accepted": 2,
        "rows_rejected": 0,
        "rows_duplicate": 2,
    }
    assert [row["record"] for row in rows_of(home.accepted / "tasks", "record")] == [1, 2]


def test_of_rows_that_share_a_key_and_differ_none_is_believed(
    home: Home, contracts: Contracts
) -> None:
    rows = [task("A"), task("A", "Việc khác"), task("A"), task("B")]
    check(home, contracts, [Given("tasks", TASK_HEADERS, rows)])
    row = only_row(home)
    assert (row["rows_accepted"], row["rows_rejected"], row["rows_duplicate"]) == (1, 2, 1)
    rejects = rows_of(home.rejects, "record, check_id, column_name, value")
    assert [(item["record"], item["check_id"], item["value"]) for item in rejects] == [
        (1, "tasks.key_conflict", "A"),
        (2, "tasks.key_conflict", "A"),
    ]


def test_an_absent_breakdown_is_one_breakdown(home: Home, contracts: Contracts) -> None:
    headers = ["indicator_code", "organisation", "period", "breakdown", "value"]
    rows = [["1", "G06", "2025", None, "3"], ["1", "G06", "2025", "", "4"]]
    known = Given("indicators", ["indicator_code", "name"], [["1", "Một chỉ tiêu"]])
    check(home, contracts, [known, Given("indicator_values", headers, rows)])
    found = rows_of(home.rejects, "check_id", "dataset = 'indicator_values'")
    assert [row["check_id"] for row in found] == ["indicator_values.key_conflict"] * 2


def test_a_damaged_line_is_a_reject_with_its_raw_text(home: Home, contracts: Contracts) -> None:
    given = Given("tasks", TASK_HEADERS, [task("A")], damaged=[("file.ragged_row", "A;B")])
    check(home, contracts, [given])
    (reject,) = rows_of(home.rejects)
    assert (reject["check_id"], reject["raw"], reject["line"]) == ("file.ragged_row", "A;B", 3)
    assert only_row(home)["rows_rejected"] == 1


def test_a_missing_column_refuses_the_delivery_and_names_it(
    home: Home, contracts: Contracts
) -> None:
    given = Given("tasks", ["Mã nhiệm vụ", "Tên nhiệm vụ", "Màu"], [["A", "Một việc", "đỏ"]] * 3)
    check(home, contracts, [given, Given("tasks", TASK_HEADERS, [task("B")], source="khac")])
    refused, accepted = rows_of(home.ledger, "*")[0:2]
    if refused["verdict"] != "refuse":
        refused, accepted = accepted, refused
    assert refused["reason_code"] == "delivery.column_missing"
    assert "Cơ quan chủ trì (lead), Thời hạn (deadline)" in refused["reason_vi"]
    assert (refused["rows_received"], refused["rows_rejected"]) == (3, 3)
    assert accepted["rows_accepted"] == 1
    (reject,) = rows_of(home.rejects)
    assert (reject["record"], reject["check_id"]) == (None, "delivery.column_missing")


def test_a_delivery_that_could_not_be_read_is_refused_with_the_readers_reason(
    home: Home, contracts: Contracts
) -> None:
    check(home, contracts, [Given("tasks", [], [], refused="file.not_text", records=0)])
    row = only_row(home)
    assert (row["verdict"], row["reason_code"]) == ("refuse", "file.not_text")


def test_rows_that_do_not_match_the_readers_count_refuse_the_delivery(
    home: Home, contracts: Contracts
) -> None:
    check(home, contracts, [Given("tasks", TASK_HEADERS, [task("A"), task("B")], records=3)])
    row = only_row(home)
    assert (row["reason_code"], row["rows_received"]) == ("delivery.count_disagrees", 3)
    assert row["rows_rejected"] == 3


def test_a_delivery_whose_rows_are_all_rejected_is_refused(
    home: Home, contracts: Contracts
) -> None:
    check(home, contracts, [Given("tasks", TASK_HEADERS, [task(""), ["C", "", "", ""]])])
    row = only_row(home)
    assert (row["verdict"], row["reason_code"]) == ("refuse", "delivery.all_rows_rejected")
    assert not list((home.accepted / "tasks").glob("[!_]*.parquet"))


def test_an_empty_delivery_is_accepted_without_rows(home: Home, contracts: Contracts) -> None:
    check(home, contracts, [Given("tasks", TASK_HEADERS, [])])
    assert only_row(home, f"verdict, {COUNTS}") == {
        "verdict": "accept",
        "rows_received": 0,
        "rows_accepted": 0,
        "rows_rejected": 0,
        "rows_duplicate": 0,
    }


def test_the_value_of_a_reject_is_as_it_was_received(home: Home, contracts: Contracts) -> None:
    known = Given("tasks", TASK_HEADERS, [task("A")])
    report = Given("progress", REPORT_HEADERS, [["A", "30/06/2025", " 1.250,5 % "]])
    check(home, contracts, [known, report])
    (reject,) = rows_of(home.rejects, "check_id, column_name, value, line")
    assert reject == {
        "check_id": "progress.percent_complete_out_of_range",
        "column_name": "percent_complete",
        "value": " 1.250,5 % ",
        "line": 2,
    }


def test_a_report_knows_tasks_received_before_it_or_with_it_and_no_later_ones(
    home: Home, contracts: Contracts
) -> None:
    later = RECEIVED + timedelta(days=1)
    reports = [[code, "30/06/2025", "10"] for code in ("A", "B", "C")]
    check(home, contracts, [Given("tasks", TASK_HEADERS, [task("A")])])
    check(
        home,
        contracts,
        [
            Given("tasks", TASK_HEADERS, [task("B")], received_at=later),
            Given("tasks", TASK_HEADERS, [task("C")], received_at=later + timedelta(days=1)),
            Given("progress", REPORT_HEADERS, reports, received_at=later),
        ],
    )
    assert [row["task_code"] for row in rows_of(home.accepted / "progress", "task_code")] == [
        "A",
        "B",
    ]
    assert rows_of(home.rejects, "check_id, value") == [
        {"check_id": "progress.task_unknown", "value": "C"}
    ]


def test_reports_refer_to_the_tasks_of_the_source_they_name(
    home: Home, contracts: Contracts
) -> None:
    tasks = Given("tasks", TASK_HEADERS, [task("A")], source="nq03")
    report = Given("progress", REPORT_HEADERS, [["A", "30/06/2025", "10"]])
    check(
        home, contracts, [tasks, replace(report, options={"refers_to": "nq03"}), report_of(report)]
    )
    found = rows_of(home.accepted / "progress", "source, task_source")
    assert found == [{"source": "bo-g06", "task_source": "nq03"}]


def report_of(report: Given) -> Given:
    """The same report by a source that names no other."""
    return replace(report, source="tinh-01", organisation_code="01")


def test_day_by_day_gives_the_rows_of_one_go(tmp_path: Path, contracts: Contracts) -> None:
    days = []
    for number in range(3):
        when = {
            "received_at": RECEIVED + timedelta(days=number),
            "business_date": date(2025, 6, 30) + timedelta(days=number),
        }
        codes = [f"T{number}", "T9"]
        days += [
            [
                Given("progress", REPORT_HEADERS, [[c, "30/06/2025", "10"] for c in codes], **when),
                Given("tasks", TASK_HEADERS, [task(f"T{number}", f"Việc {number}")], **when),
            ]
        ]
    apart, together = Home(tmp_path / "apart"), Home(tmp_path / "together")
    for day in days:
        check(apart, contracts, day)
    check(together, contracts, [given for day in days for given in day])
    for name in DATASETS:
        assert rows_of(apart.accepted / name) == rows_of(together.accepted / name)
    assert rows_of(apart.rejects) == rows_of(together.rejects)
    without_batch = "* exclude (batch)"
    assert rows_of(apart.ledger, without_batch) == rows_of(together.ledger, without_batch)


def test_the_same_input_gives_the_same_bytes(tmp_path: Path, contracts: Contracts) -> None:
    rows = [task(f"T{number % 700}", f"=Việc {number % 350}") for number in range(2000)]
    given = [Given("tasks", TASK_HEADERS, rows), Given("tasks", TASK_HEADERS, rows, source="khac")]
    written = []
    for name in ("first", "second"):
        home = Home(tmp_path / name)
        check(home, contracts, given)
        files = [path for path in home.root.rglob("*.parquet") if "work" not in path.parts]
        written.append({path.relative_to(home.root): path.read_bytes() for path in files})
    assert written[0] == written[1]
    assert len(written[0]) > len(DATASETS)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_row_groups_do_not_depend_on_threads_or_deletions(tmp_path: Path, threads: int) -> None:
    with duckdb.connect(str(tmp_path / "work.duckdb")) as con:
        con.execute(f"set threads = {threads}")
        con.execute("create table held as select range as n from range(400000)")
        con.execute(f"delete from held where n % {3 + threads} = 0 and n < 1000")
        con.execute("insert into held select range as n from range(1000)")
        ledger.write_parquet(
            con, "select distinct n, 'v' || n % 9 as v from held order by n", tmp_path / "a.parquet"
        )
    groups = pq.read_metadata(tmp_path / "a.parquet")
    sizes = [groups.row_group(number).num_rows for number in range(groups.num_row_groups)]
    assert sizes == [122880, 122880, 122880, 31360]


def test_what_a_killed_check_left_is_discarded(home: Home, contracts: Contracts) -> None:
    check(home, contracts, [Given("tasks", TASK_HEADERS, [task("A")])])
    before = rows_of(home.accepted / "tasks")
    (committed,) = ledger.batches(home.ledger)
    for folder in (home.accepted / "tasks", home.rejects, home.root / "warnings"):
        shutil.copy(folder / f"{committed}.parquet", folder / "dead.parquet")
    (home.rejects / ".dead.parquet.1.tmp").write_bytes(b"half")
    assert ledger.discard_unfinished(home) == ["dead"]
    assert rows_of(home.accepted / "tasks") == before
    assert not list(home.root.rglob("*dead*"))


def test_a_period_that_is_discarded_becomes_pending_again(home: Home, contracts: Contracts) -> None:
    first = Given("tasks", TASK_HEADERS, [task("A")])
    second = replace(first, business_date=date(2025, 7, 1), source="khac")
    for given in (first, second):
        check(home, contracts, [given])
    assert len(ledger.discard_period(home, date(2025, 7, 1), date(2025, 7, 31))) == 1
    assert [row["source"] for row in rows_of(home.ledger, "source")] == ["bo-g06"]
    assert [row["source"] for row in rows_of(home.accepted / "tasks", "source")] == ["bo-g06"]


def test_two_checks_at_once_are_refused(home: Home) -> None:
    with locking.hold(home, "check"), pytest.raises(BusyError):
        check_pending(home)


def test_moments_are_instants(home: Home, contracts: Contracts) -> None:
    check(home, contracts, [Given("tasks", TASK_HEADERS, [task("A")])])
    (row,) = rows_of(home.accepted / "tasks", "received_at")
    assert row["received_at"].astimezone(UTC) == datetime(2025, 7, 1, 0, 30, tzinfo=UTC)
