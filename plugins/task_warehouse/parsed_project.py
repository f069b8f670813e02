"""The dbt project as dbt has parsed it, once for each state of its files.

dbt parses a project anew whenever a var differs, and the as-of date does so every day: seven
seconds that say the same each time. What it parsed depends on no date, only on the files, on dbt
and on thresholds that a run overrides; so it is kept beside the project, under the hash of those,
and given to dbt as it is.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from task_warehouse import fingerprint
from task_warehouse.errors import BuildError, StorageError
from task_warehouse.settings import PROJECT_ROOT
from task_warehouse.storage import written_whole

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

PROJECT = PROJECT_ROOT / "dbt_project"
KEPT = PROJECT / "target" / "parsed"
PARSED = "partial_parse.msgpack"  # dbt's own name


def place(logs: Path) -> list[str]:
    """The arguments of any dbt command on this project; dbt writes its log under ``logs``."""
    return [
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--log-path", str(logs), "--log-level", "none", "--log-level-file", "info"),
        "--no-version-check",
    ]


def manifest_of(variables: Mapping[str, object], logs: Path) -> Manifest:
    """The parsed project under overridden ``variables``; parsed now where it is not kept yet.

    Raises :class:`BuildError` with dbt's own words where the project cannot be parsed.
    """
    from dbt.contracts.graph.manifest import Manifest

    kept = KEPT / _files() / f"{_thresholds(variables)}.msgpack"
    with suppress(FileNotFoundError):
        manifest = Manifest.from_msgpack(kept.read_bytes())
        manifest.build_flat_graph()
        return manifest
    return _parse(variables, logs, kept)


def _files() -> str:
    """What was parsed and by whom, as a name."""
    from dbt.version import __version__

    said = json.dumps([fingerprint.of_code(["dbt_project"]), __version__, str(PROJECT)])
    return hashlib.sha256(said.encode()).hexdigest()[:20]


def _thresholds(variables: Mapping[str, object]) -> str:
    said = json.dumps(dict(variables), sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:20]


def _parse(variables: Mapping[str, object], logs: Path, kept: Path) -> Manifest:
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

    with tempfile.TemporaryDirectory(prefix="task-warehouse-parse-") as target:
        parse: Sequence[str] = ["parse", *place(logs), "--target-path", target]
        outcome = dbtRunner().invoke([*parse, "--vars", json.dumps(dict(variables))])
        if not isinstance(outcome.result, Manifest):
            raise BuildError(
                f"dbt could not read the project: {outcome.exception}",
                where=str(PROJECT),
                remedy="correct the file it names; nothing was published",
            )
        # A checkout that nothing may be written to is parsed every time.
        with suppress(OSError, StorageError):
            _keep(Path(target) / PARSED, kept)
    return outcome.result


def _keep(parsed: Path, kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    for older in KEPT.iterdir():
        if older != kept.parent:
            shutil.rmtree(older, ignore_errors=True)
    with written_whole(kept, durable=False) as aside:
        shutil.copyfile(parsed, aside)
