"""Secrets of Airflow's connections reach the source that names them, and nothing else."""

from __future__ import annotations

import base64
import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
import pytest

from task_warehouse import orchestration
from task_warehouse.settings import Home

TOKEN = "the-truy-cap-Zq81x"
PASSWORD = "mat-khau/Zq82x+"
OF_ENVIRONMENT = "bien-moi-truong-Zq83x"
SENT = {
    "/tasks": f"Bearer {TOKEN}",
    "/progress": "Basic " + base64.b64encode(f"kho:{PASSWORD}".encode()).decode(),
    "/feedback": f"Bearer {OF_ENVIRONMENT}",
}
COLLECT_ONLY = (
    "import sys; from task_warehouse import orchestration as airflow; airflow.ROAD = ('collect',); "
    "sys.exit(not airflow.run_day('2025-07-01', '2025-07-01T06:00:00+07:00'))"
)


class Echo(BaseHTTPRequestHandler):
    """Repeats the credential wherever an answer has room for it, as a hostile server would."""

    got: dict[str, str]

    def do_GET(self) -> None:
        said = self.headers.get("Authorization", "")
        self.server.got[self.path] = said  # type: ignore[attr-defined]
        body = json.dumps([{"task_code": "1"}]).encode()
        self.send_response(200 if said == SENT[self.path] else 401, said)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{said}"')
        self.send_header("Content-Disposition", f"attachment; filename={TOKEN}-{PASSWORD}.json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def echo() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.got = {}  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def declare(folder: Path, port: int) -> None:
    def dataset(path: str, **auth: str) -> dict[str, Any]:
        return {"transport": "http", "url": f"http://127.0.0.1:{port}{path}", "auth": auth}

    said = {
        "source": "bo-g06",
        "organisation": "G06",
        "datasets": {
            "tasks": dataset("/tasks", kind="bearer", secret="G06_TOKEN"),
            "progress": dataset("/progress", kind="basic", secret="G06_LOGIN"),
            "feedback": dataset("/feedback", kind="bearer", secret="G06_ENVIRONMENT"),
        },
    }
    folder.mkdir()
    (folder / "bo-g06.yml").write_text(json.dumps(said), encoding="utf-8")


def test_a_connection_of_airflow_opens_the_door_and_is_written_nowhere(
    tmp_path: Path, echo: ThreadingHTTPServer
) -> None:
    home, sources = Home(tmp_path / "home"), tmp_path / "sources"
    declare(sources, echo.server_port)
    orchestration.prepare(home)
    variables = orchestration.environment(home, sources)

    def run(*command: str) -> str:
        done = subprocess.run(
            [sys.executable, *command],
            env=variables | {"TASK_WAREHOUSE_SECRET_G06_ENVIRONMENT": OF_ENVIRONMENT},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    connections = {
        "G06_TOKEN": {"conn_type": "generic", "password": TOKEN},
        "G06_LOGIN": {"conn_type": "generic", "login": "kho", "password": PASSWORD},
    }
    handed_over = tmp_path / "connections.json"
    handed_over.write_text(json.dumps(connections), encoding="utf-8")
    run("-m", "airflow", "connections", "import", str(handed_over))
    handed_over.unlink()
    log = run("-c", COLLECT_ONLY)
    assert echo.got == SENT  # type: ignore[attr-defined]
    with duckdb.connect() as db:
        where = f"{home.receipts}/*/*.parquet"
        rows = db.execute("select * from read_parquet(?)", [where]).fetchall()
        said = "\n".join(map(repr, rows))
        outcomes = db.execute("select outcome from read_parquet(?)", [where]).fetchall()
    assert outcomes == [("landed",)] * 3
    with sqlite3.connect(home.airflow / "airflow.db") as database:
        shown = database.execute("select value from xcom where key = 'sources'").fetchall()
    assert [json.loads(value) for (value,) in shown] == [{"3 landed": ["bo-g06"]}]
    written = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert "collecting bo-g06" in log
    assert any(path.name == "airflow.db" for path in written)  # its own copy is encrypted
    for secret in (TOKEN, PASSWORD, OF_ENVIRONMENT):
        forms = {secret, base64.b64encode(secret.encode()).decode(), SENT["/progress"][6:]}
        for form in forms:
            assert form not in log
            assert form not in said
            for path, raw in written.items():
                assert form.encode() not in raw, os.fspath(path)
