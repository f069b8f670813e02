"""The canonical column names a source file may map to, as the contracts name them.

Read without loading the contracts: a source file is looked at in every batch, and all it needs of
a contract is the names. A test holds the two readings together.
"""

from __future__ import annotations

import difflib
import functools
import re
from typing import TYPE_CHECKING, Any

from task_warehouse.errors import SourceFileError
from task_warehouse.settings import PROJECT_ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from task_warehouse.sources.model import DatasetSource
    from task_warehouse.sources.positions import Document, Path_

PROPERTY = re.compile(r"^ {6}- name: ([a-z_]+)\s*$", re.MULTILINE)


@functools.cache
def columns_of(dataset: str) -> tuple[str, ...]:
    """Canonical columns of a dataset in the contract's order; empty where there is no contract."""
    path = PROJECT_ROOT / "expectations" / "contracts" / f"{dataset}.odcs.yaml"
    return tuple(PROPERTY.findall(path.read_text(encoding="utf-8"))) if path.is_file() else ()


def keep_relevant(dataset: str, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Of the defaults, what concerns this dataset: aliases and codes of columns it has."""
    known = columns_of(dataset)
    kept = dict(defaults)
    if not known:
        return kept
    headers, values = defaults.get("headers"), defaults.get("values")
    if isinstance(headers, dict):
        kept["headers"] = {key: to for key, to in headers.items() if to is None or to in known}
    if isinstance(values, dict):
        kept["values"] = {column: said for column, said in values.items() if column in known}
    return kept


def refuse_unknown_columns(document: Document, datasets: Mapping[Any, DatasetSource]) -> None:
    """Raise SourceFileError for an alias or a code of a column that no contract knows."""
    everywhere = sorted({column for name in datasets for column in columns_of(name)})
    defaults = document.data.get("defaults") or {}
    _refuse(document, ("defaults",), defaults, everywhere, "the datasets of this file")
    for name in datasets:
        said = (document.data.get("datasets") or {}).get(name) or {}
        _refuse(document, ("datasets", name), said, columns_of(name), name)


def _refuse(
    document: Document, place: Path_, said: Mapping[str, Any], known: Any, where: str
) -> None:
    if not known:
        return
    headers, values = said.get("headers") or {}, said.get("values") or {}
    for loc, column in [
        *(((*place, "headers", key), to) for key, to in headers.items() if to),
        *(((*place, "values", column), column) for column in values),
    ]:
        if column in known:
            continue
        near = difflib.get_close_matches(column, known, n=1, cutoff=0.6)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise SourceFileError(
            f"{document.path.name}:{document.line_of(loc)}: '{'.'.join(map(str, loc))}' names the "
            f"column '{column}', which {where} has not{hint}",
            where=f"{document.path}:{document.line_of(loc)}",
            remedy=f"use one of {', '.join(known)}",
        )
