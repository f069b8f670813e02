"""Words and deeds, what is stuck, indicators, feedback, bodies in time, figures as printed."""

from __future__ import annotations

import duckdb
import pytest

from tests.warehouse.meaning_rooms import DECLARED

OURS = "not starts_with(source, 'f')"


FINDINGS = {
    "completed_without_evidence": ["E1", "E7"],
    "evidence_reused": ["E3", "E4"],
    "percent_fell": ["P1"],
    "text_repeated": ["T1"],
    "label_disagrees": ["L1"],
    "deadline_moved_after_due": ["D1", "X1"],
    "reopened": ["R1"],
    "silent": ["S1"],
    "vanished": ["V1"],
    "last_hour_updates": ["tinh-01"],
    "baseline_reset": ["DONVI"],
    "unit_changed": ["DONVI"],
}


@pytest.mark.parametrize("finding", FINDINGS)
def test_a_rule_fires_on_the_guilty_case_and_not_on_the_honest_one(
    marts: duckdb.DuckDBPyConnection, finding: str
) -> None:
    found = marts.execute(
        "select coalesce(split_part(task_key, '/', 2), indicator_code, source) "
        "from marts.mart_finding where finding = ? order by 1",
        [finding],
    ).fetchall()
    assert [name for (name,) in found] == FINDINGS[finding]


def test_every_kind_of_finding_is_tried(marts: duckdb.DuckDBPyConnection) -> None:
    kinds = marts.execute("select finding from marts.dim_finding").fetchall()
    assert {kind for (kind,) in kinds} == set(FINDINGS)


def test_a_finding_points_at_the_two_reports_it_compares(marts: duckdb.DuckDBPyConnection) -> None:
    found = marts.execute(
        "select old_value, new_value, delivery_id, earlier_delivery_id, happened_on::varchar "
        "from marts.mart_finding where finding = 'percent_fell'"
    ).fetchall()
    assert found == [("50.0", "30.0", "report-2025-10", "report-2025-09", "2025-10-05")]


def test_substance_of_the_body_counts_tasks_not_findings(marts: duckdb.DuckDBPyConnection) -> None:
    found = marts.execute(
        """
        select tasks_with_findings, completed_without_evidence, silent_tasks, vanished,
            last_hour_updates, baselines_reset, round(substance_rate * tasks_judged)
                = tasks_judged - tasks_with_findings
        from marts.mart_substance where organisation_code = 'VN'
        """
    ).fetchone()
    assert found == (12, 2, 1, 1, 1, 1, True)


