"""A real SSH server in a process of its own, the folder it shows, and how a source names it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from collecting_bench import Bench
from misbehaving_sftp import PASSWORD


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
