"""A version of the contracts from where somebody keeps it: a file, a folder, a git revision."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from pathlib import Path

from task_warehouse import vocabulary
from task_warehouse.contract_exports.comparing import Version
from task_warehouse.contracts import declared, expectations_directory
from task_warehouse.contracts.loading import SUFFIX, code_lists_path, load_contract
from task_warehouse.errors import UsageError
from task_warehouse.settings import PROJECT_ROOT

IN_GIT = ("expectations", "dbt_project/seeds/code_lists.csv")
TEXTS = "standard_rules.yaml"


def version_of(place: str) -> Version:
    """Contracts at ``place``: one ``.odcs.yaml``, a folder of them, a revision of this project.

    What a file or a folder does not bring along (code lists, texts of standard rules) is that of
    this project. Raises UsageError where there is nothing, ContractError for a wrong contract.
    """
    path = Path(place)
    if path.is_file():
        return _read([path], expectations_directory() / TEXTS, code_lists_path())
    if path.is_dir():
        return _of_folder(path)
    with tempfile.TemporaryDirectory(prefix="task-warehouse-contracts-") as folder:
        _check_out(place, Path(folder))
        return _of_folder(Path(folder) / "expectations", is_past=True)


def _of_folder(folder: Path, *, is_past: bool = False) -> Version:
    files = sorted(folder.glob(f"contracts/*{SUFFIX}")) or sorted(folder.glob(f"*{SUFFIX}"))
    if not files:
        raise UsageError(
            f"no contract in {folder}",
            where=str(folder),
            remedy=f"name a folder with files *{SUFFIX}, or one that holds contracts/",
        )
    texts, lists = folder / TEXTS, folder.parent / IN_GIT[1]
    # Standard rules of an earlier revision may be fewer than those that are known today.
    own = texts.is_file() and not is_past
    return _read(
        files,
        texts if own else expectations_directory() / TEXTS,
        lists if lists.is_file() else code_lists_path(),
    )


def _read(files: list[Path], texts: Path, code_lists: Path) -> Version:
    lists = vocabulary.load_code_lists(code_lists)
    said = declared.load_texts(texts)
    contracts = [load_contract(file, lists, said) for file in files]
    return Version({contract.dataset: contract for contract in contracts}, lists)


def _check_out(revision: str, target: Path) -> None:
    """Unpack the contracts of ``revision``; a revision that looks like an option is none."""
    known = not revision.startswith("-") and _git("rev-parse", "--verify", "-q", revision)
    if not known:
        raise UsageError(
            f"'{revision}' is no file, no folder and no git revision",
            remedy="name a contract, a folder of contracts, or a revision such as HEAD~1",
        )
    archive = _git("archive", "--format=tar", revision, "--", *IN_GIT)
    if not archive:
        raise UsageError(f"the revision {revision} holds no contracts")
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        packed.extractall(target, filter="data")


def _git(*arguments: str) -> bytes:
    """What git says; nothing where it does not know, or is not there."""
    try:
        done = subprocess.run(
            ["git", "-C", str(PROJECT_ROOT), *arguments], capture_output=True, check=False
        )
    except OSError:
        return b""
    return done.stdout if done.returncode == 0 else b""
