"""``python -m tests.bench.publishing``: a nation's morning published; its pages on a slow machine.

The small country of the tests grown to every ministry, province and commune, a million tasks in
all, is published by all doors: DuckDB file, Parquet and a PostgreSQL server of its own. Then the
scorecard is read there under row security, all tasks are searched, and pages are opened in headless
Chromium with its processor throttled four times: three times each, after an empty page, for a
browser's own start is not the page's. The aims stand beside the figures.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from websockets.asyncio.client import ClientConnection, connect

from task_warehouse import dashboard
from task_warehouse.settings import Home
from tests.bench.doors import opened_database, print_readers, publish_doors
from tests.unit.publish.publish_marts import ALL, write_build

TASKS = 1_000_000
BODIES = 3377
THROTTLE = 4
OPENINGS = 3
EMPTY = "about:blank"
SITE_BAR = 120
SITE_BAR_MB = 150
PAGE_BAR_MS = 1000
PAGES = ("index", "communes", "body/01", "body/G06", "body/00004", "class/open_overdue", "quality")
# Loading ends when the page's own script has run and a frame was laid out.
PAINTED = "new Promise(done => requestAnimationFrame(() => setTimeout(() => done(0))))"


def main() -> None:
    """Print seconds of the doors, milliseconds of their readers, then the site's size and pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=TASKS)
    parser.add_argument("--doors-only", action="store_true", help="leave the site out")
    given = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory(prefix="bench-publishing-") as folder:
        home = Home(Path(folder))
        build = write_build(
            home,
            kinds=(*ALL, "commune"),
            per_body=max(1, given.tasks // BODIES),
            topics=True,
            every_body=True,
        )
        with duckdb.connect(str(build), read_only=True) as connection:
            counted = connection.execute("select count(*) from marts.dim_task").fetchone()
        console.print(f"tasks: {counted[0] if counted else 0:,}")
        with opened_database() as server:
            snapshot = publish_doors(server, home, console, pages=not given.doors_only)
            print_readers(server, home, console)
        if not given.doors_only:
            _print_site(snapshot, Path(folder), console)


def _print_site(snapshot: Path, folder: Path, console: Console) -> None:
    site = snapshot / "dashboard"
    site.rename(folder / "pages-before")
    began = time.monotonic()
    dashboard.render(snapshot)
    console.print(f"pages alone: {time.monotonic() - began:.1f} s (bar {SITE_BAR} s)")
    files = [path.stat().st_size for path in site.rglob("*") if path.is_file()]
    size = f"{sum(files) / 1e6:.1f} MB (bar {SITE_BAR_MB} MB)"
    console.print(f"site: {len(files):,} files, {size}")
    console.print(
        f"pages in a warm browser, processor throttled {THROTTLE} times, median of {OPENINGS}:"
    )
    for page, taken in asyncio.run(_opened(site, folder)):
        said = f"{statistics.median(taken):.0f} ms (bar {PAGE_BAR_MS} ms)"
        console.print(f"{page}: {said}; {', '.join(f'{one:.0f}' for one in taken)}")


async def _opened(site: Path, folder: Path) -> list[tuple[str, list[float]]]:
    arguments = [
        "chromium",
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--remote-debugging-port=0",
        f"--user-data-dir={folder / 'profile'}",
        EMPTY,
    ]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as browser:
        try:
            return await _timed(_address(browser), site, PAGES)
        finally:
            browser.terminate()


def _address(browser: subprocess.Popen[str]) -> str:
    assert browser.stderr is not None
    for line in browser.stderr:
        if found := re.search(r"ws://\S+", line):
            return found.group()
    raise SystemExit("chromium did not say where it listens")


async def _timed(address: str, site: Path, pages: Sequence[str]) -> list[tuple[str, list[float]]]:
    """Of each page the milliseconds of each opening, always from an empty page."""
    async with connect(address, max_size=None) as socket:
        session = _Session(socket)
        target = (await session.ask("Target.createTarget", url=EMPTY))["targetId"]
        attached = await session.ask("Target.attachToTarget", targetId=target, flatten=True)
        session.of = attached["sessionId"]
        await session.ask("Page.enable")
        await session.ask("Emulation.setCPUThrottlingRate", rate=THROTTLE)
        await session.open(EMPTY)
        timed = []
        for page in pages:
            taken = []
            for _ in range(OPENINGS):
                taken.append(await session.open((site / f"{page}.html").as_uri()))
                await session.open(EMPTY)
            timed.append((page, taken))
        return timed


class _Session:
    """Asks the browser by its DevTools protocol; keeps what it told meanwhile."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.of: str | None = None
        self.asked = 0
        self.told: list[str] = []

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of one command; SystemExit where the browser refuses it."""
        self.asked += 1
        message = {"id": self.asked, "method": method, "params": parameters}
        if self.of:
            message["sessionId"] = self.of
        self.told.clear()
        await self.socket.send(json.dumps(message))
        while (answer := json.loads(await self.socket.recv())).get("id") != self.asked:
            self.told.append(answer.get("method", ""))
        if "error" in answer:
            raise SystemExit(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    async def open(self, address: str) -> float:
        """Milliseconds until a page is loaded, its script has run and a frame was laid out."""
        began = time.monotonic()
        await self.ask("Page.navigate", url=address)
        await self.until("Page.loadEventFired")
        await self.ask("Runtime.evaluate", expression=PAINTED, awaitPromise=True)
        return (time.monotonic() - began) * 1000

    async def until(self, event: str) -> None:
        """Wait for an event that follows the last command, if it has not been told yet."""
        while event not in self.told:
            self.told.append(json.loads(await self.socket.recv()).get("method", ""))


if __name__ == "__main__":
    main()
