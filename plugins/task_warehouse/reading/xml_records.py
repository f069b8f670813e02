"""XML to the text table: document types, entities and external references are refused.

The document becomes nested records and goes the way of JSON: attributes are ``@name``, namespaces
are left off, an element that repeats is a list. ``line`` is the line the record's element opens.
"""

from __future__ import annotations

from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from task_warehouse.reading import refusal
from task_warehouse.reading.encodings import Encoding, utf_8_chunks
from task_warehouse.reading.nested import Columns, Step, parse_path, records_at
from task_warehouse.reading.refusal import Refusal
from task_warehouse.reading.request import Limits
from task_warehouse.reading.tables import Layout, TextSink

TEXT = "#text"


class Element(dict[str, Any]):
    """Attributes, children and text of an element, and the line it opens in."""

    line = 0


class _Builder:
    """Target of the parser: builds elements, and stops at the depth limit."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.parser: Any = None
        self.root = Element()
        self.open: list[tuple[str, Element, list[str]]] = [("", self.root, [])]

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self.open) > self.limits.depth:
            raise Refusal(refusal.TOO_DEEP, f"elements nested more than {self.limits.depth} deep")
        element = Element({f"@{_local(key)}": value for key, value in attributes.items()})
        element.line = self.parser.parser.CurrentLineNumber
        self.open.append((_local(tag), element, []))

    def data(self, text: str) -> None:
        self.open[-1][2].append(text)

    def end(self, _tag: str) -> None:
        name, element, pieces = self.open.pop()
        text = "".join(pieces)
        value: Any = element
        if text.strip():
            if element:
                element[TEXT] = text.strip() if _has_children(element) else text
            else:
                value = text
        elif not element:
            value = text if text and not text.isspace() else None
        parent = self.open[-1][1]
        if name not in parent:
            parent[name] = value
        elif isinstance(parent[name], list):
            parent[name].append(value)
        else:
            parent[name] = [parent[name], value]

    def close(self) -> Element:
        return self.root


def read_xml(
    stream: BinaryIO,
    encoding: Encoding,
    records: str | None,
    layout: Layout,
    sink: TextSink,
    limits: Limits,
) -> None:
    """Read an XML document. ``records`` is the path of the records, with or without the root.

    Raises Refusal for a document type, an entity, broken XML, and where no path can be found.
    """
    size = stream.seek(0, 2)
    if size > limits.document_bytes:
        raise Refusal(refusal.TOO_LARGE, f"a document of {size} bytes")
    document = _parse(stream, encoding, limits)
    root_name, root = next(iter(document.items()))
    sink.begin(layout)
    columns = Columns(layout, sink, limits)
    if records:
        steps = parse_path(records)
        if steps and steps[0].name == root_name:
            steps = steps[1:]
    else:
        steps = _find_path(root)
        layout.note(f"records found at {'/'.join([root_name, *(step.name for step in steps)])}")
    for ordinal, (around, record) in enumerate(records_at(root, steps), 1):
        columns.add(getattr(record, "line", ordinal), around, record)


def _parse(stream: BinaryIO, encoding: Encoding, limits: Limits) -> Element:
    builder = _Builder(limits)
    parser = DefusedXMLParser(
        target=builder,
        encoding="utf-8",
        forbid_dtd=True,
        forbid_entities=True,
        forbid_external=True,
    )
    builder.parser = parser
    try:
        for chunk in utf_8_chunks(stream, encoding, limits.document_bytes):
            parser.feed(chunk.octets)
        parser.close()
    except DefusedXmlException as error:
        raise Refusal(refusal.XML_FORBIDDEN, f"{type(error).__name__}") from error
    except (ParseError, ValueError) as error:
        raise Refusal(refusal.XML_INVALID, str(error)[:300]) from error
    return builder.root


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _has_children(element: Element) -> bool:
    return any(not key.startswith("@") for key in element)


def _find_path(node: Any) -> list[Step]:
    """Down to the one element that repeats, or to the only record there is."""
    steps: list[Step] = []
    while isinstance(node, dict):
        lists = [key for key, value in node.items() if isinstance(value, list)]
        tables = [key for key in lists if any(isinstance(item, dict) for item in node[key])]
        if len(tables) > 1:
            raise Refusal(refusal.RECORDS_MISSING, f"several elements repeat: {', '.join(tables)}")
        if tables:
            return [*steps, Step(tables[0], each=True)]
        inner = [key for key, value in node.items() if isinstance(value, dict)]
        others = [key for key in node if not key.startswith("@") and key not in inner]
        if len(inner) != 1 or (steps and others):
            return steps
        steps.append(Step(inner[0], each=True))
        node = node[inner[0]]
    return steps
