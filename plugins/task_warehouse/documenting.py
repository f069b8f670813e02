"""The dbt documentation of a built warehouse as one file that opens without a server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from task_warehouse import fingerprint
from task_warehouse.building import BUILD_VARIABLE
from task_warehouse.errors import BuildError, NoDataError
from task_warehouse.last_build import DATABASE_NAME, STEP, discard_unfinished
from task_warehouse.locking import hold
from task_warehouse.parsed_project import PROJECT
from task_warehouse.settings import HOME_VARIABLE, Home
from task_warehouse.storage import written_whole

LOCK_WAIT_SECONDS = 600.0
PAGE = "static_index.html"
KEPT_PAGE = "dbt-docs.html"


def keep_docs(home: Home) -> Path:
    """The page beside the snapshots, written anew only where models, seeds or their texts changed.

    Raises as :func:`write_docs` does.
    """
    page = home.published / KEPT_PAGE
    stamp = f"<!-- models {fingerprint.of_code(['dbt_project'])} -->".encode()
    if page.is_file() and page.read_bytes().endswith(stamp):
        return page
    with written_whole(page) as aside:
        write_docs(home, aside)
        with aside.open("ab") as stream:
            stream.write(stamp)
    return page


def write_docs(home: Home, page: Path) -> Path:
    """Write every table, column, test and their lineage as one HTML file at ``page``.

    dbt reads the last build, which nothing else may write meanwhile. Raises :class:`NoDataError`
    without a build, :class:`BuildError` with the end of dbt's log where it fails, and
    :class:`~task_warehouse.errors.BusyError` while a build goes on.
    """
    manifest = home.warehouse / "target" / "manifest.json"
    if not manifest.is_file() or not (home.warehouse / DATABASE_NAME).is_file():
        raise NoDataError(
            "there is no build to describe", where=str(manifest), remedy="task-warehouse build"
        )
    with hold(home, STEP, wait_seconds=LOCK_WAIT_SECONDS), tempfile.TemporaryDirectory() as target:
        discard_unfinished(home)
        shutil.copy(manifest, target)
        finished = subprocess.run(
            [
                *(sys.executable, "-m", "dbt.cli.main", "docs", "generate", "--static"),
                *("--no-compile", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
                *("--target-path", target, "--log-path", str(home.logs)),
                *("--no-version-check", "--no-use-colors"),
            ],
            env={**os.environ, HOME_VARIABLE: str(home.root), BUILD_VARIABLE: "warehouse"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        made = Path(target) / PAGE
        if finished.returncode != 0 or not made.is_file():
            raise BuildError(
                f"dbt could not write its documentation: {finished.stdout[-400:]}",
                where=str(home.logs / "dbt.log"),
                remedy="read the end of that log; the published marts are not touched",
            )
        page.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, page)
    return page
