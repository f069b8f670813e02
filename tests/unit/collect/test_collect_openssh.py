"""SFTP against OpenSSH itself, where this machine has it (Debian: openssh-server)."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from collecting_bench import AS_OF, Bench

from task_warehouse.transports.signing import Stored

PLACES = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))
CONFIGURATION = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
PermitRootLogin yes
Subsystem sftp internal-sftp
"""


@dataclass
class OpenSsh:
    port: int
    fingerprint: str
    key: str
    folder: Path

    def declared(self, bench: Bench, path: Path, **more: Any) -> dict[str, Any]:
        auth = {"kind": "key", "user": getpass.getuser(), "secret": "KHOA"}
        said = {"auth": auth, "host_key": self.fingerprint, "pattern": "*.csv", **more}
        return bench.sftp(f"sftp://127.0.0.1:{self.port}", str(path), **said)

    def look_up(self, _name: str) -> Stored:
        return Stored(private_key=self.key)


@pytest.fixture(scope="module")
def openssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    program = shutil.which("sshd", path=PLACES)
    if program is None:
        pytest.skip("OpenSSH's server (sshd) is not on this machine")
    folder = tmp_path_factory.mktemp("sshd")
    host, ours = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    host.write_private_key(folder / "host_key")
    (folder / "host_key").chmod(0o600)
    ours.write_public_key(folder / "authorized_keys")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "config").write_text(CONFIGURATION.format(port=port, folder=folder))
    log = folder / "log"
    child = subprocess.Popen([program, "-D", "-f", str(folder / "config"), "-E", str(log)])
    try:
        _wait(child, port, log)
        key = ours.export_private_key("openssh").decode()
        yield OpenSsh(port, host.get_fingerprint(), key, folder)
    finally:
        child.terminate()
        child.wait()


def _wait(child: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(100):
        if child.poll() is not None:
            pytest.skip(f"sshd does not start here: {log.read_text().strip()[-200:]}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return


def test_files_are_fetched_once(bench: Bench, openssh: OpenSsh, tmp_path: Path) -> None:
    drop = tmp_path / "xuất"
    (drop / "cũ").mkdir(parents=True)
    long_ago = time.time() - 60
    for name in ("nhiệm vụ.csv", "cũ/a.csv", "b.csv.part"):
        (drop / name).write_text(f"x\n{name}\n")
        os.utime(drop / name, (long_ago, long_ago))
    (drop / "mới.csv").symlink_to("cũ/a.csv")
    (drop / "ngoài.csv").symlink_to("/etc/hostname")
    bench.declare(tasks=openssh.declared(bench, drop))
    first = {one["original_name"]: one for one in bench.collect(look_up_secret=openssh.look_up)}
    assert {name: one["reason_code"] for name, one in first.items()} == {
        "nhiệm vụ.csv": None,
        "mới.csv": None,
        "ngoài.csv": "transport.outside_folder",
    }
    assert bench.landed(first["mới.csv"]) == "x\ncũ/a.csv\n".encode()
    day = AS_OF + timedelta(days=1)
    again = bench.collect(day, look_up_secret=openssh.look_up)
    assert sorted(one["outcome"] for one in again) == ["refused", "unchanged", "unchanged"]


def test_an_unknown_host_key_is_refused(bench: Bench, openssh: OpenSsh, tmp_path: Path) -> None:
    bench.declare(tasks=openssh.declared(bench, tmp_path, host_key="SHA256:" + "A" * 43))
    receipt = bench.collect_one(look_up_secret=openssh.look_up)
    assert receipt["reason_code"] == "transport.host_key_unknown"
    assert openssh.fingerprint in receipt["reason_en"]


def test_many_sources_behind_one_server(bench: Bench, openssh: OpenSsh, tmp_path: Path) -> None:
    """OpenSSH drops connections at random once ten log in at a time; none may cost a delivery."""
    for number in range(40):
        drop = tmp_path / f"xa-{number:05}"
        drop.mkdir()
        (drop / "tasks.csv").write_text(f"x\n{number}\n")
        limits = {"retries": 5, "backoff_seconds": 0.5, "deadline_seconds": 60, "read_seconds": 20}
        said = openssh.declared(bench, drop, limits=limits)
        bench.declare(f"xa-{number:05}", organisation="01", tasks=said)
    found = bench.collect(look_up_secret=openssh.look_up)
    assert [one["outcome"] for one in found] == ["landed"] * 40
