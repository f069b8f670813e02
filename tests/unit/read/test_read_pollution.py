"""Every record that is not itself damaged comes out exactly, whatever was done to the file."""

from __future__ import annotations

import pytest
from read_here import Read
from read_pollution import HEADER, Polluted, all_pollutions

from task_warehouse.reading.headers import normalise_header

HINTS = frozenset(map(normalise_header, HEADER))


def check(polluted: Polluted, read: Read, **declared: object) -> None:
    reading = read(polluted.octets, "bao_cao.csv", **declared)
    assert reading.refused is None, (reading.refused, reading.detail)
    if polluted.header is not None:
        assert reading.headers == polluted.header
    out = [tuple(row) for row in reading.rows]
    for index, row in enumerate(polluted.rows):
        if index not in polluted.damaged:
            assert tuple(row) in out, (index, row)
    sound = {tuple(row) for index, row in enumerate(polluted.rows) if index not in polluted.damaged}
    others = [row for row in out if row not in sound]
    assert len(others) <= max(len(polluted.damaged), 1 if polluted.name == "header_twice" else 0)
    raws = "\n".join(raw for _, _, raw in reading.damaged)
    for index in polluted.damaged:
        marks = polluted.rows[index][:2]
        assert any(mark in raws for mark in marks) or any(
            mark in (cell or "") for mark in marks for row in others for cell in row
        ), "a row was lost"


@pytest.mark.parametrize("polluted", all_pollutions(), ids=lambda polluted: polluted.name)
def test_undamaged_records_come_out_exactly(polluted: Polluted, read: Read) -> None:
    check(polluted, read)


@pytest.mark.parametrize("polluted", all_pollutions(), ids=lambda polluted: polluted.name)
def test_known_header_names_change_nothing_for_the_worse(polluted: Polluted, read: Read) -> None:
    check(polluted, read, header_hints=HINTS)
