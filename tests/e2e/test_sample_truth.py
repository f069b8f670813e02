"""The sample through HTTP, folders and Airflow: marts against the truth it was made from.

The truth is the generator's, not what the pipeline said about its exports. Whether thresholds are
fair to other countries than this one too: ``SAMPLE_SEED=58 SAMPLE_TASKS=6000`` and ``pytest -s``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.e2e.conftest import Root

CLASSES = (
    "completed_on_time",
    "completed_late",
    "completed_undated",
    "open_in_term",
    "open_overdue",
    "open_undated",
)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Root:
    home = tmp_path_factory.mktemp("sample") / "home"
    root = Root(home, home / "sample/sources")
    chosen = (os.environ.get("SAMPLE_TASKS", "800"), os.environ.get("SAMPLE_SEED", "57"))
    done = root.command("demo", "--tasks", chosen[0], "--seed", chosen[1])
    assert done.returncode == 0, done.stdout + done.stderr
    for said in (
        "exports expected",
        "held for a person",
        "open overdue",
        "Time by step",
        "index.html",
    ):
        assert said in done.stdout
    return root


@pytest.fixture(scope="module")
def ask(sample: Root) -> Any:
    """Ask marts and truth together: ``truth('<table>')`` in the SQL is a file of the truth."""
    connection = duckdb.connect()
    database = (sample.home / "published/current").resolve() / "warehouse.duckdb"
    connection.execute(f"attach '{database}' as warehouse (read_only)")
    connection.execute("set search_path = 'warehouse.marts'")
    for path in (sample.home / "sample/truth").glob("*.csv"):
        connection.execute(
            f"create temp view truth_{path.stem} as "
            f"from read_csv('{path}', all_varchar = true, header = true)"
        )
    yield lambda sql: connection.execute(sql).fetchall()
    connection.close()


def test_every_organisation_has_the_classes_it_truly_has(ask: Any) -> None:
    differs = " or ".join(
        f"cast(t.{name} as bigint) is distinct from m.{name}" for name in ("tasks", *CLASSES)
    )
    assert (
        ask(f"""
        select coalesce(t.organisation_code, m.organisation_code)
        from truth_scorecard as t
        full join (from mart_scorecard where tasks > 0) as m
            on t.organisation_code = m.organisation_code
        where {differs}
    """)
        == []
    )
    assert ask("select tasks > 500 from mart_scorecard where organisation_code = 'VN'") == [(True,)]


def test_every_task_has_its_true_class_deadline_completion_and_lead(ask: Any) -> None:
    assert (
        ask("""
        select t.source, t.task_code, t.status_expected, f.status_class
        from (from truth_tasks where is_expected = 'true') as t
        full join (from dim_task join fct_task_status using (task_key)) as f
            on t.source = f.source and t.task_code = f.task_code
        where t.status_expected is distinct from f.status_class
            or cast(t.due_on as date) is distinct from f.due_on
            or cast(t.completed_on_expected as date) is distinct from f.completed_on
            or t.lead_code is distinct from f.lead_code
    """)
        == []
    )


def test_every_delivery_has_the_rows_it_truly_had(sample: Root, ask: Any) -> None:
    ledger, receipts = sample.home / "ledger", sample.home / "receipts"
    # A delivery that could not be opened has no rows anyone could count.
    assert (
        ask(f"""
        with seen as (
            select r.original_name, l.*
            from read_parquet('{ledger}/*.parquet') as l
            join read_parquet('{receipts}/*/*.parquet') as r using (delivery_id)
            where r.outcome = 'landed' and coalesce(l.reason_code, '') not like 'file.%'
        )
        select t.source, t.dataset, t.delivery
        from truth_deliveries as t
        join seen on seen.source = t.source and seen.dataset = t.dataset
            and seen.original_name = t.delivery
        where t.arrives = 'true'
            and (cast(t.rows_received as bigint), cast(t.rows_accepted as bigint),
                 cast(t.rows_rejected as bigint), cast(t.rows_duplicate as bigint),
                 cast(t.rows_held as bigint))
            is distinct from (seen.rows_received, seen.rows_accepted,
                 seen.rows_rejected, seen.rows_duplicate, seen.rows_held)
    """)
        == []
    )


def test_every_planted_row_defect_is_refused_and_nothing_else(ask: Any) -> None:
    planted = ask(
        "select coalesce(sum(cast(rows as bigint)), 0) from truth_defects "
        "where consequence = 'rejected'"
    )
    refused = ask("""
        select count(distinct (delivery_id, record)) from mart_reject
        where record is not null and severity = 'error'
    """)
    assert refused == planted


def test_no_score_is_low_without_a_planted_cause(ask: Any) -> None:
    assert (
        ask("""
        select m.source, m.dataset, m.business_date, m.overall
        from mart_quality as m
        join truth_reporting as t
            on t.source = m.source and t.dataset = m.dataset
            and cast(t.business_date as date) = m.business_date
        where t.status in ('on_time', 'nothing_arose') and t.needs_earlier_run = 'false'
            and m.overall < 1 and (m.source, m.dataset, m.business_date) not in (
                select (source, dataset, cast(business_date as date)) from truth_defects
            )
            and (m.source, m.dataset) not in (
                select (source, dataset) from truth_control_totals where is_wrong = 'true'
            )
    """)
        == []
    )
    assert ask("from mart_quality_anomaly") == []


def test_every_planted_row_defect_lowers_the_score_of_its_day(ask: Any) -> None:
    assert (
        ask("""
        select d.source, d.dataset, d.defect
        from truth_defects as d
        left join mart_quality as m
            on d.source = m.source and d.dataset = m.dataset
            and cast(d.business_date as date) = m.business_date
        where d.consequence = 'rejected' and coalesce(m.overall, 1) = 1
    """)
        == []
    )


def test_substance_finds_what_was_planted_and_nothing_honest(ask: Any) -> None:
    measured = ask("""
        with planted as (
            select finding, source || '/' || task_code as task_key from truth_findings
        ),
        found as (select distinct finding, task_key from mart_finding where task_key is not null)
        select coalesce(p.finding, f.finding) as finding, count(p.task_key) as planted,
            count(*) filter (where p.task_key = f.task_key) as found,
            count(*) filter (where p.task_key is null) as false_alarms
        from planted as p full join found as f on p.finding = f.finding and p.task_key = f.task_key
        group by all order by all
    """)
    for finding, planted, found, alarms in measured:
        print(f"{finding}: {found} of {planted} planted found, {alarms} false alarms")
    assert [row for row in measured if row[3]] == []
    # A system that only writes "completed" hides whether that was in time.
    least = {"label_disagrees": 0.5}
    weak = [row for row in measured if row[2] < least.get(row[0], 1.0) * row[1]]
    assert weak == []


def test_indicator_values_and_feedback_are_all_there(ask: Any) -> None:
    for mart, truth in (
        ("fct_indicator_value", "truth_indicator_values"),
        ("fct_feedback", "truth_feedback"),
    ):
        expected = ask(f"select count(*) from {truth} where is_accepted = 'true'")
        assert ask(f"select count(*) from {mart}") == expected, mart


def test_every_source_reported_as_it_truly_did(ask: Any) -> None:
    assert (
        ask("""
        select t.source, t.dataset, t.status, m.status
        from truth_reporting as t
        left join mart_reporting as m
            on t.source = m.source and t.dataset = m.dataset
            and cast(t.business_date as date) = m.business_date
        where t.status is distinct from m.status and t.needs_earlier_run = 'false'
    """)
        == []
    )


def test_secret_rows_are_nowhere_under_the_data_root(sample: Root) -> None:
    secret = _secret_titles(sample.home / "sample")
    assert secret
    needles = [title.encode() for title in secret]
    for path in sample.home.rglob("*"):
        if path.is_file() and sample.home / "sample" not in path.parents:
            content = path.read_bytes()
            assert not [needle for needle in needles if needle in content], path


def test_no_token_is_anywhere_but_in_the_environment(sample: Root) -> None:
    for path in (sample.home / "receipts").rglob("*.parquet"):
        assert b"Bearer" not in path.read_bytes()


def _secret_titles(folder: Path) -> list[str]:
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select source, delivery from read_csv(?, all_varchar = true) "
            "where defect = 'secret_rows'",
            [str(folder / "truth/defects.csv")],
        ).fetchall()
    titles = []
    for source, delivery in rows:
        for path in (folder / "exports" / source).rglob(delivery):
            lines = path.read_bytes().decode("utf-8-sig").splitlines()
            # The header names the column of marks; every export of that habit has it.
            titles += [line for line in lines[1:] if "mật" in line.casefold()]
    return titles