def test_a_merged_task_did_not_vanish_and_says_where_it_went(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    found = marts.execute(
        "select task_key, heir_key, kind, words, delivery_id, heir_status_class "
        "from marts.mart_task_succession"
    ).fetchall()
    words = "gộp vào nhiệm vụ d1"
    assert found == [("bo-g06/M1", "bo-g06/D1", "merged", words, "report-2025-11", "open_in_term")]


def test_published_figures_bear_no_finding(marts: duckdb.DuckDBPyConnection) -> None:
    assert (
        marts.execute(
            "select finding, source from marts.mart_finding where starts_with(source, 'f')"
        ).fetchall()
        == []
    )


def test_what_is_stuck_says_why_in_whose_words_and_who_frees_it(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    found = marts.execute(
        f"""
        select split_part(task_key, '/', 2), stuck_by, reason, reason_words, days,
            unblocked_by_code, above_code
        from marts.mart_bottleneck where {OURS} order by 1
        """
    ).fetchall()
    assert found == [
        ("B1", "difficulty", "funding", "chưa bố trí đủ kinh phí", 81, None, "VN"),
        ("B2", "waiting", "other_body", "chờ ý kiến", 20, "G12", "VN"),
        ("B4", "extended", "other", None, 86, None, "VN"),
        ("B5", "difficulty", "land", "giải phóng mặt bằng", 20, None, "VN"),
        ("B6", "waiting", "other_body", "chậm trả lời", 20, "01", "01"),
        ("S1", "silent", "other", None, 111, None, "VN"),
    ]


INDICATORS = """
    select round(latest_value, 2), round(attainment, 4), is_met, judgement, why_not_judged, colour
    from marts.mart_indicator where indicator_code = ? and organisation_code = ?
"""


@pytest.mark.parametrize(
    ("indicator", "body", "expected"),
    [
        # Published series, domain facts 9.
        ("TRAM", "VN", (16737, 0.2445, False, "cannot_be_judged", "too_few_values", "grey")),
        ("PHU", "VN", (39.52, 0.4391, False, "off_course", None, "red")),
        ("HOSO", "VN", (39.98, 0.4998, False, "cannot_be_judged", "too_few_values", "grey")),
        ("KYSO", "VN", (27.7, 0.3957, False, "cannot_be_judged", "too_few_values", "grey")),
        # The nation composed: a sum, a weighted mean (the plain one is 65), and never of shares.
        ("TONG", "VN", (300, 0.75, False, "cannot_be_judged", "too_few_values", "grey")),
        ("CAQUYEN", "VN", (65.88, 1.098, True, "met", None, "green")),
        ("KHONGGOP", "VN", None),
        ("CONG%", "VN", None),
        # Targets by year and by body; a value of a former commune is its heir's.
        ("NAM", "VN", (65, 1.0833, True, "met", None, "green")),
        ("AI", "G06", (70, 0.875, False, "cannot_be_judged", "too_few_values", "grey")),
        ("AI", "01", (70, 1.1667, True, "met", None, "green")),
        ("KHONGGOP", "00097", (44, 0.7333, False, "cannot_be_judged", "too_few_values", "grey")),
        # Two provinces before they were one; the code of one of them is the heir's.
        ("DIEM", "15", (50, 0.5, False, "cannot_be_judged", "too_few_values", "grey")),
        ("DONVI", "VN", (21000, 300, True, "cannot_be_judged", "unit_changed", "grey")),
        ("HANG", "VN", (66, 0.7576, False, "on_course", None, "green")),
        ("MUON", "VN", (50, 0.8333, False, "missed", None, "red")),
        ("RUNG", "VN", (40, 0.7273, False, "uncertain", None, "amber")),
        ("CHU", "VN", (None, None, None, "cannot_be_judged", "no_value", "grey")),
    ],
)
def test_an_indicator_is_judged_or_says_why_not(
    marts: duckdb.DuckDBPyConnection,
    indicator: str,
    body: str,
    expected: tuple[object, ...] | None,
) -> None:
    assert marts.execute(INDICATORS, [indicator, body]).fetchone() == expected


def test_the_first_baseline_is_kept_beside_the_one_in_force(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    found = marts.execute(
        "select baseline, unit, first_baseline, first_baseline_on, first_baseline_unit, "
        "first_baseline_known_on::varchar, first_target_text "
        "from marts.dim_indicator where indicator_code = 'DONVI'"
    ).fetchall()
    assert found == [(20, "Nghìn trạm", 10, None, "Trạm", "2025-06-01", "≥ 70000")]


def test_pace_and_forecast_of_the_published_series(marts: duckdb.DuckDBPyConnection) -> None:
    found = marts.execute(
        """
        select indicator_code, round(required_pace_per_month), round(forecast_on_target_date, 1),
            round(forecast_low, 1), round(forecast_high, 1)
        from marts.mart_indicator where indicator_code in ('TRAM', 'PHU') order by 1 desc
        """
    ).fetchall()
    # 51,720 stations in 61 days; of four values of coverage the interval is wide, and says so.
    assert found == [("TRAM", 25807, None, None, None), ("PHU", 25, 40.9, 25.9, 55.8)]


def test_feedback_counts_working_days_and_sees_what_came_back(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    found = marts.execute(
        """
        select feedback_code, organisation_code, named_code, due_on::varchar, due_basis,
            status_class, working_days_open, is_forwarded_in_time, is_returned, is_from_locality
        from marts.fct_feedback order by 1
        """
    ).fetchall()
    # Fifteen working days after 29 August, with National Day on 1 and 2 September.
    assert found == [
        ("PA-1", "G12", "G12", "2025-09-23", "limit", "answered_late", 16, True, True, False),
        ("PA-2", "G06", "G14", "2025-12-22", "limit", "open_overdue", 18, None, False, True),
    ]
    late = marts.execute(
        "select returned, answered_late, answered_on_time_rate from marts.mart_feedback "
        "where organisation_code = 'VN' and kind = 'feedback'"
    ).fetchone()
    assert late == (1, 1, 0.0)


@pytest.mark.parametrize(
    ("task_key", "lead", "named"),
    [
        ("bo-g06/Z3", "G06", "G14"),  # changed on 1 December to a ministry that ended in February
        ("bo-g06/Z6", "15", "15"),  # Yên Bái, whose code is now Lào Cai's
        ("bo-g06/Z4", "G12", "G12"),  # G12.18, a unit of it
        ("bo-g06/Z5", "38", "38"),  # 000.00.00.H56, the form of QCVN 102:2016
        ("tinh-01/X9", "00097", "00001"),  # Phường Phúc Xá, a commune until 30 June 2025
        ("tinh-01/B6", "00097", "00097"),
    ],
)
def test_a_lead_of_another_time_or_form_is_the_body_of_today(
    marts: duckdb.DuckDBPyConnection, task_key: str, lead: str, named: str
) -> None:
    found = marts.execute(
        "select lead_code, lead_named_code from marts.dim_task where task_key = ?", [task_key]
    ).fetchone()
    assert found == (lead, named)


def test_a_predecessor_keeps_its_own_row_beside_the_successor(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    found = marts.execute(
        "select organisation_code, name, current_code, tasks from marts.mart_scorecard_as_named "
        "where not is_current order by 1"
    ).fetchall()
    assert found == [
        ("00001", "Phường Phúc Xá", "00097", 1),
        ("15", "Tỉnh Yên Bái", "15", 1),
        ("G14", "Bộ Thông tin và Truyền thông", "G06", 1),
    ]


def test_movement_is_told_under_the_predecessor_and_under_the_successor(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    # On 1 December the text of Z3 came to name the ministry that ended in February.
    named = marts.execute(
        "select organisation_code, period, tasks_then, tasks_renamed_here, tasks_renamed_away, "
        "newly_assigned, tasks_now, cohort_tasks from marts.mart_movement_as_named "
        "where organisation_code = 'G14' and is_comparable order by since_date desc"
    ).fetchall()
    assert named == [
        ("G14", "day", 1, 0, 0, 0, 1, 1),
        ("G14", "week", 1, 0, 0, 0, 1, 1),
        ("G14", "month", 0, 1, 0, 0, 1, 1),
        ("G14", "baseline", 0, 1, 0, 0, 1, 1),
    ]
    assert marts.execute(
        "select tasks_renamed_away from marts.mart_movement_as_named "
        "where organisation_code = 'G06' and period = 'month'"
    ).fetchall() == [(1,)]


# What was printed wrong: 21 of the 24 named; a rate that no two of the numbers beside it give.
WRONG = {"f8": [("open_overdue", 24)], "f1": [("overdue_rate", 1.02)]}


@pytest.mark.parametrize("source", DECLARED)
def test_printed_totals_come_out_or_are_told_as_differences(
    marts: duckdb.DuckDBPyConnection, source: str
) -> None:
    found = marts.execute(
        "select measure, declared, computed, difference from marts.mart_reconciliation "
        "where source = ?",
        [source],
    ).fetchall()
    assert {measure: declared for measure, declared, _, _ in found} == DECLARED[source]
    wrong = [(measure, computed) for measure, _, computed, difference in found if difference]
    assert wrong == WRONG.get(source, [])


def test_of_the_recurring_tasks_of_may_2025_thirty_had_results(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    found = marts.execute(
        "select count(*), count(*) filter (where has_result) from marts.fct_task_period "
        "where starts_with(task_key, 'f7/') and period = '2025'"
    ).fetchall()
    assert found == [(42, 30)]


CONTRADICTIONS = {
    ("task_circle", "bo-g06/C1"),
    ("task_circle", "bo-g06/C2"),
    ("document_circle", "10/KH-A"),
    ("document_circle", "20/KH-B"),
    ("deadline_before_assignment", "bo-g06/Z1"),
    ("completion_in_future", "bo-g06/Z2"),
    ("lead_dissolved", "bo-g06/Z3"),
    ("lead_dissolved", "bo-g06/Z6"),
    ("lead_dissolved", "tinh-01/X9"),
    ("task_code_twice", "bo-g06/X9"),
    ("task_code_twice", "tinh-01/X9"),
    ("body_ended", "KHONGGOP|00001|202509"),
    ("feedback_to_ended_body", "tinh-01/PA-2"),
    ("unit_changed", "DONVI"),
    ("magnitude_jump", "PHAY|VN|202509"),
}


def test_each_contradiction_has_a_row_and_an_outcome(marts: duckdb.DuckDBPyConnection) -> None:
    found = marts.execute(
        "select problem, subject from marts.mart_input_problem where outcome_vi != ''"
    ).fetchall()
    assert set(found) == CONTRADICTIONS
    assert len(found) == len(CONTRADICTIONS)


def test_contradictions_come_out_as_their_outcome_says(marts: duckdb.DuckDBPyConnection) -> None:
    found = marts.execute(
        "select task_key, status_class from marts.fct_task_status where task_key in "
        "('bo-g06/C1', 'bo-g06/Z1', 'bo-g06/Z2', 'bo-g06/X9', 'tinh-01/X9') order by 1"
    ).fetchall()
    assert found == [
        ("bo-g06/C1", "open_in_term"),
        ("bo-g06/X9", "open_in_term"),
        ("bo-g06/Z1", "open_overdue"),
        ("bo-g06/Z2", "open_in_term"),
        ("tinh-01/X9", "open_in_term"),
    ]
