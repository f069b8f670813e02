"""A drop folder: what is taken, what is left alone, what is refused."""

from __future__ import annotations

import os
import threading
import time
import unicodedata
from datetime import date

import pytest
from collecting_bench import AS_OF, Bench

from task_warehouse.transports.names import compile_pattern


def test_each_matching_file_is_a_delivery(bench: Bench) -> None:
    bench.declare(tasks=bench.folder(pattern="tasks_*.csv"))
    bench.drop("tasks_a.csv", "a,b\n1,2\n")
    bench.drop("TASKS_B.CSV", "a,b\n3,4\n")
    bench.drop("progress.csv", "c\n")
    found = bench.collect()
    assert {receipt["original_name"] for receipt in found} == {"tasks_a.csv", "TASKS_B.CSV"}
    assert {receipt["outcome"] for receipt in found} == {"landed"}
    assert {receipt["origin"] for receipt in found} == {"drop/tasks_a.csv", "drop/TASKS_B.CSV"}
    assert bench.landed(found[1]) in (b"a,b\n1,2\n", b"a,b\n3,4\n")


@pytest.mark.parametrize(
    "name", [".tasks.csv", "~$tasks.csv", ".~lock.tasks.csv#", "tasks.csv.part", "tasks.csv.TMP"]
)
def test_hidden_lock_and_unfinished_files_are_left_alone(bench: Bench, name: str) -> None:
    bench.declare(tasks=bench.folder())
    bench.drop(name, "half")
    receipt = bench.collect_one()
    assert (receipt["outcome"], receipt["reason_code"]) == ("missing", "transport.nothing_there")
    assert bench.files() == []


def test_names_match_in_either_unicode_form(bench: Bench) -> None:
    decomposed = unicodedata.normalize("NFD", "Nhiệm vụ tuần.csv")
    bench.drop(decomposed, "a\n")
    bench.declare(tasks=bench.folder(pattern="Nhiệm vụ*.csv"))
    assert bench.collect_one()["original_name"] == "Nhiệm vụ tuần.csv"


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("*", "a.csv", True),
        ("*", "b/a.csv", False),
        ("*/a.csv", "b/a.csv", True),
        ("**/a.csv", "a.csv", True),
        ("**/a.csv", "b/c/a.csv", True),
        ("a?.csv", "a1.csv", True),
        ("a?.csv", "a/.csv", False),
        ("a[0-9].csv", "a7.csv", True),
        ("a[!0-9].csv", "a7.csv", False),
        ("a.csv", "aXcsv", False),
        ("a(b).csv", "a(b).csv", True),
        ("*.csv", "a.csv\n", False),
    ],
)
def test_what_a_pattern_matches(pattern: str, name: str, matches: bool) -> None:
    assert bool(compile_pattern(pattern).fullmatch(name)) is matches


def test_files_below_are_taken_only_where_the_pattern_says_so(bench: Bench) -> None:
    bench.drop("2025/07/tasks.csv", "a\n")
    bench.declare(tasks=bench.folder(pattern="**/*.csv"), progress=bench.folder(pattern="*.csv"))
    progress, tasks = bench.collect()
    assert (tasks["outcome"], tasks["origin"]) == ("landed", "drop/2025/07/tasks.csv")
    assert progress["outcome"] == "missing"


def test_a_file_that_is_being_written_is_left_for_later(bench: Bench) -> None:
    path = bench.drop("tasks.csv", "a,b\n")
    bench.declare(tasks=bench.folder(settle_seconds=0.5))
    stop = threading.Event()

    def writes() -> None:
        with path.open("a") as stream:
            while not stop.wait(0.05):
                stream.write("1,2\n")
                stream.flush()

    writer = threading.Thread(target=writes)
    writer.start()
    receipt = bench.collect_one()
    stop.set()
    writer.join()
    assert (receipt["outcome"], receipt["reason_code"]) == ("missing", "transport.still_written")
    assert bench.files() == []
    again = bench.collect_one()
    assert again["outcome"] == "landed"
    assert bench.landed(again) == path.read_bytes()


