"""The marts say what the semantic layer says, for every measure and rate it defines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pytest

from task_warehouse.errors import UsageError
from task_warehouse.metrics import Metrics

TASKS = (
    "tasks", "completed_on_time", "completed_late", "completed_undated", "open_in_term",
    "open_overdue", "open_undated", "due_in_3_days", "due_in_7_days", "suspended",
    "never_reported", "completion_rate", "on_time_rate", "overdue_rate", "due_completion_rate",
)  # fmt: skip
# Sums that stand in no column of their own.
SUMS = {
    "completed": "completed_on_time + completed_late + completed_undated",
    "completed_dated": "completed_on_time + completed_late",
    "due_tasks": "completed_on_time + completed_late + completed_undated + open_overdue",
}
FEEDBACK = ("received", "answered", "answered_on_time", "answered_late", "open", "open_overdue",
            "published", "forwarded", "forwarded_in_time", "returned", "from_localities",
            "from_localities_answered")  # fmt: skip
FOUND = ("completed_without_evidence", "evidence_reused", "percent_fell", "text_repeated",
         "label_disagrees", "deadline_moved_after_due", "reopened", "silent_tasks", "vanished",
         "last_hour_updates", "baselines_reset", "units_changed")  # fmt: skip
MOVED = ("tasks_then", "tasks_now", "newly_assigned", "gone", "completed_then", "completed_now",
         "newly_completed", "reopened", "completed_gone", "overdue_then", "overdue_now",
         "newly_overdue", "left_overdue", "extended", "cohort_tasks", "cohort_completed_then",
         "cohort_completed_now", "cohort_overdue_then", "cohort_overdue_now")  # fmt: skip
MOMENTS = [f"{cohort}{{}}_{moment}" for cohort in ("", "cohort_") for moment in ("then", "now")]
MOVED_RATES = [
    each.format(rate) for each in MOMENTS
    for rate in ("completion_rate", "overdue_rate", "due_completion_rate")
]  # fmt: skip
MOVED_SUMS = {
    each.format("due"): f"{each.format('completed')} + {each.format('overdue')}" for each in MOMENTS
}
JUDGED = ("met", "on_course", "uncertain", "off_course", "missed")
SENT = ("on_time", "late", "missing", "refused", "held", "duplicate", "nothing_arose")
ROWS = ("rows_received", "rows_accepted", "rows_rejected", "rows_duplicate", "rows_warned",
        "rows_held", "secret_rows")  # fmt: skip
SCORES = ("completeness", "timeliness", "validity", "uniqueness", "consistency", "overall",
          "anomalies", "late", "absent", "obligations", "punctual",
          *(name for name in ROWS if name not in ("rows_held", "secret_rows")),
          "rows_judged", "rows_readable", "rows_stated", "rows_incomplete", "rows_invalid",
          "rows_repeated", "rows_inconsistent", "rows_untimely")  # fmt: skip
QUALITY = {f"quality_{name}": name for name in SCORES}
TOLD = "report_count > 0"
OWED = f"{TOLD} or state = 'missing'"


@dataclass(frozen=True)
class Mart:
    """Where a mart holds metrics: what each is in it, and how both are asked."""

    holds: Mapping[str, str]
    rows: str
    by: Sequence[str] = ()
    keys: Sequence[str] = ()
    where: str | None = None


def _counted(condition: str) -> str:
    return f"count(*) filter (where {condition})"


MARTS = {
    "nation": Mart(
        {**{name: name for name in TASKS}, **SUMS},
        "mart_scorecard where organisation_code = 'VN'",
    ),
    "bodies": Mart(
        {f"led_{name}": what for name, what in {**{n: n for n in TASKS}, **SUMS}.items()},
        "mart_scorecard where organisation_code != 'VN' and tasks > 0",
        ["responsibility__organisation_code"],
        ["organisation_code"],
    ),
    "feedback": Mart(
        {
            **{f"feedback_{name}": name for name in FEEDBACK},
            "feedback_answered_dated": "answered_on_time + answered_late",
            "answered_on_time_rate": "answered_on_time_rate",
        },
        "mart_feedback where organisation_code = 'VN'",
        ["item__kind"],
        ["kind"],
    ),
    "substance": Mart(
        {
            **{f"found_{name}": name for name in FOUND},
            "tasks_judged": "tasks_judged",
            "tasks_with_findings": "tasks_with_findings",
            "tasks_without_findings": "tasks_judged - tasks_with_findings",
            "substance_rate": "substance_rate",
        },
        "mart_substance",
        ["judged_body__organisation_code"],
        ["organisation_code"],
    ),
    "movement": Mart(
        {f"moved_{name}": what for name, what in
         {**{n: n for n in (*MOVED, *MOVED_RATES)}, **MOVED_SUMS}.items()},
        "mart_movement",
        ["moved_body__organisation_code", "moved_body__period"],
        ["organisation_code", "period"],
    ),
    "bottlenecks": Mart(
        {
            "stuck_tasks": "count(*)",
            "stuck_waiting": _counted("is_waiting"),
            "stuck_extended_again": _counted("is_extended_again"),
            "stuck_silent": _counted("is_silent"),
        },
        "mart_bottleneck group by lead_code, reason",
        ["stuck_task__lead_code", "stuck_task__reason"],
        ["lead_code", "reason"],
    ),
    "indicators": Mart(
        {
            "indicators_listed": "count(*)",
            **{f"indicators_{name}": _counted(f"judgement = '{name}'") for name in JUDGED},
            "indicators_not_judged": _counted("judgement = 'cannot_be_judged'"),
        },
        "mart_indicator group by organisation_code",
        ["indicator_of_body__organisation_code"],
        ["organisation_code"],
    ),
    "periods": Mart(
        {
            "periods_begun": "count(*)",
            "periods_reported": _counted(TOLD),
            "periods_missing": _counted("state = 'missing'"),
            "periods_owed": _counted(OWED),
            "period_reporting_rate": f"{_counted(TOLD)} / nullif({_counted(OWED)}, 0)",
        },
        "fct_task_period group by lead_code",
        ["task_period__lead_code"],
        ["lead_code"],
    ),
    "reporting": Mart(
        {
            "exports_expected": _counted("expected"),
            **{f"exports_{status}": _counted(f"status = '{status}'") for status in SENT},
            **{name: f"sum({name})::bigint" for name in ROWS},
        },
        "mart_reporting group by dataset",
        ["obligation__dataset"],
        ["dataset"],
    ),
    "quality": Mart(
        QUALITY,
        "mart_quality_summary where level = 'source'",
        ["scored_export__business_date__day", "scored_export__source"],
        ["business_date::timestamp", "code"],
    ),
    "standing of datasets": Mart(
        QUALITY,
        "mart_quality_standing where level = 'dataset'",
        ["scored_export__dataset"],
        ["code"],
        "{{ Dimension('scored_export__is_latest') }}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MARTS)
def test_a_mart_is_what_the_semantic_layer_says(
    marts: duckdb.DuckDBPyConnection, metrics: Metrics, name: str
) -> None:
    mart = MARTS[name]
    stored = marts.execute(
        f"select {', '.join([*mart.keys, *mart.holds.values()])} from marts.{mart.rows} "
        + (f"order by {', '.join(mart.keys)}" if mart.keys else "")
    ).fetchall()
    columns, answered = metrics.ask(list(mart.holds), mart.by, mart.where)
    assert columns == [*mart.by, *mart.holds]
    assert answered == stored
    assert answered


def test_each_kind_of_task_is_counted_apart(metrics: Metrics) -> None:
    _, answered = metrics.ask(["tasks", "completed"], ["task__kind"])
    assert [row for row in answered if row[0] != "task"] == [
        ("cooperation", 1, 0),
        ("event", 1, 1),
        ("research", 1, 1),
    ]


def test_every_metric_is_held_against_a_mart(metrics: Metrics) -> None:
    defined = dict(metrics.defined())
    assert defined.keys() == {name for mart in MARTS.values() for name in mart.holds}
    assert [name for name, text in defined.items() if " / " not in text] == []


def test_a_metric_that_nobody_defined_is_refused_with_its_place(metrics: Metrics) -> None:
    with pytest.raises(UsageError) as caught:
        metrics.ask(["happiness_rate"])
    assert "_semantic.yml" in str(caught.value.remedy)
