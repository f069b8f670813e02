"""PDF of a page, on request: the browser that is there prints what the page already is."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from task_warehouse.dashboard.pages import page_name
from task_warehouse.errors import NoDataError, TaskWarehouseError, UsageError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSER_VARIABLE = "TASK_WAREHOUSE_CHROMIUM"
WAIT_SECONDS = 120
_OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-pdf-header-footer",
)


class PrintError(TaskWarehouseError):
    """There is no browser to print with, or it did not print."""


def page_of(dashboard: Path, organisation: str | None, *, english: bool = False) -> Path:
    """The morning page, or that of a body; UsageError for a body without a page."""
    suffix = ".en.html" if english else ".html"
    if organisation is None:
        page = dashboard / f"index{suffix}"
        if not page.is_file():
            raise NoDataError(
                "no morning is published", where=str(dashboard), remedy="build and publish first"
            )
        return page
    page = dashboard / "body" / f"{page_name(organisation)}{suffix}"
    if not page.is_file():
        raise UsageError(
            f"{organisation} has no page on the dashboard",
            where=str(page.parent),
            remedy="name a code of mart_scorecard, such as G06, 01 or 00004",
        )
    return page


def print_page(page: Path, out: Path) -> None:
    """Print ``page`` to the PDF ``out``, A4; raises PrintError without a working browser."""
    browser = find_browser()
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="print-") as profile:
        command = [browser, *_OPTIONS, f"--user-data-dir={profile}", f"--print-to-pdf={out}"]
        if os.geteuid() == 0:
            # Chromium refuses its sandbox to root; the page is ours and runs nothing of others.
            command.append("--no-sandbox")
        try:
            done = subprocess.run(
                [*command, page.resolve().as_uri()],
                capture_output=True,
                text=True,
                timeout=WAIT_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise _failed(browser, str(error)) from error
    if done.returncode != 0 or not out.is_file() or not out.read_bytes().startswith(b"%PDF"):
        raise _failed(browser, done.stderr.strip()[-500:])


def find_browser() -> str:
    """The browser named by TASK_WAREHOUSE_CHROMIUM, else the first one on the path."""
    wanted = os.environ.get(BROWSER_VARIABLE)
    for name in (wanted,) if wanted else BROWSERS:
        if found := shutil.which(name):
            return found
    raise PrintError(
        f"{wanted} cannot be run" if wanted else "there is no Chromium to print with",
        where=f"{BROWSER_VARIABLE} or the path",
        remedy=f"install chromium, or name one in {BROWSER_VARIABLE}",
    )


def _failed(browser: str, said: str) -> PrintError:
    return PrintError(
        f"the browser printed nothing: {said}", where=browser, remedy="open the page and print it"
    )
