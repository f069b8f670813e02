"""The fast cutting of sound records does exactly what the strict grammar says."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from task_warehouse.reading.grammar import Dialect, Grammar, grammar
from task_warehouse.reading.segments import segment

OCTETS = st.text(alphabet='ab,"\n\ré', max_size=60).map(str.encode)


def by_the_grammar(octets: bytes, strict: Grammar) -> tuple[int, list[list[str]]]:
    """Where the run of sound records ends, and the texts of its fields."""
    match = strict.clean.match(octets)
    end = match.end() if match else 0
    records, place = [], 0
    while place < end:
        found = strict.record.match(octets, place, end)
        assert found is not None
        record = re.sub(rb"(\r?\n|\r)\Z", b"", found.group())
        records.append([strict.value(field).decode() for field in strict.split(record)])
        place = found.end()
    return end, records


@pytest.mark.parametrize("newline", ["\n", "\r"])
@pytest.mark.parametrize("quote", ['"', None])
@pytest.mark.parametrize("width", [1, 2, 3])
@settings(max_examples=300, deadline=None)
@given(octets=OCTETS, before=OCTETS)
@example(octets=b'a,"b""c"\r\n"x\ny",z\r\n', before=b"")
@example(octets=b'a,b\na"b,c\nd,e\n', before=b"")
@example(octets=b'"a"b,c\n', before=b"")
@example(octets=b'"a""",b\n', before=b"")
@example(octets=b"a,b\r\r\nc,d\n", before=b"")
def test_a_segment_is_what_the_grammar_matches(
    newline: str, quote: str | None, width: int, octets: bytes, before: bytes
) -> None:
    strict = grammar(Dialect(",", quote=quote, newline=newline), width)
    end, records = by_the_grammar(octets, strict)
    found = segment(before + octets, len(before), len(before) + len(octets), strict)
    if end == 0:
        assert found is None
        return
    assert found is not None
    assert (found.size, found.cells.to_pylist()) == (end, records)
    assert found.lines == octets[:end].count(newline.encode())
    assert len(found.record_lines) == len(records)
