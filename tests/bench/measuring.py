"""Time and memory of one process, by the account of the operating system."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """One process: wall and processor seconds, largest resident set in MiB."""

    name: str
    wall: float
    processor: float
    peak: float


def measure(name: str, arguments: list[str], environment: Mapping[str, str] | None) -> Measure:
    """Run one process to its end and take the operating system's account of it."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(arguments, env=environment, stdout=output, stderr=output)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            output.seek(0)
            sys.exit(f"{name} failed: {output.read()[-3000:].decode(errors='replace')}")
    wall = time.monotonic() - began
    return Measure(name, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
