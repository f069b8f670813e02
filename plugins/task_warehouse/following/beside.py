"""What is published beside the marts as pages of its own: Data Docs and the contracts.

They were written whole at publication and are handed out as they are, to whoever may see the rest.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as Part
from fastapi.responses import FileResponse

from task_warehouse.following.pages import NotFoundError, PageDep

FOLDERS = {"data-docs": "data_docs", "contracts": "contracts"}
NAME = re.compile(r"[a-z0-9_]{1,64}(?P<kind>\.html|\.xlsx|\.schema\.json|\.odcs\.yaml)")
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".schema.json": "application/schema+json; charset=utf-8",
    ".odcs.yaml": "application/yaml; charset=utf-8",
}
# Each page brings its style along; nothing else may be loaded or run.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'"

FileName = Annotated[str, Part(max_length=100)]

router = APIRouter()


@router.get("/data-docs/")
def data_docs(here: PageDep) -> FileResponse:
    """The checks of the last days."""
    return _file(here, "data-docs", "index.html")


@router.get("/data-docs/{name}")
def data_docs_of(here: PageDep, name: FileName) -> FileResponse:
    """What one check found."""
    return _file(here, "data-docs", name)


@router.get("/contracts/")
def contracts(here: PageDep) -> FileResponse:
    """What exports must look like."""
    return _file(here, "contracts", "index.html")


@router.get("/contracts/{name}")
def contract(here: PageDep, name: FileName) -> FileResponse:
    """One contract as a page, a template, a schema or as it is written."""
    return _file(here, "contracts", name)


def has_data_docs(here: PageDep) -> bool:
    """Whether the snapshot in force brings Data Docs along; earlier ones did not."""
    return (_folder(here, "data-docs") / "index.html").is_file()


def _folder(here: PageDep, step: str) -> Path:
    return here.reading.morning.folder / FOLDERS[step]


def _file(here: PageDep, step: str, name: str) -> FileResponse:
    found = NAME.fullmatch(name)
    path = _folder(here, step) / name
    if found is None or not path.is_file():
        raise NotFoundError
    return FileResponse(
        path,
        media_type=MEDIA_TYPES[found["kind"]],
        headers={"Content-Security-Policy": POLICY},
    )
