"""Which dialect a delimited file is written in, and what of it cannot be told.

Each candidate is scored by the share of lines that fall into records of one width; common
delimiters come before rare ones, and a header the contracts know decides between equals.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from task_warehouse.reading import refusal
from task_warehouse.reading.grammar import Dialect, grammar
from task_warehouse.reading.headers import normalise_header
from task_warehouse.reading.records import Scan, scan_records
from task_warehouse.reading.refusal import Refusal

COMMON = (",", ";", "\t", "|")
RARE = (":", "^", "~", "#", "§", "¦", "\x1f", "\x01", " ")
QUOTES = ('"', "'")
SAMPLE_BYTES = 64 * 1024
ENOUGH = 0.5
CLEAR = 0.9
WEIGHED_LINES = 120
_QUOTED = re.compile(rb'"[^"]*+"')


@dataclass(frozen=True, slots=True)
class Candidate:
    """A dialect, the width of its table, and how well the sample falls into it (0 to 1)."""

    dialect: Dialect
    width: int
    score: float
    hits: int


def find_dialect(sample: bytes, declared: str | None, hints: frozenset[str]) -> Candidate:
    """The dialect and width of a sample of whole lines.

    Raises Refusal(file.dialect_unclear) where no dialect explains half of the lines.
    """
    newline = line_end(sample)
    sample = sample[:SAMPLE_BYTES]
    sample = sample[: sample.rfind(newline.encode()) + 1] or sample
    if declared:
        told = _with_quotes(sample, [declared], newline, hints)
        if told.score < ENOUGH and told.width > 1:
            raise Refusal(refusal.DIALECT_UNCLEAR, f"no table under the delimiter {declared!r}")
        return told
    quick = _at_a_glance(sample, newline)
    if quick is not None:
        return quick
    common = [mark for mark in COMMON if mark.encode() in sample]
    best: Candidate | None = _with_quotes(sample, common, newline, hints) if common else None
    if best is None or best.score < ENOUGH:
        rare = [mark for mark in RARE if mark.encode() in sample]
        other = _with_quotes(sample, rare, newline, hints) if rare else None
        if other is not None and (best is None or other.score > best.score):
            best = other
    if best is not None and best.score >= ENOUGH:
        return _spaced(best, sample, hints)
    return _single_column(sample, newline, common)


def line_end(sample: bytes) -> str:
    """The octet that ends lines: a carriage return alone only where no line feed competes."""
    bare = _QUOTED.sub(b"", sample[:SAMPLE_BYTES])
    bare = bare if b"\n" in bare or b"\r" in bare else sample
    feeds, returns = bare.count(b"\n"), bare.count(b"\r")
    sample = bare
    return "\r" if returns - sample.count(b"\r\n") > feeds else "\n"


def _at_a_glance(sample: bytes, newline: str) -> Candidate | None:
    """The only common delimiter under which the whole sample is sound and of one width."""
    perfect = []
    first = sample.split(newline.encode(), 1)[0]
    for mark in COMMON:
        if mark.encode() not in first:
            continue
        dialect = Dialect(mark, newline=newline)
        record = grammar(dialect, 0).record.match(sample)
        if record is None:
            continue
        width = len(grammar(dialect, 0).split(record.group().rstrip(b"\r\n")))
        match = grammar(dialect, width).clean.match(sample)
        if width > 1 and match is not None and match.end() == len(sample):
            perfect.append(Candidate(dialect, width, 1.0, 0))
    odd = len(perfect) != 1 or b'\\"' in sample or apostrophes(sample, perfect[0].dialect.delimiter)
    return None if odd else perfect[0]


def apostrophes(sample: bytes, delimiter: str) -> bool:
    """Whether a field begins with an apostrophe, which then may be a quote."""
    mark = re.escape(delimiter.encode())
    return b"'" in sample and re.search(rb"(?m)(?:^|" + mark + rb")'", sample) is not None


def _with_quotes(sample: bytes, marks: list[str], newline: str, hints: frozenset[str]) -> Candidate:
    """The best of the delimiters; other ways of quoting only where the usual one falls short."""
    first = _first_lines(sample, newline)
    if len(first) < len(sample):
        best = _with_quotes(first, marks, newline, hints)
        if best.score >= ENOUGH:
            return best
    lines = sample.count(newline.encode())
    often = [mark for mark in marks if sample.count(mark.encode()) * 2 >= lines] or marks
    found = [_weigh(sample, Dialect(mark, newline=newline), hints) for mark in often]
    for candidate in list(found):
        if candidate.score < CLEAR or b"'" in sample or b'\\"' in sample:
            ways = _quotings(sample, candidate.dialect.delimiter, newline)
            found += [_weigh(sample, dialect, hints) for dialect in ways]
    best = max(found, key=lambda item: (item.hits, item.score))
    plain = max(found, key=lambda item: item.score)
    # Known names in the header decide only between dialects that explain the lines about as well.
    return best if best.score >= plain.score - 0.25 else plain


def _first_lines(sample: bytes, newline: str) -> bytes:
    """The first lines of the sample; enough to weigh a dialect by."""
    end = place = 0
    for _ in range(WEIGHED_LINES):
        place = sample.find(newline.encode(), end) + 1
        if not place:
            return sample
        end = place
    return sample[:end]


def _quotings(sample: bytes, mark: str, newline: str) -> list[Dialect]:
    base = Dialect(mark, newline=newline)
    delimiter = re.escape(mark.encode())
    ways: list[Dialect] = []
    if b'\\"' in sample:
        ways.append(base.but(escape="\\"))
    if mark != " " and re.search(delimiter + rb' +"', sample):
        ways.append(base.but(padded=True))
    if b"'" in sample and re.search(rb"(?:^|" + delimiter + rb"|[\r\n])'", sample):
        ways.append(base.but(quote="'"))
        if b"\\'" in sample:
            ways.append(base.but(quote="'", escape="\\"))
    if b'"' in sample and not _quotes_hold(sample, base):
        ways.append(base.but(quote=None))
    return ways


def _quotes_hold(sample: bytes, dialect: Dialect) -> bool:
    """Whether most records with quotes in them are sound, so that quotes do quote."""
    records = scan_records(sample, grammar(dialect, 0)).records
    quoted = [record for record in records if b'"' in sample[record.start : record.end]]
    return sum(not record.damaged for record in quoted) * 2 >= len(quoted)


def _weigh(sample: bytes, dialect: Dialect, hints: frozenset[str]) -> Candidate:
    loose = scan_records(sample, grammar(dialect, 0))
    width = _usual_width(loose)
    astray = any(record.damaged or record.lines > 1 for record in loose.records)
    scan = scan_records(sample, grammar(dialect, width)) if width and astray else loose
    lead = 0
    for record in scan.records:
        if record.cells is None or len(record.cells) != 1:
            break  # only lines without any delimiter are a preamble
        lead += record.lines
    sound = sum(record.lines for record in scan.records if record.is_sound(width))
    total = sum(record.lines for record in scan.records)
    share = sound / max(total - 0.8 * lead, 1)
    # Quotes kept as text, or an unusual quote, must explain more than the usual quote does.
    handicap = {'"': 1.0, "'": 0.97, None: 0.93}[dialect.quote]
    handicap *= 0.99 if dialect.escape or dialect.padded else 1.0
    handicap *= {" ": 0.6}.get(dialect.delimiter, 1.0)
    handicap *= 0.9 if dialect.quote != "'" and _wrapped(scan) else 1.0
    handicap *= 0.97 if not dialect.escape and _protects(sample, dialect.delimiter) else 1.0
    value = share * (1 - 1 / (width * width + 1)) * handicap if width > 1 else 0.0
    return Candidate(dialect, width, min(value * 1.02, 1.0), _known_names(scan, width, hints))


def _protects(sample: bytes, delimiter: str) -> bool:
    """Whether a backslash protects a quote: one that neither ends a field nor is doubled.

    A writer that doubles quotes leaves none such, however many backslashes its text holds.
    """
    after = rb'(?!["\r\n]|' + re.escape(delimiter.encode()) + rb"|\Z)"
    return re.search(rb'(?<!\\)\\(?:\\\\)*"' + after, sample) is not None


def _wrapped(scan: Scan) -> bool:
    """Whether many cells stand in apostrophes, which then are the quotes."""
    cells = [cell for record in scan.records[:60] for cell in record.cells or () if cell]
    wrapped = sum(1 for cell in cells if len(cell) > 1 and cell[0] == cell[-1] == "'")
    return wrapped * 5 > len(cells) > 0


def _usual_width(scan: Scan) -> int:
    """The width most lines have; the wider of two equals, and the first of a single pair."""
    widths = Counter[int]()
    for record in scan.records:
        if record.cells is not None and not record.damaged and len(record.cells) > 1:
            widths[len(record.cells)] += 1
    if not widths:
        return 1 if scan.records else 0
    most = max(widths.values())
    usual = [width for width, count in widths.items() if count == most]
    first = next(
        (len(record.cells) for record in scan.records if record.cells and len(record.cells) > 1), 0
    )
    return first if first in usual else max(usual)


def _known_names(scan: Scan, width: int, hints: frozenset[str]) -> int:
    best = 0
    for record in scan.records[:60]:
        if hints and record.cells is not None and len(record.cells) > 1:
            best = max(best, len({normalise_header(cell) for cell in record.cells} & hints))
    return best if width > 1 else 0


def _spaced(best: Candidate, sample: bytes, hints: frozenset[str]) -> Candidate:
    """A space that follows every delimiter belongs to it."""
    mark = best.dialect.delimiter
    if mark not in COMMON or mark == "\t" or sample.count(mark.encode() + b" ") < best.width - 1:
        return best
    outside = re.sub(rb'"[^"]*"', b"", sample)
    if outside.count(mark.encode()) != outside.count(mark.encode() + b" "):
        return best
    spaced = _weigh(sample, best.dialect.but(delimiter=mark + " ", padded=False), hints)
    return spaced if spaced.score >= best.score - 0.02 else best


def _single_column(sample: bytes, newline: str, common: list[str]) -> Candidate:
    """One column, where no line holds a common delimiter in a way that could make two."""
    dialect = Dialect(common[0] if common else ",", newline=newline)
    lines = [line for line in sample.splitlines() if line.strip()]
    divided = sum(1 for line in lines if any(mark.encode() in line for mark in common))
    if divided * 10 > len(lines):
        raise Refusal(
            refusal.DIALECT_UNCLEAR, "no delimiter divides at least half of the lines alike"
        )
    return Candidate(dialect, 1, 1.0, 0)
