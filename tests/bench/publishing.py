"""``python -m tests.bench.publishing``: a nation's morning published; its pages on a slow machine.

The small country of the tests grown to every ministry, province and commune, a million tasks in
all, is published by its files; then pages are opened in headless Chromium with its processor
throttled four times. The aims: the site within 120 s and 150 MB, a page within 1 s.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
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
from tests.unit.publish.publish_marts import ALL, publish_small, write_build

TASKS = 1_000_000
BODIES = 3377
THROTTLE = 4
PAGES = ("index", "communes", "body/01", "body/G06", "body/00004", "class/open_overdue", "quality")
# Loading ends when the page's own script has run and a frame was laid out.
PAINTED = "new Promise(done => requestAnimationFrame(() => setTimeout(() => done(0))))"


def main() -> None:
    """Print seconds and megabytes of the publication, then milliseconds a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=TASKS)
    tasks = parser.parse_args().tasks
    console = Console()
    with tempfile.TemporaryDirectory(prefix="bench-publishing-") as folder:
        home = Home(Path(folder))
        build = write_build(
            home,
            kinds=(*ALL, "commune"),
            per_body=max(1, tasks // BODIES),
            topics=True,
            every_body=True,
        )
        with duckdb.connect(str(build), read_only=True) as connection:
            counted = connection.execute("select count(*) from marts.dim_task").fetchone()
        console.print(f"tasks: {counted[0] if counted else 0:,}")
        site = _published(home, console) / "dashboard"
        files = [path.stat().st_size for path in site.rglob("*") if path.is_file()]
        console.print(f"site: {len(files):,} files, {sum(files) / 1e6:.1f} MB")
        for page, milliseconds in asyncio.run(_opened(site, Path(folder))):
            console.print(f"{page}: {milliseconds:.0f} ms, processor throttled {THROTTLE} times")


def _published(home: Home, console: Console) -> Path:
    began = time.monotonic()
    snapshot = publish_small(home)
    console.print(f"published, pages and all: {time.monotonic() - began:.1f} s")
    pages = snapshot / "dashboard"
    pages.rename(home.root / "pages-before")
    began = time.monotonic()
    dashboard.render(snapshot)
    console.print(f"pages alone: {time.monotonic() - began:.1f} s")
    return snapshot


async def _opened(site: Path, folder: Path) -> list[tuple[str, float]]:
    arguments = [
        "chromium",
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--remote-debugging-port=0",
        f"--user-data-dir={folder / 'profile'}",
        "about:blank",
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


async def _timed(address: str, site: Path, pages: Sequence[str]) -> list[tuple[str, float]]:
    async with connect(address, max_size=None) as socket:
        session = _Session(socket)
        target = (await session.ask("Target.createTarget", url="about:blank"))["targetId"]
        attached = await session.ask("Target.attachToTarget", targetId=target, flatten=True)
        session.of = attached["sessionId"]
        await session.ask("Page.enable")
        await session.ask("Emulation.setCPUThrottlingRate", rate=THROTTLE)
        timed = []
        for page in pages:
            began = time.monotonic()
            await session.ask("Page.navigate", url=(site / f"{page}.html").as_uri())
            await session.until("Page.loadEventFired")
            await session.ask("Runtime.evaluate", expression=PAINTED, awaitPromise=True)
            timed.append((page, (time.monotonic() - began) * 1000))
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

    async def until(self, event: str) -> None:
        """Wait for an event that follows the last command, if it has not been told yet."""
        while event not in self.told:
            self.told.append(json.loads(await self.socket.recv()).get("method", ""))


if __name__ == "__main__":
    main()
