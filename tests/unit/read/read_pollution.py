"""One clean table and hundreds of ways to write or damage it, after the Pollock benchmark.

Each pollution says which records it damages; all others must come out exactly.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

HEADER = ["Mã nhiệm vụ", "Tên nhiệm vụ", "Đơn vị chủ trì", "Hạn", "Tỷ lệ", "Khó khăn, vướng mắc"]
UNITS = ["Bộ Khoa học và Công nghệ", "Bộ Công an", "UBND tỉnh Lào Cai", "Sở Nội vụ, Hà Nội"]
TROUBLES = [
    "",
    "Chưa có kinh phí, đề nghị bố trí",
    'Vướng "định mức" khi triển khai',
    "Hai dòng:\n- thiếu người\n- thiếu máy",
    "Không",
]


def clean_rows(count: int = 40) -> list[list[str]]:
    """The records of the clean table; some cells need quotes, some span lines."""
    return [
        [
            f"NV-{number:04d}",
            f"Nhiệm vụ số {number} về chuyển đổi số",
            UNITS[number % len(UNITS)],
            f"{number % 28 + 1:02d}/12/2025",
            str(number * 7 % 101),
            TROUBLES[number % len(TROUBLES)],
        ]
        for number in range(1, count + 1)
    ]


@dataclass(frozen=True)
class Polluted:
    """A polluted file: its octets, and the indices of the records that were damaged."""

    name: str
    octets: bytes
    rows: list[list[str]]
    damaged: frozenset[int] = frozenset()
    header: list[str] | None = field(default_factory=lambda: list(HEADER))


def write(rows: list[list[str]], **dialect: object) -> str:
    """CSV text of rows, header not included unless given."""
    out = io.StringIO(newline="")
    options: dict[str, object] = {"lineterminator": "\n"} | dialect
    csv.writer(out, **options).writerows(rows)  # type: ignore[arg-type]
    return out.getvalue()


def _records(rows: list[list[str]], **dialect: object) -> list[str]:
    return [write([row], **dialect).removesuffix("\n") for row in rows]


Change = Callable[[str], str]


def _with_damage(name: str, at: int, change: Change, rows: list[list[str]]) -> Polluted:
    records = _records(rows)
    records[at] = change(records[at])
    text = "\n".join([*_records([HEADER]), *records]) + "\n"
    return Polluted(name, text.encode(), rows, frozenset({at}))


def stray_quotes(rows: list[list[str]]) -> Iterator[Polluted]:
    """One stray quote in one record, before every field and within it."""
    for at in range(0, len(rows), 7):
        for column in range(len(HEADER)):

            def put(record: str, column: int = column, at: int = at) -> str:
                cells = _records([[cell] for cell in rows[at]])
                cells[column] = '"' + cells[column]
                return ",".join(cells)

            def within(record: str, column: int = column, at: int = at) -> str:
                cells = _records([[cell] for cell in rows[at]])
                middle = len(cells[column]) // 2
                cells[column] = cells[column][:middle] + '"' + cells[column][middle:]
                return ",".join(cells)

            yield _with_damage(f"quote_before_row{at}_col{column}", at, put, rows)
            yield _with_damage(f"quote_within_row{at}_col{column}", at, within, rows)


def separators(rows: list[list[str]]) -> Iterator[Polluted]:
    """One separator too many or too few in one record."""
    for at in range(0, len(rows), 7):
        for column in range(1, len(HEADER)):

            def more(record: str, column: int = column, at: int = at) -> str:
                cells = _records([[cell] for cell in rows[at]])
                return ",".join(cells[:column]) + ",," + ",".join(cells[column:])

            def less(record: str, column: int = column, at: int = at) -> str:
                cells = _records([[cell] for cell in rows[at]])
                return ",".join(
                    [*cells[: column - 1], cells[column - 1] + cells[column], *cells[column + 1 :]]
                )

            yield _with_damage(f"separator_more_row{at}_col{column}", at, more, rows)
            yield _with_damage(f"separator_less_row{at}_col{column}", at, less, rows)


def rows_of_another_dialect(rows: list[list[str]]) -> Iterator[Polluted]:
    """One record written with another delimiter, quote or line end."""
    for at in range(0, len(rows), 5):
        for mark in (";", "\t", "|", " "):
            other = _records([rows[at]], delimiter=mark)[0]
            yield _with_damage(
                f"row_delimiter_{ord(mark):02x}_row{at}", at, lambda _, other=other: other, rows
            )
        quoted = _records([rows[at]], quotechar="'", quoting=csv.QUOTE_ALL)[0]
        yield _with_damage(f"row_quote_27_row{at}", at, lambda _, q=quoted: q, rows)
        for end in ("\r\n", "\r"):
            records = _records(rows)
            lines = [record + "\n" for record in records]
            lines[at] = records[at] + end
            text = write([HEADER]) + "".join(lines)
            damaged = frozenset({at, at + 1}) if end == "\r" else frozenset()
            yield Polluted(f"row_end_{end.encode().hex()}_row{at}", text.encode(), rows, damaged)


def whole_dialects(rows: list[list[str]]) -> Iterator[Polluted]:
    """The whole file in another dialect; nothing is damaged."""
    for mark in (",", ";", "\t", "|", ":", "^", "~", "§"):
        for end in ("\n", "\r\n", "\r"):
            for quote in ('"', "'"):
                for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
                    text = write([HEADER, *rows], delimiter=mark, lineterminator=end,
                                 quotechar=quote, quoting=quoting)  # fmt: skip
                    marks = f"{ord(mark):x}_end_{end.encode().hex()}_quote_{ord(quote):x}"
                    name = f"delimiter_{marks}_{quoting}"
                    yield Polluted(name, text.encode(), rows)
    escaped = write([HEADER, *rows], doublequote=False, escapechar="\\")
    yield Polluted("escape_5c", escaped.encode(), rows)
    spaced = "\n".join(", ".join(_records([[cell] for cell in row])) for row in [HEADER, *rows])
    yield Polluted("delimiter_2c20", spaced.encode() + b"\n", rows)


def encodings(rows: list[list[str]]) -> Iterator[Polluted]:
    text = write([HEADER, *rows])
    for name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"):
        yield Polluted(f"encoding_{name}", text.encode(name), rows)


def around_the_table(rows: list[list[str]]) -> Iterator[Polluted]:
    """Preambles, blank lines, missing line ends, headers of two rows, none, or nothing below."""
    table = write([HEADER, *rows])
    body = write(rows)
    for count in (1, 2, 3, 5, 10):
        lines = "".join(f"BÁO CÁO TIẾN ĐỘ NHIỆM VỤ phần {n}\n" for n in range(count))
        yield Polluted(f"preamble_{count}", (lines + table).encode(), rows)
        wide = "".join(f"Đơn vị: Bộ {n},,,,,\n" for n in range(count))
        yield Polluted(f"preamble_wide_{count}", (wide + table).encode(), rows)
        yield Polluted(f"preamble_blank_{count}", (lines + "\n" * count + table).encode(), rows)
        yield Polluted(f"blank_at_end_{count}", (table + "\n" * count).encode(), rows)
    yield Polluted("no_line_end_at_the_end", table.removesuffix("\n").encode(), rows)
    yield Polluted("no_header", body.encode(), rows, header=None)
    yield Polluted("header_only", write([HEADER]).encode(), [])
    yield Polluted("one_record", write([HEADER, rows[0]]).encode(), rows[:1])
    band = ["Nhiệm vụ", "", "", "Thực hiện", "", ""]
    joined = ["Nhiệm vụ / " + name for name in HEADER[:3]] + [
        "Thực hiện / " + n for n in HEADER[3:]
    ]
    yield Polluted("header_two_rows", (write([band]) + table).encode(), rows, header=joined)
    yield Polluted("header_twice", (write([HEADER]) + table).encode(), rows)


def all_pollutions() -> list[Polluted]:
    rows = clean_rows()
    plain = [row for row in rows if "\n" not in row[-1]]
    return [
        *stray_quotes(rows),
        *stray_quotes(plain),
        *separators(rows),
        *rows_of_another_dialect(rows),
        *whole_dialects(rows),
        *encodings(rows),
        *around_the_table(rows),
    ]
