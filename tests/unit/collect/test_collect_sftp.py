"""SFTP: files are fetched once and remembered, what is unfinished is left, faults are receipts."""

from __future__ import annotations

import os
import threading
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from collecting_bench import AS_OF, RECEIVED_AT, Bench
from sftp_place import SshServer, declare, put

from task_warehouse import receipts
from task_warehouse.receipts import Receipt


def test_files_are_fetched_once_and_remembered(bench: Bench, ssh: SshServer, drop: Path) -> None:
    put(drop, "nhiệm vụ 1.csv", "x\n1\n")
    put(drop, "b.csv", "x\n" + "2\n" * 400_000)
    put(drop, "ghi-chú.txt")
    declare(bench, ssh, drop)
    first = bench.collect()
    assert [one["outcome"] for one in first] == ["landed", "landed"], first[0]["reason_en"]
    assert {bench.landed(one) for one in first} == {
        b"x\n1\n",
        b"x\n" + b"2\n" * 400_000,
    }
    assert first[1]["origin"] == f"{ssh.url}/{str(drop).strip('/')}/nhiệm vụ 1.csv"
    assert len(ssh.logged("open")) == 2
    second = bench.collect(AS_OF + timedelta(days=1))
    assert [one["outcome"] for one in second] == ["unchanged", "unchanged"]
    assert {one["sha256"] for one in second} == {one["sha256"] for one in first}
    assert len(ssh.logged("open")) == 2  # nothing was opened again
    put(drop, "b.csv", "x\n3\n", age=30)
    third = bench.collect(AS_OF + timedelta(days=2))
    assert {one["original_name"]: one["outcome"] for one in third} == {
        "b.csv": "landed",
        "nhiệm vụ 1.csv": "unchanged",
    }
    assert len(ssh.logged("open")) == 3


@pytest.mark.parametrize("name", [".ẩn.csv", "a.csv.part", "~$a.csv", ".~lock.a.csv#"])
def test_unfinished_and_hidden_files_are_left_alone(
    bench: Bench, ssh: SshServer, drop: Path, name: str
) -> None:
    put(drop, name)
    declare(bench, ssh, drop, pattern="*")
    assert bench.collect_one()["reason_code"] == "transport.nothing_there"
    assert ssh.logged("open") == []


def test_folders_below_are_looked_into_where_the_pattern_says_so(
    bench: Bench, ssh: SshServer, drop: Path
) -> None:
    put(drop, "2025/tasks_20250630.csv", "x\n1\n")
    put(drop, "2025/tasks_20250702.csv", "x\n2\n")
    put(drop, "2025/tasks_20250701.csv", "x\n3\n")
    rule = {"from_name": r"tasks_(?P<date>\d{8})"}
    declare(bench, ssh, drop, pattern="**/tasks_*.csv", business_date=rule)
    assert {one["business_date"] for one in bench.collect()} == {date(2025, 6, 30), AS_OF}
    assert [one["business_date"] for one in bench.collect()] == [AS_OF]
    assert len(ssh.logged("open")) == 2


@pytest.mark.parametrize(
    ("user", "code", "seconds"),
    [
        ("hangs", "transport.time_out", 3.0),
        ("dies", "transport.connection", 3.0),
        ("drips", "transport.deadline", 3.0),
        ("cut", "transport.body_cut", 3.0),
    ],
)
def test_a_server_that_fails_in_the_middle_of_a_file(
    bench: Bench, ssh: SshServer, drop: Path, user: str, code: str, seconds: float
) -> None:
    put(drop, "a.csv", "x\n" * 50_000)
    limits = {"read_seconds": 0.5, "deadline_seconds": 2, "retries": 1}
    if user == "drips":
        limits["read_seconds"] = 30
    declare(bench, ssh, drop, user, limits=limits)
    started = time.monotonic()
    receipt = bench.collect_one()
    assert time.monotonic() - started < seconds + 1
    assert (receipt["outcome"], receipt["reason_code"]) == ("failed", code)
    assert bench.files() == []


def test_a_connection_that_breaks_once_is_made_again(
    bench: Bench, ssh: SshServer, drop: Path
) -> None:
    put(drop, "a.csv", "x\n" * 50_000)
    put(drop, "b.csv", "y\n")
    declare(bench, ssh, drop, "dies-once")
    found = bench.collect()
    assert [one["outcome"] for one in found] == ["landed", "landed"]
    assert bench.landed(found[0]) == b"x\n" * 50_000


def test_a_file_that_grows_while_it_is_read_is_left_for_later(
    bench: Bench, ssh: SshServer, drop: Path
) -> None:
    put(drop, "a.csv")
    declare(bench, ssh, drop, "grows")
    receipt = bench.collect_one()
    assert (receipt["outcome"], receipt["reason_code"]) == ("missing", "transport.still_written")
    assert bench.files() == []
    declare(bench, ssh, drop)
    assert bench.collect_one()["outcome"] == "landed"


