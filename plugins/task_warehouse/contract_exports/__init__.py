"""What follows from the contracts for others: schema, template, page, dbt source, comparison.

Everything is made from the contracts as they are loaded, so nothing here can say something else.
:func:`write_all` writes the folder that is published beside the dashboard.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from task_warehouse.contract_exports import page, schema, template
from task_warehouse.contracts import Contract, Contracts, expectations_directory, load_contracts
from task_warehouse.contracts.loading import SUFFIX
from task_warehouse.errors import StorageError

Writer = Callable[[Contract, Contracts, Path], None]

__all__ = ["FORMATS", "write_all", "write_one"]


def _write_schema(contract: Contract, contracts: Contracts, target: Path) -> None:
    target.write_text(schema.as_text(contract, contracts), encoding="utf-8")


def _write_page(contract: Contract, contracts: Contracts, target: Path) -> None:
    target.write_text(page.page(contract, contracts), encoding="utf-8")


def _write_odcs(contract: Contract, _contracts: Contracts, target: Path) -> None:
    written = expectations_directory() / "contracts" / f"{contract.dataset}{SUFFIX}"
    shutil.copyfile(written, target)


# Format on the command line: suffix of the file, and what writes it.
FORMATS: dict[str, tuple[str, Writer]] = {
    "schema": (".schema.json", _write_schema),
    "excel": (".xlsx", template.write_template),
    "page": (".html", _write_page),
    "odcs": (SUFFIX, _write_odcs),
}


def write_one(contract: Contract, contracts: Contracts, folder: Path, form: str) -> Path:
    """Write one dataset in one of :data:`FORMATS` into ``folder``; StorageError for a bad disk."""
    suffix, write = FORMATS[form]
    target = folder / f"{contract.dataset}{suffix}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write(contract, contracts, target)
    except OSError as error:
        raise StorageError(
            f"cannot write: {error.strerror}", where=str(target), remedy="choose another folder"
        ) from error
    return target


def write_all(folder: Path) -> None:
    """Write pages, templates, schemas and contracts of all datasets, and the page that leads there.

    The same contracts give the same bytes. Raises ContractError, StorageError.
    """
    contracts = load_contracts()
    for contract in contracts.by_dataset.values():
        for form in FORMATS:
            write_one(contract, contracts, folder, form)
    (folder / "index.html").write_text(page.index(contracts), encoding="utf-8")
