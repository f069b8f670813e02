"""YAML of ours with the line of every key: libyaml parses, its marks say where things stand.

The values are those of YAML 1.2 (``true``, ``12``, ``0.5``, ``null``); ``yes``, ``06:30`` and
``2025-01-01`` stay the text they look like, because YAML 1.1's guesses about them surprise people.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from task_warehouse.errors import ContractError

Model = TypeVar("Model", bound=BaseModel)
Place = tuple[str | int, ...]

PLAIN_YAML = "mind the indentation; put a text with ':' or '#' between quotes"


class _Loader(yaml.CSafeLoader):
    """libyaml with the types of YAML 1.2's core schema."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - typed so by its base


for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?$", "-+0123456789."),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


@dataclass
class Document:
    """One YAML file: its plain data, and the 1-based line of each path into them."""

    path: Path
    data: Any = None
    lines: dict[Place, int] = field(default_factory=dict)

    def line_of(self, place: Sequence[str | int]) -> int:
        """Line of ``place``, or of the nearest parent that is in the file."""
        here = tuple(place)
        while here and here not in self.lines:
            here = here[:-1]
        return self.lines.get(here, 1)

    def where(self, *place: str | int) -> str:
        """``file:line`` of ``place``."""
        return f"{self.path}:{self.line_of(place)}"


def read(path: Path) -> Document:
    """Parse one file; ContractError names the line of what is not YAML or stands twice."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ContractError(f"cannot read: {error.strerror}", where=str(path)) from None
    except UnicodeDecodeError as error:
        raise ContractError(
            f"not UTF-8 text (byte {error.start})", where=str(path), remedy="save it as UTF-8"
        ) from None
    document = Document(path)
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is not None:
                document.data = _built(loader, node, (), document)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line = mark.line + 1 if mark else 1
        said = getattr(error, "problem", None) or type(error).__name__
        raise ContractError(
            f"not YAML: {said}", where=f"{path}:{line}", remedy=PLAIN_YAML
        ) from None
    return document


def _built(loader: Any, node: Node, place: Place, document: Document) -> Any:
    document.lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, ScalarNode):
        return loader.construct_object(node)
    if isinstance(node, SequenceNode):
        return [_built(loader, each, (*place, at), document) for at, each in enumerate(node.value)]
    assert isinstance(node, MappingNode)
    built: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        name = key.value
        if not isinstance(key, ScalarNode) or name in built:
            raise ContractError(
                f"the key '{name}' stands twice" if name in built else "a key is not plain text",
                where=f"{document.path}:{line}",
                remedy="write each key once, as plain text",
            )
        document.lines[(*place, name)] = line
        built[name] = _built(loader, value, (*place, name), document)
    return built


def read_as(path: Path, model: type[Model]) -> tuple[Document, Model]:
    """A YAML file with the lines of its keys, and as ``model``; raises :class:`ContractError`."""
    document = read(path)
    try:
        return document, model.model_validate(document.data)
    except ValidationError as error:
        # A misspelt key is both unknown and missing: its own line helps, its parent's does not.
        first = min(error.errors(), key=lambda said: said["type"] != "extra_forbidden")
        place = tuple("schema" if part == "schema_" else part for part in first["loc"])
        raise ContractError(
            f"{'.'.join(str(part) for part in place)}: {first['msg']}",
            where=document.where(*place),
            remedy="compare with the other contracts; expectations/README.md shows how",
        ) from None
