"""SFTP: the server is known before we log in, and what is no such server ends in a receipt."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from collecting_bench import Bench
from sftp_place import SshServer, declare, put

from task_warehouse.transports.signing import Stored


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
