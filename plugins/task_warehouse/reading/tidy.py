"""A small text that is as it should be: a header in its first line, sound records below, no more.

Most files of a morning are like that. What the careful way would find out about them, dialect by
dialect and record by record, is so at a glance; of anything else this keeps its hands off.
"""

from __future__ import annotations

from task_warehouse.reading.dialects import COMMON, apostrophes
from task_warehouse.reading.grammar import Dialect, Grammar, grammar
from task_warehouse.reading.headers import Header, find_header
from task_warehouse.reading.locating import FIRST_LOOK
from task_warehouse.reading.request import Limits
from task_warehouse.reading.segments import Segment, can_segment, segment
from task_warehouse.reading.tables import Layout, TextSink


def read_tidy(
    octets: bytes,
    layout: Layout,
    sink: TextSink,
    limits: Limits,
    declared: str | None,
    hints: frozenset[str],
) -> bool:
    """Read the whole text ``octets``; false, with nothing done, where it is not tidy.

    ``declared`` is the delimiter, where the source file says it. What comes out is what
    :func:`~task_warehouse.reading.delimited.read_delimited` would give.
    """
    top = octets.find(b"\n") + 1
    shape = _shape(octets, top, declared)
    if shape is None or shape.width > limits.columns or octets.find(octets[:top], top) >= 0:
        return False
    found = segment(octets, top, len(octets), shape) if top < len(octets) else None
    if found is None or found.size < len(octets) - top:
        return False
    header = _header(octets[:top], found, shape, hints)
    if header is None:
        return False
    layout.delimiter, layout.quote = shape.dialect.delimiter, shape.dialect.quote
    layout.headers, layout.header_line = header.names, 1
    sink.begin(layout)
    sink.segment(found.record_lines + 2, found.cells)
    return True


def _shape(octets: bytes, top: int, declared: str | None) -> Grammar | None:
    """The grammar that the first line suggests, if it suggests just one."""
    possible = (declared,) if declared else COMMON
    marks = [mark for mark in possible if mark.encode() in octets[:top]]
    if len(marks) != 1 or b'\\"' in octets or octets.count(b"\r") != octets.count(b"\r\n"):
        return None
    dialect = Dialect(marks[0])
    match = grammar(dialect, 0).record.match(octets)
    if match is None or match.end() != top or apostrophes(octets, dialect.delimiter):
        return None
    shape = grammar(dialect, len(_fields(match.group(), grammar(dialect, 0))))
    return shape if can_segment(shape) else None


def _fields(record: bytes, shape: Grammar) -> list[bytes]:
    return shape.split(record.removesuffix(b"\n").removesuffix(b"\r"))


def _header(line: bytes, found: Segment, shape: Grammar, hints: frozenset[str]) -> Header | None:
    """The header, if it is the first line and surely no other."""
    names = [shape.value(name).decode() for name in _fields(line, shape)]
    rows = [names, *found.cells.slice(0, FIRST_LOOK - 1).to_pylist()]
    header = find_header(rows, hints)
    sure = header.sure or len(rows) < FIRST_LOOK
    return header if sure and header.rows == (0,) else None
