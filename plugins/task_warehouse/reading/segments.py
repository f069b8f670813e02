"""Sound CSV records to Arrow without a loop in Python.

The places of delimiters, line ends and quotes tell both: how far the octets are nothing but records
of ``width`` fields as the strict grammar has them (:mod:`grammar`), and how to cut the fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from task_warehouse.reading.grammar import Grammar

CARRIAGE_RETURN, LINE_FEED = 13, 10


@dataclass(frozen=True, slots=True)
class Segment:
    """Sound records: ``cells`` (list<string>, one list a record), the line of each record from 0,
    the number of lines, and the octets they take."""

    cells: pa.Array
    record_lines: Any
    lines: int
    size: int


def can_segment(grammar: Grammar) -> bool:
    """Whether the dialect is simple enough: single octets, doubled quotes, no padding."""
    dialect = grammar.dialect
    return (
        len(grammar.delimiter) == 1
        and len(grammar.quote) <= 1
        and not (dialect.padded or (dialect.escape and dialect.escape != dialect.quote))
    )


def segment(octets: bytes, start: int, stop: int, grammar: Grammar) -> Segment | None:
    """The sound records that ``octets[start:stop]`` begins with; None where the first is not."""
    buffer = np.frombuffer(octets, np.uint8, stop - start, start)
    is_end = buffer == ord(grammar.newline)
    separators = np.flatnonzero((buffer == ord(grammar.delimiter)) | is_end)
    quotes = np.flatnonzero(buffer == ord(grammar.quote)) if grammar.quote else separators[:0]
    quotes_before = np.searchsorted(quotes, separators)
    # After an odd number of quotes, a delimiter or line end stands inside a quoted field.
    outside = (quotes_before & 1) == 0
    ends, quotes_before = separators[outside], quotes_before[outside]
    fields = _Fields(buffer, ends, quotes_before, quotes, is_end[ends], grammar)
    records = fields.first_unsound() // grammar.width
    if records == 0:
        return None
    return fields.cut(records, np.flatnonzero(is_end))


class _Fields:
    """Fields by the places after them: ``ends`` (a delimiter or line end outside quotes)."""

    def __init__(
        self,
        buffer: Any,
        ends: Any,
        quotes_before: Any,
        quotes: Any,
        is_line_end: Any,
        grammar: Grammar,
    ) -> None:
        self.buffer, self.ends, self.grammar = buffer, ends, grammar
        self.quotes_before, self.is_line_end = quotes_before, is_line_end
        self.quotes = quotes[: quotes_before[-1]] if len(ends) else quotes[:0]
        # Where the text of a field ends: before a line end of two octets, too.
        two = is_line_end & (ends > 0) & (buffer[ends - 1] == CARRIAGE_RETURN)
        self.text_ends = ends - two if ord(grammar.newline) == LINE_FEED else ends

    def first_unsound(self) -> int:
        """Index of the first field that is not as the grammar has it, or the number of fields."""
        width = self.grammar.width
        last_of_record = np.zeros(len(self.ends), dtype=np.bool_)
        last_of_record[width - 1 :: width] = True
        unsound = [np.flatnonzero(self.is_line_end != last_of_record)]
        if len(self.quotes):
            unsound.append(self._wrongly_quoted())
        if width == 1:  # an empty line is not a record
            starts = self._starts(np.arange(len(self.ends)))
            unsound.append(np.flatnonzero(self.text_ends <= starts))
        if ord(self.grammar.newline) == CARRIAGE_RETURN:
            after = np.minimum(self.ends + 1, len(self.buffer) - 1)
            feeds = self.is_line_end & (self.buffer[after] == LINE_FEED)
            unsound.append(np.flatnonzero(feeds))
        return min((int(found[0]) for found in unsound if len(found)), default=len(self.ends))

    def _starts(self, fields: Any) -> Any:
        return np.where(fields == 0, 0, self.ends[fields - 1] + 1)

    def _wrongly_quoted(self) -> Any:
        """Fields whose quotes are not at both ends, or not doubled between them."""
        counts = np.diff(self.quotes_before, prepend=0)
        quoted = np.flatnonzero(counts)
        after = self.quotes_before[quoted]
        opening, closing = self.quotes[after - counts[quoted]], self.quotes[after - 1]
        loose = (opening != self._starts(quoted)) | (closing != self.text_ends[quoted] - 1)
        field = np.repeat(quoted, counts[quoted])
        # An even number of quotes a field: what follows the second one closes it or is its double.
        inside = field[1:-1:2] == field[2::2]
        single = inside & (self.quotes[2::2] - self.quotes[1:-1:2] != 1)
        return np.sort(np.concatenate([quoted[loose], field[1:-1:2][single]]))

    def cut(self, records: int, line_ends: Any) -> Segment:
        """The first ``records`` records, of which each field is sound."""
        width = self.grammar.width
        ends = self.ends[: records * width]
        size = int(ends[-1]) + 1
        buffer = self.buffer[:size]
        keep = np.ones(size, dtype=np.bool_)
        keep[ends] = False
        text_ends = self.text_ends[: len(ends)]
        keep[text_ends[text_ends < ends]] = False
        _drop_quotes(self.quotes[: self.quotes_before[len(ends) - 1]], keep)
        dropped = np.flatnonzero(~keep)
        offsets = np.zeros(len(ends) + 1, dtype=np.int32)
        offsets[1:] = ends - np.searchsorted(dropped, ends)
        flat = pa.StringArray.from_buffers(
            len(ends), pa.py_buffer(offsets), pa.py_buffer(buffer[keep])
        )
        cells = pa.ListArray.from_arrays(np.arange(0, len(ends) + 1, width, dtype=np.int32), flat)
        line_ends = line_ends[: np.searchsorted(line_ends, size)]
        return Segment(cells, _lines(ends[width - 1 :: width], line_ends), len(line_ends), size)


def _drop_quotes(quotes: Any, keep: Any) -> None:
    """Quotes that open, close or double another go; the second of each doubled pair stays."""
    keep[quotes] = False
    second = np.zeros(len(quotes), dtype=np.bool_)
    second[2::2] = quotes[2::2] - quotes[1:-1:2][: len(quotes[2::2])] == 1
    keep[quotes[second]] = True


def _lines(ends: Any, newlines: Any) -> Any:
    if len(newlines) == len(ends):
        return np.arange(len(ends), dtype=np.int64)
    starts = np.zeros(len(ends), dtype=np.int64)
    starts[1:] = ends[:-1] + 1
    return np.searchsorted(newlines, starts).astype(np.int64)
