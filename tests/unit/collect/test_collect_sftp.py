"""SFTP: the server is known before we log in, files are fetched once, faults end in receipts."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from collecting_bench import AS_OF, RECEIVED_AT, Bench
from misbehaving_sftp import PASSWORD

from task_warehouse import receipts
from task_warehouse.receipts import Receipt
from task_warehouse.transports.signing import Stored


@dataclass
class SshServer:
    nonsense_port: int
    port: int
    fingerprint: str
    public: str
    log: Path

    @property
    def url(self) -> str:
        return f"sftp://127.0.0.1:{self.port}"

    def logged(self, what: str) -> list[str]:
        lines = self.log.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        return [line.partition(" ")[2] for line in lines if line.startswith(f"{what} ")]


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    log = tmp_path_factory.mktemp("ssh") / "log"
    command = [sys.executable, str(Path(__file__).with_name("misbehaving_sftp.py")), str(log)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        yield SshServer(**json.loads(child.stdout.readline()), log=log)
        child.kill()


@pytest.fixture
def ssh(process: SshServer, monkeypatch: pytest.MonkeyPatch) -> SshServer:
    process.log.write_text("")
    process.log.with_name("trusted.pub").unlink(missing_ok=True)
    monkeypatch.setenv("TASK_WAREHOUSE_SECRET_SFTP", PASSWORD)
    return process


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "remote"
    folder.mkdir()
    return folder


def put(folder: Path, name: str, text: str = "a,b\n1,2\n", *, age: float = 60) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    when = time.time() - age
    os.utime(path, (when, when))
    return path


def declare(bench: Bench, ssh: SshServer, drop: Path, user: str = "vai", **more: Any) -> None:
    said = {"host_key": ssh.fingerprint, "pattern": "*.csv", **more}
    auth = said.pop("auth", {"kind": "password", "user": user, "secret": "SFTP"})
    bench.declare(tasks=bench.sftp(ssh.url, str(drop), auth=auth, **said))


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


def test_a_host_key_may_be_declared_in_every_form(bench: Bench, ssh: SshServer, drop: Path) -> None:
    put(drop, "a.csv")
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    for said in (ssh.public, [other, ssh.public], ["SHA256:" + "A" * 43, ssh.fingerprint]):
        declare(bench, ssh, drop, host_key=said)
        assert bench.collect_one()["outcome"] in ("landed", "unchanged")
    known = f"[127.0.0.1]:{ssh.port} {ssh.public}\n"
    (bench.sources / "known_hosts").write_text(known)
    declare(bench, ssh, drop, host_key=None, known_hosts="known_hosts")
    assert bench.collect_one()["outcome"] == "unchanged"


@pytest.mark.parametrize("form", ["fingerprint", "public", "known_hosts", "own_account"])
def test_an_unknown_host_key_is_refused_before_anything_is_said(
    bench: Bench,
    ssh: SshServer,
    drop: Path,
    form: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519")
    public = other.export_public_key().decode().strip()
    said: dict[str, Any] = {"host_key": public}
    if form in ("fingerprint", "own_account"):
        said = {"host_key": other.get_fingerprint()}
    if form == "known_hosts":
        (bench.sources / "known_hosts").write_text(f"[127.0.0.1]:{ssh.port} {public}\n")
        said = {"host_key": None, "known_hosts": "known_hosts"}
    if form == "own_account":  # the account we run under may trust it; we were not told to
        (tmp_path / ".ssh").mkdir()
        trusts = f"[127.0.0.1]:{ssh.port} {ssh.public}\n"
        (tmp_path / ".ssh" / "known_hosts").write_text(trusts)
        monkeypatch.setenv("HOME", str(tmp_path))
    declare(bench, ssh, drop, **said)
    receipt = bench.collect_one()
    assert (receipt["outcome"], receipt["reason_code"]) == (
        "refused",
        "transport.host_key_unknown",
    )
    assert ssh.fingerprint in receipt["reason_vi"]
    assert ssh.logged("asked") == []


def test_a_server_without_the_kind_of_key_that_is_declared(
    bench: Bench, ssh: SshServer, drop: Path
) -> None:
    other = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
    declare(bench, ssh, drop, host_key=other.export_public_key().decode().strip())
    receipt = bench.collect_one()
    # Both sides find out at once: a server that hangs up first has not said why.
    found = {"transport.no_common_algorithm", "transport.connection"}
    assert receipt["reason_code"] in found
    assert receipt["outcome"] != "landed"
    assert ssh.logged("asked") == []


def test_a_wrong_password_is_said_once(
    bench: Bench, ssh: SshServer, drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASK_WAREHOUSE_SECRET_SFTP", "mat-khau-sai")
    put(drop, "a.csv")
    put(drop, "b.csv")
    declare(bench, ssh, drop)
    receipt = bench.collect_one()
    assert (receipt["outcome"], receipt["reason_code"]) == ("failed", "transport.unauthorised")
    assert receipt["attempts"] == 1
    assert ssh.logged("login") == ["vai"]
    assert "mat-khau-sai" not in str(receipt)


@pytest.mark.parametrize("passphrase", [None, "cụm-mật-khẩu"])
def test_a_private_key_opens_the_door(
    bench: Bench, ssh: SshServer, drop: Path, passphrase: str | None
) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_public_key(ssh.log.with_name("trusted.pub"))
    text = key.export_private_key("pkcs8-pem", passphrase).decode()
    held = {"KHOA": Stored(text), "CUM": Stored(passphrase)}
    put(drop, "a.csv")
    auth = {"kind": "key", "user": "vai", "secret": "KHOA"}
    declare(bench, ssh, drop, auth=auth | ({"passphrase": "CUM"} if passphrase else {}))
    assert bench.collect_one(look_up_secret=held.get)["outcome"] == "landed"
    stored = Stored(login="vai", private_key=text, passphrase=passphrase)
    declare(bench, ssh, drop, auth={"kind": "key", "secret": "SSH_CONNECTION"})
    receipt = bench.collect_one(look_up_secret=lambda _name: stored)
    assert receipt["outcome"] == "unchanged"


def test_a_key_that_is_none_is_said(bench: Bench, ssh: SshServer, drop: Path) -> None:
    declare(bench, ssh, drop, auth={"kind": "key", "user": "vai", "secret": "SFTP"})
    receipt = bench.collect_one()
    assert receipt["reason_code"] == "transport.secret_unusable"
    assert ssh.logged("asked") == []


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


def test_ten_thousand_known_files_move_no_bytes(bench: Bench, ssh: SshServer, drop: Path) -> None:
    declare(bench, ssh, drop, limits={"max_files": 20_000, "deadline_seconds": 300})
    fresh = put(drop, "0.csv", "x\n0\n")
    known = bench.collect_one()
    when = fresh.stat().st_mtime
    rows = []
    for number in range(1, 10_000):
        os.link(fresh, drop / f"{number}.csv")
        origin = known["origin"].replace("/0.csv", f"/{number}.csv")
        rows.append(_receipt(known, origin, number))
    receipts.write_receipts(bench.home, "before", rows)
    assert fresh.stat().st_mtime == when
    started = time.monotonic()
    found = bench.collect(AS_OF + timedelta(days=1))
    assert len(found) == 10_000
    assert {one["outcome"] for one in found} <= {"unchanged", "duplicate"}
    assert len(ssh.logged("open")) == 1
    assert time.monotonic() - started < 120


def _receipt(like: dict[str, Any], origin: str, number: int) -> Receipt:
    kept = {key: value for key, value in like.items() if key != "receipt_id"}
    return Receipt(
        **kept | {"origin": origin, "original_name": f"{number}.csv", "received_at": RECEIVED_AT}
    )


def test_a_server_that_says_nothing_at_all(bench: Bench, ssh: SshServer, drop: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"sftp://127.0.0.1:{silent.getsockname()[1]}"
        limits = {"read_seconds": 0.5, "retries": 0}
        said = bench.sftp(url, str(drop), host_key=ssh.fingerprint, limits=limits)
        bench.declare(tasks=said)
        assert bench.collect_one()["reason_code"] == "transport.time_out"
    assert bench.collect_one()["reason_code"] == "transport.no_answer"


def test_a_server_that_is_none(bench: Bench, server: Any, ssh: SshServer, drop: Path) -> None:
    said = bench.sftp(server.base.replace("http", "sftp"), str(drop), host_key=ssh.fingerprint)
    bench.declare(tasks=said)
    receipt = bench.collect_one()
    assert (receipt["outcome"], receipt["reason_code"]) == ("failed", "transport.connection")


@pytest.mark.parametrize(
    "user", ["cut-names", "no-text", "other-kind", "too-long", "empty", "no-version"]
)
def test_a_server_that_speaks_nonsense(bench: Bench, ssh: SshServer, drop: Path, user: str) -> None:
    """Its fault, told in its receipt: the batch goes on and nothing of ours is raised."""
    auth = {"kind": "password", "user": user, "secret": "SFTP"}
    url = f"sftp://127.0.0.1:{ssh.nonsense_port}"
    limits = {"retries": 0, "read_seconds": 1}
    bench.declare(tasks=bench.sftp(url, "/x", host_key=ssh.fingerprint, auth=auth, limits=limits))
    receipt = bench.collect_one()
    assert receipt["outcome"] == "failed"
    assert receipt["reason_code"] in (
        "transport.connection",
        "transport.time_out",
        "transport.folder_unreadable",
    )


@pytest.mark.parametrize(
    ("said", "then"),
    [
        (b"", b""),
        (b"SSH-1.0-x\r\n", b""),
        (b"SSH-2.0-x\r\n", bytes(range(256)) * 64),
        (b"SSH-2.0-x\r\n", b"\0\0\0\x0c\x0a\x14" + b"\xff" * 64),
        (b"\r\n" * 2000, b""),
    ],
)
def test_a_server_that_only_looks_like_ssh(
    bench: Bench, ssh: SshServer, drop: Path, said: bytes, then: bytes
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connected, _ = listening.accept()
            with connected:
                connected.sendall(said + then)
                connected.settimeout(1)
                with contextlib.suppress(OSError):
                    while connected.recv(65_536):
                        pass

        thread = threading.Thread(target=answer)
        thread.start()
        limits = {"retries": 0, "read_seconds": 0.5}
        url = f"sftp://127.0.0.1:{listening.getsockname()[1]}"
        bench.declare(tasks=bench.sftp(url, "/x", host_key=ssh.fingerprint, limits=limits))
        receipt = bench.collect_one()
        thread.join()
    assert receipt["outcome"] in ("failed", "refused")
    assert receipt["reason_code"] != "transport.our_mistake"


def test_a_private_address_must_be_declared(
    bench: Bench, ssh: SshServer, drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", ssh.port))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: [where])
    said = bench.sftp(f"sftp://sftp.example.gov.vn:{ssh.port}", str(drop), host_key=ssh.fingerprint)
    bench.declare(tasks=said)
    receipt = bench.collect_one()
    assert (receipt["outcome"], receipt["reason_code"]) == ("refused", "transport.private_address")
    assert ssh.logged("asked") == []
