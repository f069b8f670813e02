"""Who is told what, and how: one small YAML file, everything unknown in it refused.

``notifications.yml`` in the data root, or where ``TASK_WAREHOUSE_NOTIFICATIONS`` says. Without
the file nobody is told anything.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from task_warehouse.errors import SourceFileError, UsageError
from task_warehouse.settings import Home
from task_warehouse.sources.organisations import load_organisations
from task_warehouse.sources.positions import Document, read_document
from task_warehouse.sources.scalars import SecretName, Url, refuse

FILE_VARIABLE = "TASK_WAREHOUSE_NOTIFICATIONS"
FILE_NAME = "notifications.yml"
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?"
)


def _address(value: str) -> str:
    if not value.isascii() or not _EMAIL.fullmatch(value):
        raise refuse("one e-mail address, such as van-phong@example.gov.vn")
    return value


def _https(value: str) -> str:
    if urlsplit(value).scheme != "https":
        raise refuse("an address https://…; a webhook is never called without TLS")
    return value


def _link(value: str) -> str:
    if urlsplit(value).scheme not in ("https", "http") or not value.endswith("/"):
        raise refuse("the address of the folder dashboard/, https://…/ with a slash at its end")
    return value


Email = Annotated[str, AfterValidator(_address)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Webhook(_Strict):
    """An address that takes JSON by POST; ``secret`` names a bearer token, never holds one."""

    url: Annotated[Url, AfterValidator(_https)]
    secret: SecretName | None = None


class Recipients(_Strict):
    """Those who are told one kind of message; each gets a copy of its own."""

    email: tuple[Email, ...] = ()
    webhook: tuple[Webhook, ...] = ()


class Configuration(_Strict):
    """The file. A body that is not in ``organisations`` is sent nothing."""

    sender: Email | None = None
    dashboard: Annotated[str, AfterValidator(_link)] | None = None
    due_within_days: Annotated[int, Field(ge=1, le=60)] = 7
    overdue_within_days: Annotated[int, Field(ge=1, le=60)] = 7
    leaders: Recipients = Recipients()
    engineers: Recipients = Recipients()
    organisations: Mapping[str, Recipients] = Field(default_factory=dict)


def load(home: Home) -> Configuration | None:
    """The configuration; None where there is no file or it says nothing.

    Raises :class:`UsageError` naming file and line of every mistake.
    """
    named = os.environ.get(FILE_VARIABLE)
    path = Path(named) if named else home.root / FILE_NAME
    if not path.is_file():
        if named:
            raise UsageError(
                "there is no such file of notifications",
                where=f"{FILE_VARIABLE}={named}",
                remedy="write it (README, 'Alerts and the daily brief'), or unset the variable",
            )
        return None
    if not path.read_bytes().strip():
        return None
    try:
        document = read_document(path)
    except SourceFileError as error:
        remedy = "write it as the README shows under 'Alerts and the daily brief'"
        raise UsageError(error.what, where=error.where, remedy=remedy) from None
    return _validated(document)


def _validated(document: Document) -> Configuration:
    try:
        found = Configuration.model_validate(document.data)
    except ValidationError as error:
        mistakes = sorted(_mistake(document, detail) for detail in error.errors())
        raise UsageError(
            "\n".join(text for _, text in mistakes),
            where=f"{document.path}:{mistakes[0][0]}",
            remedy="correct each of these lines (README, 'Alerts and the daily brief')",
        ) from None
    known = load_organisations()
    for code in found.organisations:
        if not known.knows(code):
            raise UsageError(
                f"'organisations.{code}' is no code of an organisation",
                where=f"{document.path}:{document.line_of(('organisations', code))}",
                remedy="use a code of dbt_project/seeds/organisations.csv (G06, 01, 00004)",
            )
    if found.sender is None and any(r.email for r in _everybody(found)):
        raise UsageError(
            "somebody is to be told by e-mail, and no 'sender:' is named",
            where=f"{document.path}:1",
            remedy="add 'sender:', the address the messages come from",
        )
    return found


def _everybody(found: Configuration) -> list[Recipients]:
    return [found.leaders, found.engineers, *found.organisations.values()]


def _mistake(document: Document, detail: Any) -> tuple[int, str]:
    """Line and text of one mistake; what stands at an address is not shown."""
    loc = tuple(detail["loc"])
    key = ".".join(str(part) for part in loc)
    line = document.line_of(loc)
    place = f"{document.path.name}:{line}: "
    if detail["type"] == "extra_forbidden":
        return line, f"{place}the key '{key}' is not known"
    expected = (detail.get("ctx") or {}).get("expected") or detail["msg"]
    return line, f"{place}'{key}' is not usable; expected {expected}"