def test_files_whose_clock_is_ahead_are_taken_after_one_wait(bench: Bench) -> None:
    ahead = time.time() + 3_600
    for number in range(30):
        path = bench.drop(f"{number}.csv", str(number))
        os.utime(path, (ahead, ahead))
    bench.declare(tasks=bench.folder(settle_seconds=1))
    started = time.monotonic()
    assert {receipt["outcome"] for receipt in bench.collect()} == {"landed"}
    assert time.monotonic() - started < 15


def test_a_missing_folder_is_said(bench: Bench) -> None:
    bench.declare(tasks=bench.folder("khong-co"))
    receipt = bench.collect_one()
    assert (receipt["outcome"], receipt["reason_code"]) == ("missing", "transport.folder_missing")
    assert "khong-co" in receipt["reason_vi"]
    assert str(bench.root) not in repr(receipt), "no path of this machine"


def test_a_file_where_the_folder_should_be(bench: Bench) -> None:
    bench.drop("drop", "not a folder", folder=".")
    bench.declare(tasks=bench.folder())
    assert bench.collect_one()["reason_code"] == "transport.folder_missing"


@pytest.mark.parametrize("inside", ["../../home_of_others.csv", "/etc/passwd"])
def test_a_link_out_of_the_folder_is_refused(bench: Bench, inside: str) -> None:
    (bench.root / "home_of_others.csv").write_text("secret of others\n")
    bench.declare(tasks=bench.folder())
    bench.drop("good.csv", "a\n")
    (bench.sources / "drop" / "link.csv").symlink_to(inside)
    good, link = bench.collect()
    assert (link["outcome"], link["reason_code"]) == ("refused", "transport.outside_folder")
    assert good["outcome"] == "landed"
    assert len(bench.files()) == 1


def test_a_link_inside_the_folder_is_the_same_delivery(bench: Bench) -> None:
    bench.declare(tasks=bench.folder())
    bench.drop("good.csv", "a\n")
    (bench.sources / "drop" / "latest.csv").symlink_to("good.csv")
    assert [receipt["outcome"] for receipt in bench.collect()] == ["landed", "duplicate"]


def test_a_linked_folder_is_not_walked(bench: Bench) -> None:
    (bench.root / "others").mkdir()
    (bench.root / "others" / "x.csv").write_text("secret of others\n")
    bench.declare(tasks=bench.folder(pattern="**/*.csv"))
    bench.drop("good.csv", "a\n")
    (bench.sources / "drop" / "out").symlink_to(bench.root / "others")
    (bench.sources / "drop" / "loop").symlink_to(".")
    assert bench.collect_one()["original_name"] == "good.csv"


@pytest.mark.parametrize("broken", ["nowhere.csv", "link.csv"])
def test_a_link_to_nowhere_or_itself_is_said(bench: Bench, broken: str) -> None:
    bench.declare(tasks=bench.folder())
    (bench.sources / "drop").mkdir()
    (bench.sources / "drop" / "link.csv").symlink_to(broken)
    found = bench.collect()
    assert {receipt["outcome"] for receipt in found} <= {"refused", "failed", "missing"}
    assert bench.files() == []


@pytest.mark.timeout(20)
def test_a_pipe_is_not_waited_for(bench: Bench) -> None:
    bench.declare(tasks=bench.folder())
    (bench.sources / "drop").mkdir()
    os.mkfifo(bench.sources / "drop" / "tasks.csv")
    assert bench.collect()[0]["reason_code"] == "transport.not_a_file"


def test_a_name_that_is_no_unicode(bench: Bench) -> None:
    bench.declare(tasks=bench.folder())
    (bench.sources / "drop").mkdir()
    raw = os.fsencode(bench.sources / "drop") + b"/nhi\xff\xfe.csv"
    with open(raw, "wb") as stream:  # noqa: PTH123 - pathlib has no bytes
        stream.write(b"a\n")
    assert bench.collect_one()["original_name"] == "nhi\ufffd\ufffd.csv"


