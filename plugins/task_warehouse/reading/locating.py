"""Where the table begins in a text: what stands above it, its header, its first record."""

from __future__ import annotations

from dataclasses import dataclass, field

from task_warehouse.reading import refusal
from task_warehouse.reading.dialects import Candidate
from task_warehouse.reading.grammar import Grammar, grammar
from task_warehouse.reading.headers import Header, find_header, is_header_like
from task_warehouse.reading.records import Record, scan_records
from task_warehouse.reading.refusal import Refusal

SAMPLE_BYTES = 64 * 1024
SCANNED_BYTES = 24 * 1024
ENOUGH_LINES = 80
FIRST_LOOK = 16


@dataclass(slots=True)
class Table:
    """A located table; offsets and octets refer to the beginning of the text.

    ``values`` are the first records, for comparing a suspected second header with.
    """

    grammar: Grammar
    names: list[str]
    header_line: int | None
    header_octets: bytes
    first_data: int
    lines_above: int
    values: list[list[str]]
    notes: list[str] = field(default_factory=list)


def locate_table(sample: bytes, found: Candidate, hints: frozenset[str]) -> Table:
    """Find preamble, header and first record in the first lines of a text.

    Raises Refusal(file.header_mismatch) where header and records differ in width for good.
    """
    shape = grammar(found.dialect, found.width)
    sample = _beginning(sample, shape)
    if not sample.endswith(shape.newline):
        sample += shape.newline
    for most in (FIRST_LOOK, 1 << 30):
        records = scan_records(sample, shape, most).records
        wide = [record for record in records if record.is_sound(found.width)]
        rows = [record.cells or [] for record in wide]
        header = find_header(rows, hints)
        if header.sure or len(records) < most:
            break
    if not wide:
        raise Refusal(refusal.DIALECT_UNCLEAR, "no line divides into the columns of a table")
    top: Record | None
    last: Record | None
    if header.rows:
        top, last = wide[header.rows[0]], wide[header.rows[-1]]
        start, names, notes = last.end, header.names, list(header.notes)
    else:
        top, start, names, notes = _without_header(records, wide, header, shape)
        last = top
    above = [record for record in records if record.end <= (top.start if top else start)]
    notes.extend(_told(sample, record, shape) for record in above)
    return Table(
        grammar=shape,
        names=names,
        header_line=_line(sample, top.start, shape) if top else None,
        header_octets=sample[last.start : last.end] if last else b"",
        first_data=start,
        lines_above=_line(sample, start, shape) - 1,
        values=rows[header.first_data : header.first_data + 40],
        notes=notes,
    )


def _beginning(sample: bytes, shape: Grammar) -> bytes:
    """Enough whole lines to find a header in: more where the first lines are long."""
    for size in (SCANNED_BYTES, SAMPLE_BYTES, len(sample)):
        part = sample[:size]
        part = part[: part.rfind(shape.newline) + 1] if size < len(sample) else part
        if part.count(shape.newline) >= ENOUGH_LINES:
            return part
    return sample


def _without_header(
    records: list[Record],
    wide: list[Record],
    header: Header,
    shape: Grammar,
) -> tuple[Record | None, int, list[str], list[str]]:
    """A header of another width directly above the records, or none at all."""
    above = [record for record in records if record.end <= wide[0].start]
    start = wide[0].start
    for record in reversed(above):
        cells = record.cells or []
        if len(cells) > 1 and is_header_like(cells, [wide[0].cells or []]):
            names, notes = _fit(cells, wide, shape.width)
            return record, record.end, names, notes
        if len(cells) == 1:
            break
        start = record.start  # a damaged record, or one of another width, before the first sound
    return None, start, header.names, list(header.notes)


def _fit(cells: list[str], wide: list[Record], width: int) -> tuple[list[str], list[str]]:
    """The names of a header that is shorter or longer than its records."""
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        return cells[:width], ["empty names at the end of the header were left out"]
    missing = width - len(cells)
    spare = [record.cells[-missing:] for record in wide if record.cells] if missing > 0 else []
    if spare and not any(cell.strip() for row in spare for cell in row):
        note = f"the records end in {missing} empty cell(s) that the header does not name"
        return cells + [""] * missing, [note]
    raise Refusal(
        refusal.HEADER_MISMATCH, f"the header has {len(cells)} cells, the records have {width}"
    )


def _line(sample: bytes, offset: int, shape: Grammar) -> int:
    return sample.count(shape.newline, 0, offset) + 1


def _told(sample: bytes, record: Record, shape: Grammar) -> str:
    shown = sample[record.start : record.end].decode("utf-8", "backslashreplace").strip("\r\n")
    return f"line {_line(sample, record.start, shape)} stands above the table: {shown[:500]}"
