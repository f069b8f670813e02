"""One CSV record after another, sound or damaged: the careful reader.

A stray quote costs at most the line it stands in. A quoted field over several lines is believed
only if the record it belongs to closes properly and has the width of the table.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from task_warehouse.reading import refusal
from task_warehouse.reading.grammar import Grammar


@dataclass(slots=True)
class Record:
    """A record of the file: its octets from ``start`` to ``end``, and its cells if it has any.

    ``problem`` names the damage. A blank line has neither cells nor a problem.
    """

    start: int
    end: int
    lines: int
    cells: list[str] | None
    problem: str | None = None

    @property
    def damaged(self) -> bool:
        return self.problem is not None

    @property
    def blank(self) -> bool:
        return self.cells is None and self.problem is None

    def is_sound(self, width: int) -> bool:
        return self.problem is None and self.cells is not None and len(self.cells) == width


@dataclass(slots=True)
class Scan:
    """The records of a sample, without its blank lines."""

    records: list[Record] = field(default_factory=list)


def scan_records(sample: bytes, grammar: Grammar, most: int = 1 << 30) -> Scan:
    """The records of a sample of whole lines, ``most`` of them."""
    scan, place = Scan(), 0
    if not sample.endswith(grammar.newline):
        sample += grammar.newline
    while place < len(sample) and len(scan.records) < most:
        record = read_record(sample, place, grammar, final=True, limit=1 << 20)
        assert record is not None
        if not record.blank:
            scan.records.append(record)
        place = record.end
    return scan


def read_record(
    octets: bytes, place: int, grammar: Grammar, *, final: bool, limit: int
) -> Record | None:
    """The record at ``place``; None if more octets are needed to tell. Width 0 takes any width."""
    line_end = octets.find(grammar.newline, place) + 1
    if not line_end:
        return None
    if grammar.newline == b"\r" and octets.startswith(b"\n", line_end):
        line_end += 1
    if _is_blank(octets[place:line_end], grammar):
        return Record(place, line_end, 1, None)
    match = grammar.record.match(octets, place, min(len(octets), place + limit))
    if match is not None:
        record = _strict(octets, place, line_end, match.end(), grammar)
        return record if record.problem is None else _other_end(octets, record, grammar)
    may_go_on = not final and len(octets) - place < limit
    if may_go_on and grammar.unclosed and grammar.unclosed.match(octets, place):
        return None
    return _one_line(octets, place, line_end, grammar)


def _is_blank(line: bytes, grammar: Grammar) -> bool:
    bare = line.strip(b"\r\n")
    return not bare or (not bare.strip() and grammar.delimiter not in bare)


def _strict(octets: bytes, place: int, line_end: int, end: int, grammar: Grammar) -> Record:
    lines = 1 if end == line_end else octets.count(grammar.newline, place, end)
    fields = grammar.split(_without_end(octets[place:end]))
    if not grammar.width or len(fields) == grammar.width:
        return _decoded(place, end, lines, fields, grammar)
    if lines > 1 and _swallowed_others(octets, place, line_end, end, grammar):
        return Record(place, line_end, 1, None, refusal.STRAY_QUOTE)
    record = _decoded(place, end, lines, fields, grammar)
    record.problem = record.problem or refusal.RAGGED_ROW
    return record


def _other_end(octets: bytes, record: Record, grammar: Grammar) -> Record:
    """A record that ends in the line end the file does not use otherwise; else as it was."""
    other = b"\r" if grammar.newline == b"\n" else b"\n"
    stop = octets.find(other, record.start, record.end) + 1
    if stop and grammar.width and stop < record.end:
        fields = grammar.split(octets[record.start : stop - 1])
        if len(fields) == grammar.width:
            lines = octets.count(grammar.newline, record.start, stop)
            return _decoded(record.start, stop, lines, fields, grammar)
    return record


def _swallowed_others(
    octets: bytes, place: int, first_end: int, end: int, grammar: Grammar
) -> bool:
    """Whether a quote that closes late has taken sound records with it."""
    start = first_end
    while start < end:
        stop = octets.find(grammar.newline, start) + 1
        match = grammar.record.match(octets, start, stop)
        whole = match is not None and match.end() == stop
        line = _without_end(octets[start:stop])
        if whole and len(grammar.split(line)) == grammar.width:
            return True
        start = stop
    literal = _without_end(octets[place:first_end]).count(grammar.delimiter) + 1
    return literal == grammar.width


def _one_line(octets: bytes, place: int, line_end: int, grammar: Grammar) -> Record:
    """A line that is not sound by itself: quotes inside fields are text, anything else damage."""
    line = _without_end(octets[place:line_end])
    fields = grammar.split_leniently(line)
    if fields is None:
        quoted = bool(grammar.quote) and grammar.quote in line
        kind = refusal.STRAY_QUOTE if quoted else refusal.RAGGED_ROW
        return Record(place, line_end, 1, None, kind)
    record = _decoded(place, line_end, 1, fields, grammar)
    if grammar.width and len(fields) != grammar.width:
        record.problem = record.problem or refusal.RAGGED_ROW
    return record


def _without_end(record: bytes) -> bytes:
    return record.removesuffix(b"\n").removesuffix(b"\r")


def _decoded(place: int, end: int, lines: int, fields: list[bytes], grammar: Grammar) -> Record:
    value, quote, plain = grammar.value, grammar.quote, not grammar.escape
    try:
        cells = [(item if plain and quote not in item else value(item)).decode() for item in fields]
    except UnicodeDecodeError:
        return Record(place, end, lines, None, refusal.BAD_CHARACTER)
    return Record(place, end, lines, cells)
