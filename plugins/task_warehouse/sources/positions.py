"""YAML as text with the line of every key, so that a mistake can be named by its place.

Scalars stay text (``01`` is ``"01"``, ``06:30`` is ``"06:30"``); only the model gives them types.
YAML's own guesses would turn the code of Hà Nội into the number 1.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from task_warehouse.errors import SourceFileError

Path_ = tuple[str | int, ...]

MAX_FILE_BYTES = 2_000_000
MAX_NODES = 200_000
NULLS = {"", "~", "null", "Null", "NULL"}


@dataclass
class Document:
    """One YAML file: ``data`` of plain dicts, lists, text and None, and the line of each path."""

    path: Path
    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[Path_, int] = field(default_factory=dict)

    def line_of(self, loc: Path_) -> int:
        """Line of the deepest part of ``loc`` that is in the file."""
        best: Path_ = ()
        for part in loc:
            if (*best, part) in self.lines:
                best = (*best, part)
        return self.lines.get(best, 1)

    def place(self, loc: Path_) -> str:
        return f"{self.path.name}:{self.line_of(loc)}"


def read_document(path: Path) -> Document:
    """Parse one YAML file; SourceFileError names the line of what is not YAML."""
    text = _read_text(path)
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise SourceFileError(
            f"{path.name} is not YAML: {error.problem or error.context}",
            where=f"{path}:{line}",
            remedy="check indentation, colons and quotes at and just above this line",
        ) from None
    except (YAMLError, RecursionError, ValueError) as error:
        raise SourceFileError(
            f"{path.name} is not YAML: {type(error).__name__}",
            where=f"{path}:1",
            remedy="write it as plain YAML: keys, values, lists",
        ) from None
    document = Document(path)
    if not isinstance(node, MappingNode):
        raise SourceFileError(
            f"{path.name} says nothing" if node is None else f"{path.name} is not a list of keys",
            where=f"{path}:{node.start_mark.line + 1 if node else 1}",
            remedy="start with 'source:', 'organisation:' and 'datasets:', or remove the file",
        )
    builder = _Builder(document)
    document.data = builder.build(node, ())
    return document


def _read_text(path: Path) -> str:
    raw = path.read_bytes()
    if len(raw) > MAX_FILE_BYTES:
        raise SourceFileError(
            f"{path.name} has {len(raw)} bytes; a source file has at most {MAX_FILE_BYTES}",
            where=f"{path}:1",
            remedy="declare many like sources with one 'family:' file",
        )
    try:
        return unicodedata.normalize("NFC", raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise SourceFileError(
            f"{path.name} is not UTF-8 text (byte {error.start})",
            where=f"{path}:{line}",
            remedy="save the file as UTF-8",
        ) from None


class _Builder:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.open: set[int] = set()
        self.nodes = 0

    def build(self, node: Node, loc: Path_) -> Any:
        self.nodes += 1
        if id(node) in self.open or self.nodes > MAX_NODES:
            raise self._error(node, "an alias that contains itself or multiplies without end")
        self.document.lines.setdefault(loc, node.start_mark.line + 1)
        if isinstance(node, ScalarNode):
            plain = node.style is None
            return None if plain and node.value in NULLS else node.value
        self.open.add(id(node))
        built: Any
        if isinstance(node, SequenceNode):
            built = [self.build(item, (*loc, n)) for n, item in enumerate(node.value)]
        else:
            assert isinstance(node, MappingNode)
            built = self._mapping(node, loc)
        self.open.discard(id(node))
        return built

    def _mapping(self, node: MappingNode, loc: Path_) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise self._error(key, "a key that is not plain text")
            name = str(key.value)
            inner = (*loc, name)
            if name in built:
                raise self._error(
                    key, f"the key '{name}' again (first in line {self.document.lines[inner]})"
                )
            self.document.lines[inner] = key.start_mark.line + 1
            built[name] = self.build(value, inner)
        return built

    def _error(self, node: Node, found: str) -> SourceFileError:
        return SourceFileError(
            f"{self.document.path.name} holds {found}",
            where=f"{self.document.path}:{node.start_mark.line + 1}",
            remedy="write each key once, as plain text; put what is shared under 'defaults:'",
        )