def test_a_file_that_is_still_growing_when_it_is_listed_is_left_for_later(
    bench: Bench, ssh: SshServer, drop: Path
) -> None:
    path, done = put(drop, "a.csv", age=0), threading.Event()

    def write() -> None:
        while not done.wait(0.05):
            with path.open("a") as stream:
                stream.write("3,4\n")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        declare(bench, ssh, drop, settle_seconds=0.5)
        assert bench.collect_one()["reason_code"] == "transport.still_written"
    finally:
        done.set()
        writer.join()
    assert ssh.logged("open") == [str(path)]


def test_a_file_changed_within_a_second_of_its_taking_is_looked_at_again(
    bench: Bench, ssh: SshServer, drop: Path
) -> None:
    path = put(drop, "a.csv", "x\n1\n", age=-1)
    declare(bench, ssh, drop)
    assert bench.collect_one()["outcome"] == "landed"
    when = path.stat().st_mtime_ns
    path.write_text("x\n2\n")  # as long, and in the same second
    os.utime(path, ns=(when, when))
    assert bench.collect_one()["outcome"] == "landed"


def test_links_are_followed_inside_the_folder_only(
    bench: Bench, ssh: SshServer, drop: Path, tmp_path: Path
) -> None:
    put(drop, "thang-6/a.csv", "x\n6\n")
    (drop / "moi-nhat.csv").symlink_to("thang-6/a.csv")
    (drop / "ra-ngoai.csv").symlink_to(put(tmp_path, "secret.csv"))
    (drop / "leo-len.csv").symlink_to("../secret.csv")
    (drop / "hong.csv").symlink_to("khong-co.csv")
    (drop / "thu-muc.csv").symlink_to("thang-6")
    declare(bench, ssh, drop)
    said = {one["original_name"]: one["reason_code"] for one in bench.collect()}
    assert said == {
        "moi-nhat.csv": None,
        "ra-ngoai.csv": "transport.outside_folder",
        "leo-len.csv": "transport.outside_folder",
        "hong.csv": "transport.file_unreadable",
        "thu-muc.csv": "transport.not_a_file",
    }
    assert ssh.logged("open") == [str(drop / "moi-nhat.csv")]


def test_names_that_climb_out_are_refused(bench: Bench, ssh: SshServer, drop: Path) -> None:
    put(drop, "a.csv")
    declare(bench, ssh, drop, "climbs")
    said = [one["reason_code"] for one in bench.collect()]
    assert sorted(said, key=str) == [None, "transport.outside_folder", "transport.outside_folder"]
    assert ssh.logged("open") == [str(drop / "a.csv")]


def test_a_listing_without_end_is_refused(bench: Bench, ssh: SshServer, drop: Path) -> None:
    declare(bench, ssh, drop, "endless", limits={"max_files": 1000})
    assert bench.collect_one()["reason_code"] == "transport.too_many_files"


def test_a_file_too_large_is_refused_alone(bench: Bench, ssh: SshServer, drop: Path) -> None:
    put(drop, "a.csv", "x" * 600_000)
    put(drop, "b.csv", "x\n")
    declare(bench, ssh, drop, limits={"max_bytes": 500_000})
    said = {one["original_name"]: one["reason_code"] for one in bench.collect()}
    assert said == {"a.csv": "transport.too_large", "b.csv": None}


def test_a_folder_that_is_not_there(bench: Bench, ssh: SshServer, drop: Path) -> None:
    declare(bench, ssh, drop / "khong-co")
    receipt = bench.collect_one()
    assert (receipt["outcome"], receipt["reason_code"]) == ("missing", "transport.folder_missing")


def test_thousands_of_known_files_move_no_bytes(bench: Bench, ssh: SshServer, drop: Path) -> None:
    declare(bench, ssh, drop, limits={"max_files": 20_000, "deadline_seconds": 300})
    fresh = put(drop, "0.csv", "x\n0\n")
    known = bench.collect_one()
    when = fresh.stat().st_mtime
    rows = []
    for number in range(1, 3_000):
        os.link(fresh, drop / f"{number}.csv")
        origin = known["origin"].replace("/0.csv", f"/{number}.csv")
        rows.append(_receipt(known, origin, number))
    receipts.write_receipts(bench.home, "before", rows)
    assert fresh.stat().st_mtime == when
    started = time.monotonic()
    found = bench.collect(AS_OF + timedelta(days=1))
    assert len(found) == 3_000
    assert {one["outcome"] for one in found} <= {"unchanged", "duplicate"}
    assert len(ssh.logged("open")) == 1
    assert time.monotonic() - started < 120


def _receipt(like: dict[str, Any], origin: str, number: int) -> Receipt:
    kept = {key: value for key, value in like.items() if key != "receipt_id"}
    return Receipt(
        **kept | {"origin": origin, "original_name": f"{number}.csv", "received_at": RECEIVED_AT}
    )
