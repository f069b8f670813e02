"""Three sources (clean, dirty, silent) through Airflow to a published morning."""

from __future__ import annotations

import json
from datetime import date

from tests.e2e.conftest import Root

NATION = (
    "select tasks, completed_on_time, completed_late, completed_undated, "
    "open_in_term, open_overdue, open_undated from mart_scorecard where organisation_code = 'VN'"
)


def test_the_nation_counts_each_task_once_in_its_class(road: Root) -> None:
    assert road.rows(NATION) == [(10, 1, 1, 0, 3, 2, 3)]


def test_a_list_of_leads_is_seen_by_each_and_a_dissolved_one_by_its_successor(road: Root) -> None:
    leads = road.rows(
        "select t.task_code, b.organisation_code from bridge_task_organisation b "
        "join dim_task t using (task_key) where role in ('lead', 'co_lead') order by all"
    )
    assert ("2", "G17") in leads, "the dissolved ministry of transport"
    assert {code for task, code in leads if task == "3"} == {"G01", "G11"}
    assert {code for task, code in leads if task == "10"} == {"G27", "G28", "G30"}
    assert ("5", "UNRESOLVED") in leads
    assert ("6", "G16") in leads, "a ministry whose name holds a comma and an 'và'"


def test_every_refused_row_has_its_line_value_and_reason(road: Root) -> None:
    refused = road.rows(
        "select line, column_name, value, message_vi from mart_reject order by line"
    )
    assert [(line, column) for line, column, _, _ in refused] == [
        (5, "percent_complete"),
        (6, "reported_on"),
        (7, "task_code"),
    ]
    assert [value for _, _, value, _ in refused] == ["130", "31/02/2025", "999"]
    assert all(message for *_, message in refused)


def test_a_refused_row_is_open_until_a_later_delivery_mends_it(road: Root) -> None:
    found = road.rows("select record_key, state, is_matchable from mart_reject_history order by 1")
    assert len(found) == 3
    assert {state for _, state, _ in found} == {"open"}


def test_scores_are_shares_of_the_rows_that_came(road: Root) -> None:
    found = road.rows(
        "select rows_judged, rows_invalid, rows_repeated, round(validity, 4), round(uniqueness, 4) "
        "from mart_quality where source = 'bo-g06' and rows_judged > 0"
    )
    assert found == [(7, 2, 1, 0.7143, 0.8571)]
    silent = road.rows(
        "select timeliness, validity, overall from mart_quality where source = 'tinh-40'"
    )
    assert silent == [(0, None, 0)]


def test_every_source_gets_its_rows_back_with_their_places(road: Root) -> None:
    folder = road.home / "reports"
    report = json.loads((folder / "bo-g06/2025-06-30.json").read_text(encoding="utf-8"))
    refused = [row for row in report["rows"] if row["severity"] == "error"]
    assert [(row["line"], row["column"], row["value"]) for row in refused] == [
        (5, "percent_complete", "130"),
        (6, "reported_on", "31/02/2025"),
        (7, "task_code", "999"),
    ]
    assert all(row["address_vi"].startswith(f"dòng {row['line']}, cột “") for row in refused)
    assert (folder / "bo-g06/2025-06-30.xlsx").is_file()
    receipt = (folder / "tinh-40/2025-07-01.txt").read_text(encoding="utf-8")
    assert "chưa nhận được: Nhiệm vụ" in receipt
    again = road.command("report-back")
    assert again.stdout.startswith("0 written"), again.stdout + again.stderr


def test_received_is_accepted_and_rejected_and_duplicate(road: Root) -> None:
    progress = road.rows(
        "select rows_received, rows_accepted, rows_rejected, rows_duplicate "
        "from mart_reporting where source = 'bo-g06' and rows_received > 0"
    )
    assert progress == [(7, 3, 3, 1)]


def test_silence_is_a_row(road: Root) -> None:
    assert road.rows(
        "select status from mart_reporting "
        "where source = 'tinh-40' and business_date = date '2025-07-01'"
    ) == [("missing",)]


def test_targets_of_all_kinds_are_read(road: Root) -> None:
    found = {
        code: rest
        for code, *rest in road.rows(
            "select indicator_code, target_operator, target_low, target_high, target_text "
            "from dim_indicator"
        )
    }
    assert found["1"][:2] == [">=", 80]
    assert found["3"][:3] == ["between", 40, 50]
    assert found["4"][0] == "text"
    assert found["2"][3] == "≤ 3 Đông Nam Á; ≤ 50 Thế giới"
    assert float(found["5"][1]) == 0.7


def test_the_manifest_says_what_was_published(road: Root) -> None:
    manifest = json.loads(
        (road.home / "published/current/manifest.json").read_text(encoding="utf-8")
    )
    assert manifest["as_of_date"] == "2025-07-01"
    assert manifest["tables"]["dim_task"]["rows"] == 10
    assert (road.home / "published/current/parquet/dim_task.parquet").exists()
    page = (road.home / "published/current/dashboard/index.html").read_text(encoding="utf-8")
    assert 'lang="vi"' in page
    assert "01/07/2025" in page


def test_a_second_run_doubles_nothing_and_publishes_the_same(road: Root) -> None:
    before = road.marts()
    snapshot = (road.home / "published/current").resolve()
    done = road.day("2025-07-01", "2025-07-01T09:00:00+07:00")
    assert "nothing changed" in done.stdout
    assert (road.home / "published/current").resolve() == snapshot
    assert road.marts() == before


def test_a_built_run_is_one_row_of_mart_run(road: Root) -> None:
    assert road.rows("select as_of_date, rows_received from mart_run") == [(date(2025, 7, 1), 22)]


def test_query_answers_from_the_snapshot_and_cannot_reach_outside(road: Root) -> None:
    asked = road.command("query", "select count(*) as n from dim_task", "--output", "csv")
    assert asked.stdout.splitlines() == ["n", "10"]
    outside = road.command("query", "select * from read_text('/etc/hostname')")
    assert outside.returncode == 2
