"""The truth beside the sample adds up, names every defect, and tells one world day by day."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date

from written_sample import AS_OF, Written

from task_warehouse.sample import truth
from task_warehouse.sample.defects import DELIVERY_DEFECTS, ROW_DEFECTS
from task_warehouse.sample.organisations import SEEDS, load_registry
from task_warehouse.sample.reports import class_of


def _scorecard(written: Written) -> dict[str, dict[str, int]]:
    return {
        row["organisation_code"]: {
            name: int(value) for name, value in row.items() if name != "organisation_code"
        }
        for row in written.truth("scorecard")
    }


def test_classes_sum_to_tasks(sample: Written) -> None:
    card = _scorecard(sample)
    for code, counts in card.items():
        assert sum(counts[name] for name in truth.CLASSES) == counts["tasks"], code
    expected = [row for row in sample.truth("tasks") if row["is_expected"] == "true"]
    assert card["VN"]["tasks"] == len(expected)
    assert card["VN"] == {
        "tasks": len(expected),
        **{name: sum(row["status_expected"] == name for row in expected) for name in truth.CLASSES},
    }


def test_the_scorecard_follows_from_leads(sample: Written) -> None:
    expected = {
        (row["source"], row["task_code"]): row["status_expected"]
        for row in sample.truth("tasks")
        if row["is_expected"] == "true"
    }
    counts: Counter[tuple[str, str]] = Counter()
    for row in sample.truth("task_organisations"):
        status = expected.get((row["source"], row["task_code"]))
        if status and row["role"] in ("lead", "co_lead"):
            counts[row["organisation_code"], status] += 1
    for code, found in _scorecard(sample).items():
        if code != "VN":
            assert {name: counts[code, name] for name in truth.CLASSES} == {
                name: found[name] for name in truth.CLASSES
            }


def test_every_class_and_every_form_of_lead_occurs(sample: Written) -> None:
    tasks = sample.truth("tasks")
    assert {row["status_expected"] for row in tasks} == set(truth.CLASSES)
    assert {row["lead_form"] for row in tasks} == {
        "own", "single", "commune", "locality", "list", "collective", "dissolved", "unresolved",
    }  # fmt: skip
    assert {row["kind"] for row in tasks} == {"task", "research", "cooperation", "event"}


def test_status_follows_from_the_dates(sample: Written) -> None:
    def day(text: str) -> date | None:
        return date.fromisoformat(text) if text else None

    for row in sample.truth("tasks"):
        due_on = day(row["due_on"])
        assert row["status_expected"] == class_of(day(row["completed_on_expected"]), due_on, AS_OF)
        assert row["status_true"] == class_of(day(row["completed_on_true"]), due_on, AS_OF)
        assert row["assigned_on"] <= AS_OF.isoformat()


def test_printed_deadlines_keep_the_shares_of_the_real_list(sample: Written) -> None:
    texts = [
        row["deadline_text"] for row in sample.truth("tasks")
        if row["source"] == "bo-g22" and row["due_precision"] != "day"
    ]  # fmt: skip
    shares = {text: count / len(texts) for text, count in Counter(texts).items()}
    assert 0.3 < shares["2025"] < 0.55
    assert 0.05 < shares["12/2025"] < 0.16
    assert 0.05 < sum(shares.get(t, 0) for t in ("Thường xuyên", "Nhiệm vụ thường xuyên")) < 0.16
    assert any("Quý" in text or "Tháng" in text for text in shares)
    assert len(shares) >= 15


def test_every_organisation_exists_in_the_seed(sample: Written) -> None:
    with (SEEDS / "organisations.csv").open(encoding="utf-8", newline="") as stream:
        known = {row["organisation_code"] for row in csv.DictReader(stream)} | {"UNRESOLVED"}
    for table in ("task_organisations", "scorecard", "feedback", "indicator_values"):
        assert {row["organisation_code"] for row in sample.truth(table)} <= known, table
    registry = load_registry()
    kinds = Counter(org.kind for org in registry.current.values())
    assert kinds["ministry"] + kinds["agency"] == 22
    assert (kinds["province"], kinds["commune"]) == (34, 3321)


def test_every_lead_that_is_one_body_is_written_as_the_seeds_know_it(sample: Written) -> None:
    known: set[str] = set()
    for name, column in (("organisations", "name_vi"), ("organisation_aliases", "alias")):
        with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                known |= {row["organisation_code"], row[column]}
    for row in sample.truth("tasks"):
        if row["lead_form"] not in ("list", "unresolved"):
            assert row["lead_text"] in known, row
        if row["lead_form"] == "unresolved":
            assert row["lead_text"] not in known


def test_every_planned_defect_is_planted(sample: Written) -> None:
    planted = sample.truth("defects")
    found = Counter((row["defect"], row["dataset"]) for row in planted)
    for defect in ROW_DEFECTS:
        assert found[defect.kind, defect.dataset] >= 1, defect
    for whole in DELIVERY_DEFECTS:
        sources = {
            row["source"] for row in planted
            if row["defect"] == whole.kind and whole.dataset in (row["dataset"], "*")
        }  # fmt: skip
        assert len(sources) == whole.systems, whole


def test_a_system_that_is_down_is_down_for_all_it_owes(sample: Written) -> None:
    """Also for what it would only have said nothing about (seed 2030 has such a commune)."""
    down = {row["source"] for row in sample.truth("defects") if row["defect"] == "server_error"}
    owed = {row["status"] for row in sample.truth("reporting") if row["source"] in down}
    assert down
    assert owed == {"missing"}


def test_a_slow_system_has_nothing_to_say_where_nothing_arose(sample: Written) -> None:
    slow = [row for row in sample.truth("reporting") if row["defect"] == "slow"]
    assert {row["status"] for row in slow} == {"on_time", "nothing_arose"}


def test_the_share_of_defects_is_the_one_asked_for(sample: Written) -> None:
    rows = len(sample.truth("reports"))
    planned = {d.kind for d in ROW_DEFECTS if d.dataset == "progress"}
    planted = sum(
        row["dataset"] == "progress" and row["defect"] in planned for row in sample.truth("defects")
    )
    assert 0.012 < planted / rows < 0.024


def test_deliveries_balance(sample: Written) -> None:
    for row in sample.truth("deliveries"):
        parts = (int(row[f"rows_{name}"]) for name in ("accepted", "rejected", "duplicate", "held"))
        assert int(row["rows_received"]) == sum(parts), row


def test_no_class_hangs_on_a_refused_row(sample: Written) -> None:
    """Where no delivery was lost, what is known of a task is what its body told."""
    lost = {
        (row["source"], row["dataset"])
        for row in sample.truth("deliveries")
        if row["accepted_whole"] == "false"
    }
    reporters = {
        (row["task_source"], row["task_code"]): row["source"] for row in sample.truth("reports")
    }
    compared = 0
    for row in sample.truth("tasks"):
        reporter = reporters.get((row["source"], row["task_code"]), row["source"])
        if row["is_expected"] == "true" and (reporter, "progress") not in lost:
            assert row["status_expected"] == row["status_told"]
            compared += 1
    assert compared > 2000


def test_the_next_day_is_the_same_world_a_day_older(sample: Written, next_day: Written) -> None:
    def keys(written: Written, table: str, *columns: str) -> set[tuple[str, ...]]:
        return {tuple(row[c] for c in columns) for row in written.truth(table)}

    for table, columns in (
        ("tasks", ("source", "task_code", "title", "lead_text", "assigned_on")),
        ("reports", ("source", "task_code", "reported_on", "percent_complete", "completed_on")),
        ("feedback", ("source", "feedback_code", "kind", "received_on")),
        ("indicator_values", ("source", "indicator_code", "organisation_code", "period", "value")),
        ("documents", ("document_code", "parent_code")),
        ("defects", ("source", "dataset", "key", "defect")),
    ):
        today, tomorrow = keys(sample, table, *columns), keys(next_day, table, *columns)
        if table == "defects":
            today = {key for key in today if key[3] not in ("late",)}
        assert today <= tomorrow, (table, sorted(today - tomorrow)[:3])
        if table == "reports":
            assert len(today) < len(tomorrow)
    assert {p.name for p in (sample.folder / "sources").iterdir()} == {
        p.name for p in (next_day.folder / "sources").iterdir()
    }


def test_what_is_late_arrives_the_next_day(sample: Written, next_day: Written) -> None:
    late = [row for row in sample.truth("deliveries") if row["defect"] == "late"]
    monthly = next(row for row in late if row["dataset"] == "progress")
    place = ("exports", monthly["source"], monthly["delivery"])
    assert monthly["business_date"] == AS_OF.isoformat()
    assert not sample.folder.joinpath(*place).exists()
    assert next_day.folder.joinpath(*place).exists()
    daily = next(row for row in late if row["dataset"] == "feedback")
    day_before = sample.folder / "exports" / daily["source"]
    assert list(day_before.glob("phan_anh_kien_nghi_20251113.*"))
    assert not list(day_before.glob("phan_anh_kien_nghi_20251114.*"))
    day_after = next_day.folder / "exports" / daily["source"]
    assert list(day_after.glob("phan_anh_kien_nghi_20251114.*"))


def test_documents_cascade_from_the_resolution(sample: Written) -> None:
    documents = sample.truth("documents")
    codes = [row["document_code"] for row in documents]
    assert len(set(codes)) == len(codes)
    assert {row["root_code"] for row in documents} == {"57-NQ/TW"}
    assert max(int(row["depth"]) for row in documents) == 3
    assert all(row["parent_code"] in codes for row in documents if row["parent_code"])
    used = {row["document_code"] for row in sample.truth("tasks")}
    assert used <= set(codes)


def test_some_control_totals_are_wrong_on_purpose(sample: Written) -> None:
    totals = sample.truth("control_totals")
    wrong = [row for row in totals if row["is_wrong"] == "true"]
    assert 0 < len(wrong) < len(totals) / 3
    for row in wrong:
        if row["measure"] == "rows":
            assert int(row["declared"]) > int(row["computed"]), row
    assert {row["measure"] for row in totals} == {"rows", "completed", "overdue"}


def test_what_nobody_could_have_seen_is_said(sample: Written, next_day: Written) -> None:
    """The default morning is itself a due day, so that late and missing show in a first run."""
    statuses = {row["status"] for row in sample.truth("reporting")}
    assert statuses == {"on_time", "missing", "refused", "held", "nothing_arose"}
    assert not [row for row in sample.truth("reporting") if row["needs_earlier_run"] == "true"]
    early = [row for row in next_day.truth("reporting") if row["needs_earlier_run"] == "true"]
    assert {(row["status"], row["business_date"]) for row in early} == {
        ("late", AS_OF.isoformat()), ("missing", AS_OF.isoformat()),
    }  # fmt: skip
