"""Rows that are not ours to hold: after a day through Airflow no byte of them is left anywhere.

One export a format with a marked row, one that would be held, several that are refused. Then every
file under the data root is searched, what is packed unpacked, every table read.
"""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from tests.e2e.conftest import Root

# Words of no other text; the whole name stands in each file, its number says in which.
NEEDLE = "Kế hoạch kín số 4711-{}"
HEADERS = ["Mã nhiệm vụ", "Tên nhiệm vụ", "Cơ quan chủ trì", "Thời hạn", "Độ mật"]


def rows(name: str) -> list[list[str]]:
    return [
        ["A", "Một việc bình thường", "G06", "12/2025", ""],
        ["B", NEEDLE.format(name), "G06", "12/2025", "Mật"],
    ]


def csv_of(name: str, headers: list[str] = HEADERS, ending: str = "") -> bytes:
    cells = [[*row[:4], *["đỏ"] * (len(headers) - 5), row[4]] for row in rows(name)]
    lines = [headers, *cells] if headers else cells[::-1]
    return ("\n".join(",".join(line) for line in lines) + "\n" + ending).encode()


def json_of(name: str) -> bytes:
    records = [dict(zip(HEADERS, row, strict=True)) for row in rows(name)]
    return json.dumps(records, ensure_ascii=name == "json_escaped").encode()


def xlsx_of(name: str) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate((HEADERS, *rows(name))):
            sheet.write_row(number, 0, row)
    return target.getvalue()


def xml_of(name: str) -> bytes:
    records = "".join(
        f"<nv><task_code>{a}</task_code><title>{b}</title><lead>{c}</lead>"
        f"<deadline>{d}</deadline><secrecy>{e}</secrecy></nv>"
        for a, b, c, d, e in rows(name)
    )
    return f"<?xml version='1.0' encoding='UTF-8'?><list>{records}</list>".encode()


def zip_of(name: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("nhiem_vu.csv", csv_of(name))
    return target.getvalue()


def lines_of(name: str) -> bytes:
    return b"\n".join(
        json.dumps(dict(zip(HEADERS, row, strict=True)), ensure_ascii=False).encode()
        for row in rows(name)
    )


FILES = {
    "csv": ("nv.csv", csv_of("csv")),
    "tab_utf16": ("nv.tsv", csv_of("tab_utf16").decode().replace(",", "\t").encode("utf-16")),
    "xlsx": ("nv.xlsx", xlsx_of("xlsx")),
    "zip": ("nv.zip", zip_of("zip")),
    "gzip": ("nv.csv.gz", gzip.compress(csv_of("gzip"))),
    "json": ("nv.json", json_of("json")),
    "json_escaped": ("nv.json", json_of("json_escaped")),
    "ndjson": ("nv.ndjson", lines_of("ndjson")),
    "xml": ("nv.xml", xml_of("xml")),
    # With a column that its body wants to be asked about: it would be held.
    "would_be_held": ("nv.csv", csv_of("would_be_held", [*HEADERS[:4], "Màu", HEADERS[4]])),
    # Refused for other reasons before its rows are looked at.
    "column_missing": ("nv.csv", csv_of("column_missing", ["F1", "F2", "F3", "F4", "F5"])),
    "no_header": ("nv.csv", csv_of("no_header", [])),
    "damaged_line": ("nv.csv", csv_of("damaged_line", ending='C,"mở mà không đóng,x,Mật\n')),
    "cut_json": ("nv.json", json_of("cut_json")[:-3]),
    "cut_xml": ("nv.xml", xml_of("cut_xml")[:-9]),
}
ROOMS = {
    *("landing", "receipts", "ledger", "accepted", "rejects", "warnings", "layouts", "profiles"),
    *("validations", "reports", "mornings", "warehouse", "published", "runs", "logs", "airflow"),
}
ORDINARY = csv_of("thường").replace(b"M\xe1\xba\xadt\n", b"\n").replace(b"4711", b"0")


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Root:
    folder = tmp_path_factory.mktemp("secret")
    root = Root(folder / "home", folder / "sources")
    root.sources.mkdir()
    for name, (file, content) in {**FILES, "thuong": ("nv.csv", ORDINARY)}.items():
        exports = folder / "exports" / name
        exports.mkdir(parents=True)
        (exports / file).write_bytes(content)
        asked = "\n    verdict: {unknown_column: {verdict: hold}}" if "held" in name else ""
        (root.sources / f"{name}.yml").write_text(
            f"source: {name}\norganisation: G06\ndatasets:\n  tasks:\n    transport: folder\n"
            f"    path: ../exports/{name}\n    pattern: 'nv*'\n    settle_seconds: 0{asked}\n",
            encoding="utf-8",
        )
    root.day("2025-07-01")
    return root


def test_each_delivery_is_refused_as_secret_and_says_how_many_rows(day: Root) -> None:
    with duckdb.connect() as connection:
        found = connection.execute(
            "select source, verdict, reason_code, secret_rows > 0"
            f" from read_parquet('{day.home}/ledger/*.parquet', union_by_name = true)"
            " where source != 'thuong' order by 1"
        ).fetchall()
    assert found == [(name, "refuse", "delivery.secret", True) for name in sorted(FILES)]
    assert day.rows("select count(*) from fct_task_status where source = 'thuong'") == [(2,)]


def test_no_byte_of_them_is_left_under_the_data_root(day: Root) -> None:
    needles = [NEEDLE.format("").rstrip("-")]
    forms = [form for needle in needles for form in forms_of(needle)]
    rooms: Counter[str] = Counter()
    for place, content in everything(day.home):
        rooms[Path(place).relative_to(day.home).parts[0]] += bool(content)
        assert not [form for form in forms if form in content], place
    # A room in which nothing was looked at proves nothing.
    assert {name for name, places in rooms.items() if places} >= ROOMS, rooms
    assert rooms.total() > 100
    # The search itself finds what is there: the same exports, searched the same way.
    exports = list(everything(day.sources.parent / "exports"))
    missed = {
        name
        for name in FILES
        if not any(
            form in content for place, content in exports if f"/{name}/" in place for form in forms
        )
    }
    assert missed == set()


def forms_of(text: str) -> Iterator[bytes]:
    """The ways in which a text may stand in a file."""
    yield text.encode()
    yield text.encode("utf-16-le")
    yield text.encode("utf-16-be")
    yield unicodedata.normalize("NFD", text).encode()
    yield json.dumps(text)[1:-1].encode()
    yield text.casefold().encode()
    yield text.upper().encode()


def everything(root: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below ``root``, and what is packed in it or in columns, with its place."""
    for path in sorted(root.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        yield str(path), content
        yield from unpacked(str(path), content)
        if path.suffix == ".parquet":
            yield str(path) + ":rows", table_text(f"from read_parquet('{path}')")
        elif path.suffix == ".duckdb":
            yield from database_text(path)
        elif path.suffix == ".db":
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
                yield str(path) + ":dump", "\n".join(connection.iterdump()).encode()


def unpacked(place: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield f"{place}:{name}", archive.read(name)
    elif content.startswith(b"\x1f\x8b"):
        yield f"{place}:gzip", gzip.decompress(content)


def table_text(query: str, connection: duckdb.DuckDBPyConnection | None = None) -> bytes:
    own = connection or duckdb.connect()
    return "\n".join(map(repr, own.execute(query).fetchall())).encode()


def database_text(path: Path) -> Iterator[tuple[str, bytes]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        for schema, table in connection.execute(
            "select schema_name, table_name from duckdb_tables()"
        ).fetchall():
            yield f"{path}:{table}", table_text(f'from "{schema}"."{table}"', connection)
