"""The short way for tidy files gives what the careful way gives, and takes nothing else."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from read_here import Read, Reading
from read_pollution import HEADER, Polluted, all_pollutions, clean_rows, write

from task_warehouse.reading import delimited
from task_warehouse.reading.headers import normalise_header

HINTS = frozenset(map(normalise_header, HEADER))
CELL = st.sampled_from(
    ["", "a", "Mã", "18/03/2025", "9,5", '"x"', '"x, ""y"""', '"a\nb"', "'b'", " c", 'd\\"', "1\r2"]
)
ENDS = st.sampled_from(["\n", "\r\n", "\n", "\n\n", "\r"])
LINE = st.tuples(st.lists(CELL, min_size=2, max_size=4), st.sampled_from(",,,;"), ENDS)
TEXT = st.tuples(LINE, st.lists(LINE, max_size=24)).map(
    lambda text: "".join(mark.join(cells) + end for cells, mark, end in [text[0], *text[1]])
)


def both_ways(
    octets: bytes, read: Read, hints: frozenset[str], delimiter: str | None = None
) -> tuple[Reading, Reading, bool]:
    """Read as usual and without the short way; and whether the short way was taken."""
    taken: list[bool] = []
    short = delimited.read_tidy

    def watched(*arguments: object) -> bool:
        taken.append(short(*arguments))  # type: ignore[arg-type]
        return taken[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "read_tidy", watched)
        usual = read(octets, "bao_cao.csv", header_hints=hints, delimiter=delimiter)
        patch.setattr(delimited, "read_tidy", lambda *_: False)
        careful = read(octets, "bao_cao.csv", header_hints=hints, delimiter=delimiter)
    return usual, careful, any(taken)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    text=TEXT,
    hints=st.sampled_from([frozenset[str](), frozenset({"a", "mã"})]),
    mark=st.sampled_from([None, ",", ";"]),
)
@example(text="a,Mã\n1,2\n", hints=frozenset({"a", "mã"}), mark=None)
@example(text="a,Mã\n1,'2'\n", hints=frozenset({"a", "mã"}), mark=None)
@example(text="a,Mã\n1,2\na,Mã\n3,4\n", hints=frozenset({"a", "mã"}), mark=None)
@example(text='a,Mã\r\n1,"2\n3"\r\n', hints=frozenset({"a", "mã"}), mark=None)
@example(text=';9,5\n"a\nb",1\r2,\n', hints=frozenset(), mark=None)
@example(text="a,\n,Mã\n1,2\n", hints=frozenset({"a", "mã"}), mark=None)
def test_the_short_way_is_the_careful_way(
    read: Read, text: str, hints: frozenset[str], mark: str | None
) -> None:
    usual, careful, _ = both_ways(text.encode(), read, hints, mark)
    assert usual == careful


@pytest.mark.parametrize("polluted", all_pollutions(), ids=lambda polluted: polluted.name)
def test_a_polluted_file_is_read_the_same(read: Read, polluted: Polluted) -> None:
    usual, careful, _ = both_ways(polluted.octets, read, HINTS)
    assert usual == careful


@pytest.mark.parametrize("mark", [None, ","])
def test_a_tidy_file_goes_the_short_way(read: Read, mark: str | None) -> None:
    usual, _, taken = both_ways(write([HEADER, *clean_rows()]).encode(), read, HINTS, mark)
    assert taken
    assert (usual.rows, usual.headers) == (clean_rows(), HEADER)
    assert (usual.lines[0], usual.layout.header_line) == (2, 1)


def test_a_title_above_the_header_is_left_to_the_careful_way(read: Read) -> None:
    text = "BÁO CÁO TIẾN ĐỘ\r\n" + write([HEADER, *clean_rows()])
    usual, _, taken = both_ways(text.encode(), read, HINTS)
    assert not taken
    assert usual.layout.header_line == 2
