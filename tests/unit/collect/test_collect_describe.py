"""The list of sources: what is expected, what came, since when one is silent."""

from __future__ import annotations

from datetime import date
from typing import Any

from collecting_bench import Bench
from misbehaving_server import says

from task_warehouse.sources import describe

FINGERPRINT = "SHA256:" + "A" * 43


def rows(bench: Bench, as_of: date) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (row["source"], row["dataset"]): row for row in describe(bench.home, bench.sources, as_of)
    }


def test_nothing_collected_yet(bench: Bench) -> None:
    bench.declare_text(
        """\
        source: bo-g06
        organisation: G06
        valid_from: 2025-06-28
        defaults: {transport: folder}
        datasets:
          tasks: {path: drop}
          progress: {path: other, cadence: monthly, due_day: 10}
        """
    )
    said = rows(bench, date(2025, 7, 1))
    assert said["bo-g06", "tasks"] == {
        "source": "bo-g06",
        "family": None,
        "organisation": "G06",
        "dataset": "tasks",
        "transport": "folder",
        "address": "drop/*",
        "secret": None,
        "cadence": "daily",
        "state": "active",
        "valid_from": date(2025, 6, 28),
        "valid_to": None,
        "expected": True,
        "last_came": None,
        "last_landed": None,
        "silent_since": date(2025, 6, 28),
        "last_outcome": None,
        "failing_since": None,
        "reason": None,
    }
    assert said["bo-g06", "progress"]["expected"] is False
    assert said["bo-g06", "progress"]["silent_since"] is None


def test_silent_since_the_first_day_owed_that_did_not_come(bench: Bench) -> None:
    bench.declare(
        tasks=bench.folder(business_date={"from_name": r"_(?P<date>\d{8})"}),
        progress=bench.folder("weekly", cadence="weekly", due_day="monday"),
    )
    bench.drop("tasks_20250701.csv", "a\n")
    for day in (1, 2, 3):
        bench.collect(date(2025, 7, day))
    said = rows(bench, date(2025, 7, 8))
    tasks, progress = said["bo-g06", "tasks"], said["bo-g06", "progress"]
    assert tasks["last_came"] == date(2025, 7, 1)
    assert tasks["silent_since"] == date(2025, 7, 2)
    assert tasks["last_outcome"] == "missing"
    assert "No file matches" in tasks["reason"]
    assert tasks["last_landed"] is not None
    assert progress["silent_since"] == date(2025, 7, 7)
    assert rows(bench, date(2025, 7, 1))["bo-g06", "tasks"]["silent_since"] is None


def test_nothing_arose_is_not_silence(bench: Bench, server: Any) -> None:

    bench.declare(tasks=bench.http(server.on("/tasks", says([]))))
    bench.collect()
    assert rows(bench, date(2025, 7, 1))["bo-g06", "tasks"]["silent_since"] is None


def test_an_ended_source_is_listed_and_owes_nothing_more(bench: Bench) -> None:
    bench.declare_text(
        """\
        source: bo-g13
        organisation: G13
        valid_from: 2025-01-01
        valid_to: 2025-02-28
        datasets: {tasks: {transport: folder, path: drop}}
        """
    )
    row = rows(bench, date(2025, 7, 1))["bo-g13", "tasks"]
    assert (row["state"], row["expected"]) == ("ended", False)
    assert row["silent_since"] == date(2025, 1, 1)


def test_since_when_a_source_fails_is_one_look(bench: Bench, server: Any) -> None:
    from misbehaving_server import in_turn

    sound, broken = says([{"a": 1}]), says([], status=404)
    url = server.on("/tasks", in_turn(sound, broken, sound, broken, broken, broken))
    bench.declare(tasks=bench.http(url))
    since = {}
    for day in range(1, 7):
        bench.collect(date(2025, 7, day))
        row = rows(bench, date(2025, 7, day))["bo-g06", "tasks"]
        since[day] = row["failing_since"] and row["failing_since"].day
    assert since == {1: None, 2: 2, 3: None, 4: 4, 5: 4, 6: 4}


def test_a_source_that_nobody_declares_any_more_is_still_listed(bench: Bench) -> None:
    bench.declare(tasks=bench.folder())
    bench.declare("bo-g12", organisation="G12", tasks=bench.folder("other"))
    bench.drop("x.csv", "a\n")
    bench.collect()
    (bench.sources / "bo-g06.yml").unlink()
    said = rows(bench, date(2025, 7, 2))
    gone, kept = said["bo-g06", "tasks"], said["bo-g12", "tasks"]
    assert (gone["state"], gone["organisation"]) == ("undeclared", "G06")
    assert gone["last_came"] == date(2025, 7, 1)
    assert kept["state"] == "active"
    assert list(gone) == list(kept)


def test_every_transport_says_where_it_goes_and_with_which_secret(bench: Bench) -> None:
    bench.declare(
        tasks=bench.sftp("sftp://sftp.example.gov.vn:2222", "/xuat/g06", host_key=FINGERPRINT),
        progress=bench.s3(
            "https://s3.example.gov.vn", path="g06", auth={"kind": "access_key", "secret": "S3"}
        ),
        feedback=bench.http("https://api.example.gov.vn/y-kien", params={"nam": "2025"}),
    )
    said = {
        name: (row["transport"], row["address"], row["secret"])
        for (_, name), row in rows(bench, date(2025, 7, 1)).items()
    }
    assert said == {
        "tasks": ("sftp", "sftp://sftp.example.gov.vn:2222/xuat/g06/*", "SFTP"),
        "progress": ("s3", "https://s3.example.gov.vn/xuat-du-lieu/g06/*.csv", "S3"),
        "feedback": ("http", "https://api.example.gov.vn/y-kien?nam=2025", None),
    }


def test_a_reason_goes_when_what_it_was_about_is_over(bench: Bench, server: Any) -> None:
    bench.declare(tasks=bench.http(server.on("/tasks", says(b"", status=403))))
    bench.collect(date(2025, 7, 1))
    (failing,) = describe(bench.home, bench.sources, date(2025, 7, 1))
    assert "403" in failing["reason"]
    server.on("/tasks", says([1]))
    bench.collect(date(2025, 7, 2))
    (mended,) = describe(bench.home, bench.sources, date(2025, 7, 2))
    assert (mended["last_outcome"], mended["reason"]) == ("landed", None)


def test_nothing_there_on_a_day_nothing_is_owed_is_not_missing(bench: Bench) -> None:
    bench.declare(tasks=bench.folder(cadence="monthly", due_day=10))
    bench.collect(date(2025, 7, 1))
    (row,) = describe(bench.home, bench.sources, date(2025, 7, 1))
    assert (row["last_outcome"], row["reason"], row["failing_since"]) == ("not_due", None, None)
