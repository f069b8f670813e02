"""Progress travels as whole JSON lines; a step that fails says why and with which exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from task_warehouse import progress
from task_warehouse.errors import AuditError
from task_warehouse.running import _read_events


@pytest.fixture
def events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "progress.jsonl"
    monkeypatch.setenv(progress.PROGRESS_VARIABLE, str(path))
    return path


def test_a_step_tells_its_start_its_count_and_its_seconds(events: Path) -> None:
    with progress.timed("check", "đọc dữ liệu"):
        progress.tell("check", "deliveries", done=3, total=9)
    told = [json.loads(line) for line in events.read_text(encoding="utf-8").splitlines()]
    assert told[0]["message"] == "đọc dữ liệu"
    assert (told[1]["done"], told[1]["total"]) == (3, 9)
    assert told[2]["seconds"] >= 0


def test_a_step_that_fails_tells_the_remedy_and_the_exit_code(events: Path) -> None:
    with pytest.raises(AuditError), progress.timed("build", "building"):
        raise AuditError("rows do not add up", where="delivery abc", remedy="replay the day")
    failed = json.loads(events.read_text(encoding="utf-8").splitlines()[-1])
    assert failed["exit_code"] == 3
    assert "delivery abc" in failed["error"]
    assert "replay the day" in failed["error"]


def test_a_torn_last_line_waits_for_its_end(events: Path) -> None:
    progress.tell("collect", "one")
    with events.open("a", encoding="utf-8") as stream:
        stream.write('{"step": "coll')
    read, offset = _read_events(events, 0)
    assert [event["message"] for event in read] == ["one"]
    with events.open("a", encoding="utf-8") as stream:
        stream.write('ect", "message": "two"}\n')
    read, _ = _read_events(events, offset)
    assert [event["message"] for event in read] == ["two"]
