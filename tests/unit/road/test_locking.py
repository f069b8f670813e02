"""Two processes in one step: the second is told who is in it; a dead holder holds nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from task_warehouse import locking
from task_warehouse.errors import BusyError
from task_warehouse.settings import Home

_HOLD = """
import sys, time
from pathlib import Path
from task_warehouse import locking
from task_warehouse.settings import Home
with locking.hold(Home(Path(sys.argv[1])), "check"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path):
    child = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    yield child
    child.kill()
    child.wait()


def test_the_second_process_is_told_who_holds_the_step(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    with (
        pytest.raises(BusyError, match=f"process {holder.pid}") as refused,
        locking.hold(Home(tmp_path), "check"),
    ):
        pass
    assert refused.value.exit_code == 5


def test_a_killed_holder_holds_nothing(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with locking.hold(Home(tmp_path), "check"):
        pass


def test_waiting_ends_when_the_holder_does(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    with locking.hold(Home(tmp_path), "check", wait_seconds=20):
        pass
