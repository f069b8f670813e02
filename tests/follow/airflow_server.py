"""A real API server of Airflow over the made data root, with its own users."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from task_warehouse import orchestration
from tests.follow.made_home import MadeHome

START_SECONDS = 300


@dataclass(frozen=True)
class Server:
    """A running API server over the made data root."""

    url: str
    made: MadeHome
    passwords: Path
    environment: dict[str, str]

    def get(self, path: str, token: str | None = None, **cookies: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return requests.get(
            self.url + path, headers=headers, cookies=cookies, timeout=120, allow_redirects=False
        )

    def post(self, path: str, data: dict[str, str], **how: Any) -> requests.Response:
        return requests.post(self.url + path, data=data, timeout=120, allow_redirects=False, **how)

    def token(self, user: str) -> str:
        password = json.loads(self.passwords.read_text(encoding="utf-8"))[user]
        answer = requests.post(
            f"{self.url}/auth/token", json={"username": user, "password": password}, timeout=60
        )
        answer.raise_for_status()
        return str(answer.json()["access_token"])


@contextmanager
def serving(copied: MadeHome) -> Iterator[Server]:
    """Airflow's API server, as ``task-warehouse up`` starts it, until the block ends."""
    root = copied.home.root
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    orchestration.prepare(copied.home)
    environment = orchestration.environment(copied.home) | {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,viewer:viewer",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__API_AUTH__JWT_SECRET": "only-for-this-test-0123456789-abcdefghijklmnopqrstuvwxyz",
    }
    log = (root / "api-server.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "airflow", "api-server", "--port", str(port), "--workers", "1"],
        env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(process, url, root / "api-server.log")
        passwords = copied.home.airflow / "simple_auth_manager_passwords.json.generated"
        yield Server(url, copied, passwords, environment)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)
        log.close()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"{url}/api/v2/version", timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.5)
    pytest.fail(f"the API server did not start:\n{log.read_text(errors='replace')[-3000:]}")
