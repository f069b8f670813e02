"""Scores, their sums and what became of refused rows, of the morning of 15 October 2025."""

from __future__ import annotations

import duckdb


def test_scores_of_a_source_dataset_and_day(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        "select source, status, round(completeness, 6), timeliness, round(validity, 6), uniqueness,"
        " consistency, round(overall, 6) from marts.mart_quality "
        "where dataset in ('tasks', 'progress') and is_latest order by 1, 2"
    ).fetchall()
    assert found == [
        ("bo-g06", "duplicate", 1, 1, 1, 1, 1, 1),
        ("bo-g12", "late", 1, 0.5, 1, 1, 1, 0.875),
        ("tinh-40", "nothing_arose", None, 1, None, None, None, 1),
        ("tinh-40", "refused", None, 0, 0, None, None, 0),
        ("vpcp", "on_time", 0.947368, 1, 0.894737, 1, 1, 0.960526),
        ("xa-00004", "missing", None, 0, None, None, None, 0),
        ("xa-00008", "missing", None, 0, None, None, None, 0),
        ("xa-00008", "refused", None, 0, None, None, None, 0),
    ]


def test_history_is_kept_by_day(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        "select business_date::varchar, timeliness, consistency, uniqueness "
        "from marts.mart_quality where business_date < '2025-10-13' and "
        "(source, dataset) in (('vpcp', 'tasks'), ('bo-g06', 'progress'))"
        " order by 1"
    ).fetchall()
    assert found == [
        ("2025-10-01", 1, 1, 5 / 6),
        ("2025-10-05", 1, 0.5, 1),
        ("2025-10-12", 1, 1, 1),
    ]


def test_sums_are_shared_anew_at_every_level(morning: duckdb.DuckDBPyConnection) -> None:
    day = "business_date = '2025-10-15'"
    levels = morning.execute(
        f"select level, count(*), sum(rows_received), sum(obligations) "
        f"from marts.mart_quality_summary where {day} group by all order by 1"
    ).fetchall()
    rows, obligations = morning.execute(
        f"select sum(rows_received), sum(obligations) from marts.mart_quality where {day}"
    ).fetchone() or (0, 0)
    assert [(level, *sums) for level, _, *sums in levels] == [
        (level, rows, obligations) for level in ("dataset", "nation", "organisation", "source")
    ]
    nation = morning.execute(
        f"select completeness, absent from marts.mart_quality_summary where {day} and code = 'VN'"
    ).fetchone()
    assert nation == (1 - 1 / rows, 3)


def test_the_standing_is_of_what_each_last_owed_or_sent(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        "select code, organisation_code, obligations, late, absent "
        "from marts.mart_quality_standing where level = 'source' order by 1"
    ).fetchall()
    assert found == [
        ("bo-g06", "G06", 4, 0, 0),
        ("bo-g12", "G12", 1, 1, 0),
        ("tinh-40", "40", 2, 0, 1),
        ("vpcp", "G22", 3, 0, 0),
        ("xa-00004", "00004", 1, 0, 1),
        ("xa-00008", "00008", 2, 0, 2),
    ]


def test_refused_rows_stay_open_while_the_export_holds_them(
    morning: duckdb.DuckDBPyConnection,
) -> None:
    found = morning.execute(
        "select record_key, check_id, state, first_seen_on::varchar, last_seen_on::varchar, "
        "days_open, is_matchable from marts.mart_reject_history order by 2"
    ).fetchall()
    assert found == [
        (None, "file.extra_cells", "open", "2025-10-14", "2025-10-15", 1, False),
        ("T12", "tasks.assigned_on_date", "open", "2025-10-14", "2025-10-15", 1, True),
    ]


def test_a_short_past_marks_nothing(morning: duckdb.DuckDBPyConnection) -> None:
    assert morning.execute("from marts.mart_quality_anomaly").fetchall() == []