def test_a_file_too_large_is_refused_alone(bench: Bench) -> None:
    bench.declare(tasks=bench.folder(limits={"max_bytes": 100}))
    bench.drop("a_big.csv", b"x" * 101)
    bench.drop("small.csv", b"x" * 100)
    big, small = bench.collect()
    assert (big["outcome"], big["reason_code"]) == ("refused", "transport.too_large")
    assert small["outcome"] == "landed"


def test_too_many_files_are_refused(bench: Bench) -> None:
    bench.declare(tasks=bench.folder(limits={"max_files": 3}))
    for number in range(4):
        bench.drop(f"{number}.csv", str(number))
    assert bench.collect_one()["reason_code"] == "transport.too_many_files"


def test_an_empty_file_is_landed_for_reading_to_refuse(bench: Bench) -> None:
    bench.declare(tasks=bench.folder())
    bench.drop("empty.csv", b"")
    receipt = bench.collect_one()
    assert (receipt["outcome"], receipt["size_bytes"]) == ("landed", 0)


DATED = {"from_name": r"tasks_(?P<date>\d{8})"}


def test_the_business_date_comes_from_the_name(bench: Bench) -> None:
    bench.declare(tasks=bench.folder(business_date=DATED))
    bench.drop("tasks_20250630.csv", "former\n")
    bench.drop("tasks_20250701.csv", "of the day\n")
    bench.drop("tasks_20250702.csv", "of tomorrow\n")
    assert [(one["business_date"], one["outcome"]) for one in bench.collect()] == [
        (date(2025, 6, 30), "landed"),
        (date(2025, 7, 1), "landed"),
    ]
    # Of the former day nothing is new, so nothing is written about it again.
    assert [(one["business_date"], one["outcome"]) for one in bench.collect()] == [
        (date(2025, 7, 1), "unchanged"),
    ]
    assert bench.collect(as_of=date(2025, 7, 2))[-1]["original_name"] == "tasks_20250702.csv"


def test_a_corrected_file_of_a_former_day_is_a_new_delivery_of_that_day(bench: Bench) -> None:
    bench.declare(tasks=bench.folder(business_date=DATED))
    path = bench.drop("tasks_20250630.csv", "wrong\n")
    bench.collect(as_of=date(2025, 6, 30))
    path.write_text("right\n")
    os.utime(path, (time.time() + 5, time.time() + 5))
    found = bench.collect()
    assert [(one["business_date"], one["outcome"]) for one in found] == [
        (date(2025, 6, 30), "landed"),
        (AS_OF, "missing"),
    ]


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        (r"(?P<date>\d{8})", "t_20250630.csv", date(2025, 6, 30)),
        (r"(?P<date>\d{4}-\d\d-\d\d)", "t_2025-06-30.csv", date(2025, 6, 30)),
        (r"(?P<day>\d\d)(?P<month>\d\d)(?P<year>\d{4})", "t30062025.csv", date(2025, 6, 30)),
        (r"(?P<year>\d{4})(?P<month>\d\d)\.", "t_202502.csv", date(2025, 2, 28)),
    ],
)
def test_forms_of_a_date_in_a_name(bench: Bench, pattern: str, name: str, expected: date) -> None:
    bench.declare(tasks=bench.folder(business_date={"from_name": pattern}))
    bench.drop(name, "a\n")
    assert bench.collect()[0]["business_date"] == expected


@pytest.mark.parametrize("name", ["tasks_20250231.csv", "tasks_abc.csv"])
def test_a_name_without_a_usable_date_is_said(bench: Bench, name: str) -> None:
    bench.declare(tasks=bench.folder(business_date=DATED))
    bench.drop(name, "a\n")
    found = bench.collect()
    assert found[-1]["reason_code"] == "transport.name_without_date"
    assert bench.files() == []
