"""Which of the first rows is the header: by names the contracts know, else by how rows look.

Used by every format that is a grid (CSV, workbooks). A header of two rows is joined with ' / ',
the upper one filled across the cells it was merged over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

Cells = Sequence["str | None"]

HEADER_WITHIN = 60
JOINT = " / "

_NUMBER = re.compile(r"[-+]?\d[\d.,  ]*\s*%?")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}(?:[-/.]\d{1,4})?(?:[T ]\d{1,2}:\d{2}.*)?")
_YEAR = re.compile(r"(?:19|20)\d\d")
WORD, CODE, DATE, NUMBER = range(4)
_CODE = re.compile(r"(?=[^\s]*\d)[\w./-]{2,40}")


@lru_cache(maxsize=8_192)
def normalise_header(text: str | None) -> str:
    """A header name as names are compared: NFC, casefolded, spaces collapsed."""
    return " ".join(unicodedata.normalize("NFC", text or "").casefold().split())


@dataclass(frozen=True, slots=True)
class Header:
    """Names of the columns and the rows (indices into what was given) that hold them.

    ``rows`` is empty where the table has none. ``first_data`` is the index of the first row below.
    ``sure``: more rows would not change it.
    """

    names: list[str]
    rows: tuple[int, ...]
    first_data: int
    notes: list[str] = field(default_factory=list)
    sure: bool = False


def find_header(
    rows: Sequence[Cells], hints: frozenset[str], merged: frozenset[int] = frozenset()
) -> Header:
    """The header among the first rows of a table.

    ``merged`` holds the indices of rows with cells merged across. Without any header-like row the
    columns are numbered, and a note says so.
    """
    candidates = list(enumerate(rows[:HEADER_WITHIN]))
    place = _by_hints(candidates, hints)
    sure = place is not None or not hints
    if place is None:
        place = _by_looks(rows)
    if place is None:
        width = max((len(row) for row in rows), default=0)
        names = [f"column_{number}" for number in range(1, width + 1)]
        return Header(names, (), 0, ["no header row was found: the columns are numbered"])
    return replace(_with_neighbours(rows, place, hints, merged), sure=sure and place < 8)


def _by_hints(candidates: list[tuple[int, Cells]], hints: frozenset[str]) -> int | None:
    """The row that holds most of the known names; two are needed, or half of its cells."""
    if not hints:
        return None
    best, place = 0, None
    for index, row in candidates:
        names = {normalise_header(cell) for cell in row if cell and len(cell) < 200}
        hits = len(names & hints)
        if hits > best and (hits >= 2 or hits * 2 >= len(names - {""})):
            best, place = hits, index
        if best >= 4 and best * 2 >= len(names):
            break  # no row below can be more of a header than this
    return place


def _by_looks(rows: Sequence[Cells]) -> int | None:
    """The first row that is filled, distinct and made of words, where the rows below are not."""
    width = max((len(row) for row in rows), default=0)
    for index, row in enumerate(rows[:HEADER_WITHIN]):
        filled = [cell for cell in row if cell and cell.strip()]
        if len(filled) * 2 <= width and width > 1:
            continue  # a title or a caption above the table
        return index if is_header_like(row, rows[index + 1 :]) else None
    return None


def is_header_like(row: Cells, below: Sequence[Cells]) -> bool:
    """Whether a row names columns: words, standing over values more often than being values."""
    filled = [cell for cell in row if cell and cell.strip()]
    if not filled:
        return False
    over, alike = _contrast(row, below[:20])
    if over or alike:
        return over > alike
    if any(_NUMBER.fullmatch(cell.strip()) or _DATE.fullmatch(cell.strip()) for cell in filled):
        return False
    names = [normalise_header(cell) for cell in filled]
    return len(set(names)) == len(names)


def _contrast(row: Cells, below: Sequence[Cells]) -> tuple[int, int]:
    """Columns where a name stands over values, and columns where a value stands over its like."""
    over = alike = 0
    for column, cell in enumerate(row):
        text = (cell or "").strip()
        values = [other[column] for other in below if len(other) > column and other[column]]
        if not text or not values or _YEAR.fullmatch(text):
            continue
        shapes = [_shape(value) for value in values]
        usual = max(set(shapes), key=lambda shape: (shapes.count(shape), shape))
        if usual == WORD or shapes.count(usual) * 5 < len(shapes) * 4:
            continue
        if _shape(text) == usual:
            alike += 1
        elif _shape(text) in (WORD, CODE):
            over += 1
    return over, alike


def _shape(cell: str | None) -> int:
    text = (cell or "").strip()
    if _NUMBER.fullmatch(text):
        return NUMBER
    if _DATE.fullmatch(text):
        return DATE
    return CODE if _CODE.fullmatch(text) else WORD


def differs_from(row: Cells, below: Sequence[Cells]) -> bool:
    """Whether a row of words stands over at least one column of numbers, dates or codes."""
    sample = below[:20]
    for column, cell in enumerate(row):
        if not cell or looks_like_value(cell):
            continue
        values = [other[column] for other in sample if len(other) > column and other[column]]
        if (
            len(values) >= 1
            and sum(looks_like_value(value) for value in values) * 5 >= len(values) * 4
        ):
            return True
    return False


def looks_like_value(cell: str | None) -> bool:
    """Whether a cell is a number, a date or a code rather than a name."""
    text = (cell or "").strip()
    return any(shape.fullmatch(text) for shape in (_NUMBER, _DATE, _CODE))


def _with_neighbours(
    rows: Sequence[Cells], place: int, hints: frozenset[str], merged: frozenset[int]
) -> Header:
    """The header at ``place``, with a merged row above it or a second row below it."""
    width = max((len(row) for row in rows), default=0)
    notes: list[str] = []
    if place + 1 < len(rows) and _continues(rows, place, hints, merged):
        upper, lower, first = place, place + 1, place + 2
    elif place > 0 and _spans(rows[place - 1], rows[place], place - 1 in merged):
        upper, lower, first = place - 1, place, place + 1
    else:
        return Header(_padded(rows[place], width), (place,), place + 1, notes)
    names = join_rows(_padded(rows[upper], width), _padded(rows[lower], width))
    return Header(names, (upper, lower), first, ["the header takes two rows"])


def _padded(row: Cells, width: int) -> list[str]:
    return [cell or "" for cell in row] + [""] * (width - len(row))


def _continues(
    rows: Sequence[Cells], place: int, hints: frozenset[str], merged: frozenset[int]
) -> bool:
    """Whether the row below belongs to the header too: words under gaps, over values."""
    upper, lower = rows[place], rows[place + 1]
    gaps = [column for column, cell in enumerate(upper) if not (cell and cell.strip())]
    filled = [column for column, cell in enumerate(lower) if cell and cell.strip()]
    if not filled or any(looks_like_value(lower[column]) for column in filled):
        return False
    if list(map(normalise_header, upper)) == list(map(normalise_header, lower)):
        return False  # the header once more, which is a damaged record
    hits = len({normalise_header(lower[column]) for column in filled} & hints)
    under_gaps = bool(gaps) and any(column in gaps for column in filled)
    if hits and (under_gaps or hits * 2 >= len(filled)):
        return True
    below = rows[place + 2 :]
    return (
        (under_gaps or place in merged) and differs_from(lower, below) and differs_all(lower, below)
    )


def differs_all(row: Cells, below: Sequence[Cells]) -> bool:
    """Whether no cell of the row comes again in its column: names do not, values often do."""
    return not any(
        cell and len(other) > column and other[column] == cell
        for other in below[:50]
        for column, cell in enumerate(row)
    )


def _spans(upper: Cells, lower: Cells, is_merged: bool) -> bool:
    """Whether the row above is a band over the header: each name over a gap or over several."""
    over = [column for column, cell in enumerate(upper) if cell and cell.strip()]
    if len(over) < 2 or any(looks_like_value(upper[column]) for column in over):
        return False
    if is_merged:
        return True
    filled = [bool(cell and cell.strip()) for cell in lower] + [False]
    covers = [column + 1 < len(filled) and filled[column + 1] and column + 1 not in over
              for column in over]  # fmt: skip
    return all(cover or not filled[column] for cover, column in zip(covers, over, strict=True))


def join_rows(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """Two header rows as one, the upper filled across the gaps it was merged over."""
    names, band = [], ""
    for above, below in zip(upper, lower, strict=True):
        if above.strip():
            band = above if below.strip() else ""
        elif not below.strip():
            band = ""
        top = band if below.strip() else above
        names.append(JOINT.join(part for part in (top, below) if part.strip() and part) or "")
    return names
