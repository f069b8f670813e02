"""Sound CSV records to Arrow without a loop in Python.

The caller has proved, by the strict grammar, that the octets are nothing but records of ``width``
fields; the places of delimiters, line ends and quotes are then enough to cut the fields.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from task_warehouse.reading.grammar import Grammar


def can_segment(grammar: Grammar) -> bool:
    """Whether the dialect is simple enough: single octets, doubled quotes, no padding."""
    dialect = grammar.dialect
    return (
        len(grammar.delimiter) == 1
        and len(grammar.quote) <= 1
        and not (dialect.padded or (dialect.escape and dialect.escape != dialect.quote))
    )


def segment(octets: bytes, grammar: Grammar) -> tuple[Any, pa.Array, int]:
    """Cells (list<string>, one list a record), line of each record from 0, and lines in all."""
    width = grammar.width
    buffer = np.frombuffer(octets, dtype=np.uint8)
    is_end = buffer == ord(grammar.newline)
    places = np.flatnonzero((buffer == ord(grammar.delimiter)) | is_end)
    newlines = np.flatnonzero(is_end)
    keep = np.ones(len(buffer), dtype=np.bool_)
    if grammar.quote and grammar.quote in octets:
        quotes = np.flatnonzero(buffer == ord(grammar.quote))
        # An odd number of quotes before it: a delimiter or line end inside a quoted field.
        places = places[(np.searchsorted(quotes, places) & 1) == 0]
        _drop_quotes(quotes, keep)
    keep[places] = False
    ends = places[width - 1 :: width]
    if grammar.newline == b"\n" and b"\r\n" in octets:
        returns = ends[(ends > 0) & (buffer[ends - 1] == 13)] - 1
        keep[returns] = False
    count = len(ends)
    if len(places) != count * width or not is_end[ends].all():
        raise ArithmeticError("the grammar and the places of delimiters disagree")
    dropped = np.flatnonzero(~keep)
    offsets = np.zeros(len(places) + 1, dtype=np.int32)
    offsets[1:] = places - np.searchsorted(dropped, places)
    flat = pa.StringArray.from_buffers(
        len(places), pa.py_buffer(offsets), pa.py_buffer(buffer[keep])
    )
    cells = pa.ListArray.from_arrays(np.arange(0, len(places) + 1, width, dtype=np.int32), flat)
    return _lines(ends, newlines), cells, len(newlines)


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
