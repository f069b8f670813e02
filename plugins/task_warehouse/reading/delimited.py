"""Delimited text (CSV, TSV and their kin) to the text table, chunk by chunk.

Runs of records that are provably sound go to Arrow at once (:mod:`segments`); the others are read
one by one (:mod:`records`). Every line of the file is accounted for (preamble, header, record,
damaged record, blank line), and the sum is held against an independent count of line ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from task_warehouse.reading import refusal
from task_warehouse.reading.dialects import find_dialect
from task_warehouse.reading.encodings import Chunk
from task_warehouse.reading.headers import differs_from, looks_like_value
from task_warehouse.reading.locating import SAMPLE_BYTES, Table, locate_table
from task_warehouse.reading.records import Record, read_record
from task_warehouse.reading.refusal import Refusal
from task_warehouse.reading.request import Limits
from task_warehouse.reading.segments import can_segment, segment
from task_warehouse.reading.tables import Layout, TextSink
from task_warehouse.reading.tidy import read_tidy

SEGMENT_BYTES = 16 * 1024
SEVERAL_AFTER = 3


def read_delimited(
    chunks: Iterable[Chunk],
    layout: Layout,
    sink: TextSink,
    limits: Limits,
    delimiter: str | None,
    hints: frozenset[str],
) -> None:
    """Read one delimited text into ``sink``; ``layout`` takes what was found out about it.

    Raises Refusal where the text does not determine its table.
    """
    rest = iter(chunks)
    first = _take_sample(rest)
    following = next(rest, None)
    whole = first[0] if len(first) == 1 and following is None else None
    if whole and whole.sound:
        octets = whole.octets if whole.octets.endswith(b"\n") else whole.octets + b"\n"
        if read_tidy(octets, layout, sink, limits, delimiter, hints):
            return
    rest = chain(first, [following] if following else [], rest)
    sample = b"".join(chunk.octets for chunk in first)
    if not sample.strip():
        raise Refusal(refusal.EMPTY, "nothing but blank lines")
    found = find_dialect(sample, delimiter, hints)
    if found.width > limits.columns:
        raise Refusal(refusal.TOO_WIDE, f"{found.width} columns, at most {limits.columns}")
    table = locate_table(sample, found, hints)
    layout.delimiter, layout.quote = found.dialect.delimiter, found.dialect.quote
    layout.headers, layout.header_line = table.names, table.header_line
    for note in table.notes:
        layout.note(note)
    sink.begin(layout)
    _Reader(table, sink, limits).run(_ended(rest, found.dialect.newline))


def _take_sample(chunks: Iterator[Chunk]) -> list[Chunk]:
    first: list[Chunk] = []
    size = 0
    for chunk in chunks:
        first.append(chunk)
        size += len(chunk.octets)
        if size >= SAMPLE_BYTES:
            break
    return first


def _ended(chunks: Iterable[Chunk], newline: str) -> Iterator[tuple[Chunk, bool]]:
    """Each chunk and whether it is the last; the last line always gets its line end."""
    held: Chunk | None = None
    for chunk in chunks:
        if held is not None:
            yield held, False
        held = chunk
    if held is not None:
        end = newline.encode()
        ended = held.octets.endswith(end)
        yield (held if ended else Chunk(held.octets + end, held.sound)), True


class _Reader:
    """State of one pass over a located table."""

    def __init__(self, table: Table, sink: TextSink, limits: Limits) -> None:
        self.table = table
        self.grammar = table.grammar
        self.sink = sink
        self.limits = limits
        self.line = table.lines_above + 1
        self.counted = 0
        self.fast = can_segment(table.grammar)
        self.after_blank = False
        self.torn = False
        self.off_width: list[int] = []

    def run(self, chunks: Iterator[tuple[Chunk, bool]]) -> None:
        rest, skip, sound = b"", self.table.first_data, True
        for chunk, final in chunks:
            self.counted += chunk.octets.count(self.grammar.newline)
            sound = chunk.sound and (sound or not rest)
            octets = rest + chunk.octets
            if skip >= len(octets) and not final:
                rest = octets
                continue
            rest = octets[self._read(octets, skip, final=final, sound=sound) :]
            skip = 0
        self._settle_accounts()

    def _settle_accounts(self) -> None:
        """The lines handed out one way or another are all the lines there are."""
        if self.line - 1 != self.counted:
            raise ArithmeticError(
                f"{self.counted} line ends in the text, {self.line - 1} accounted for"
            )

    def _read(self, octets: bytes, place: int, *, final: bool, sound: bool) -> int:
        """Read as far as the octets allow; the offset of the first record not yet read."""
        self.torn = False
        while place < len(octets):
            if sound and not self.after_blank:
                end = self._clean_run(octets, place)
                if end > place:
                    place = end
                    continue
            record = read_record(
                octets, place, self.grammar, final=final, limit=self.limits.record_bytes
            )
            if record is None:
                break
            self._one(octets, record)
            place = record.end
        return place

    def _clean_run(self, octets: bytes, place: int) -> int:
        """Take the run of sound records at ``place``, up to a repeated header; where it ends."""
        if not self.fast:
            return place
        stop = self._before_header(octets, place, self._run_end(octets, place))
        if stop - place < SEGMENT_BYTES and not self.sink.idle:
            return place
        found = segment(octets, place, stop, self.grammar) if stop > place else None
        size = found.size if found else 0
        self.torn = self.torn or size < stop - place
        if found is None or (size < SEGMENT_BYTES and not self.sink.idle):
            return place
        self.off_width.clear()
        self.sink.segment(found.record_lines + self.line, found.cells)
        self.line += found.lines
        return place + size

    def _run_end(self, octets: bytes, place: int) -> int:
        """How far to look for sound records: once some are damaged, no further than is sound.

        Else every damaged record would cost another look at all that follows.
        """
        if not self.torn:
            return len(octets)
        match = self.grammar.clean.match(octets, place)
        return match.end() if match else place

    def _before_header(self, octets: bytes, place: int, stop: int) -> int:
        """``stop``, or where the header stands again as a line before it."""
        header = self.table.header_octets
        again = octets.find(header, place, stop) if header else -1
        while again > place and octets[again - 1 : again] != self.grammar.newline:
            again = octets.find(header, again + 1, stop)
        return again if again >= 0 else stop

    def _one(self, octets: bytes, record: Record) -> None:
        line, self.line = self.line, self.line + record.lines
        if record.blank:
            self.after_blank = True
            return
        after_blank, self.after_blank = self.after_blank, False
        raw = octets[record.start : record.end]
        if record.cells is not None and not record.damaged:
            self.off_width.clear()
            if raw == self.table.header_octets:
                self._damage(line, refusal.REPEATED_HEADER, raw)
                return
            if after_blank:
                self._refuse_second_header(line, record.cells)
            self.sink.row(line, list(record.cells))
            return
        assert record.problem is not None
        self._damage(line, record.problem, raw)
        if record.problem == refusal.RAGGED_ROW and record.cells is not None:
            self._watch_width(line, len(record.cells))
        else:
            self.off_width.clear()

    def _damage(self, line: int, problem: str, raw: bytes) -> None:
        shown = raw.decode("utf-8", "backslashreplace")
        self.sink.damaged(line, problem, shown.rstrip("\r\n"))

    def _watch_width(self, line: int, width: int) -> None:
        """Several records in a row that agree on another width are another table."""
        if self.off_width and self.off_width[-1] != width:
            self.off_width.clear()
        self.off_width.append(width)
        if len(self.off_width) >= SEVERAL_AFTER and width > 1:
            first = line - len(self.off_width) + 1
            raise Refusal(
                refusal.SEVERAL_TABLES,
                f"records of {width} cells from line {first} on, of {self.grammar.width} before",
            )

    def _refuse_second_header(self, line: int, cells: list[str]) -> None:
        """After a blank line, a row of names over columns of values begins another table."""
        words = [cell for cell in cells if cell.strip()]
        if any(looks_like_value(cell) for cell in words) or len(words) * 2 <= len(cells):
            return
        if differs_from(cells, self.table.values):
            raise Refusal(refusal.SEVERAL_TABLES, f"another header stands in line {line}")
