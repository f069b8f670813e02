"""Nothing arose: told by a file's name, a row, a field; never taken for silence."""

from __future__ import annotations

import io
from typing import Any

import pytest
import xlsxwriter
from collecting_bench import AS_OF, Bench
from misbehaving_server import Server, says

WORDS = {"text": "Không phát sinh"}
HEADER = "Mã nhiệm vụ,Tên nhiệm vụ,Cơ quan chủ trì\n"


def workbook(*rows: list[str]) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return stream.getvalue()


SAID: dict[str, bytes | str] = {
    "row.csv": HEADER + "Không phát sinh,,\n",
    "after_the_ordinal.csv": HEADER + ",không  phát sinh.,\n",
    "ragged.csv": HEADER + "Không phát sinh\n",
    "alone.csv": "Không phát sinh\n",
    "decomposed.csv": HEADER + "Kho\u0302ng pha\u0301t sinh,,\n",
    "utf_16.tsv": "Mã\tTên\nKHÔNG PHÁT SINH\t\n".encode("utf-16"),
    "sheet.xlsx": workbook(["Mã", "Tên", "Chủ trì"], ["Không phát sinh", "", ""]),
    "field.json": '{"data": {"trangThai": "Không phát sinh"}}',
    "record.ndjson": '{"ma": "Không phát sinh"}\n',
    "element.xml": "<baoCao><noiDung>Không phát sinh</noiDung></baoCao>",
}
DATA = {
    "in_a_field.csv": HEADER + "NV-1,Không phát sinh,Bộ Tài chính\n",
    "beside_a_row.csv": HEADER + "Không phát sinh,,\nNV-1,Một việc,G06\n",
    "more_words.csv": HEADER + "Không phát sinh vướng mắc,,\n",
    "a_row.csv": HEADER + "NV-1,Một việc,G06\n",
}


def test_the_declared_words_in_place_of_rows_and_nowhere_else(bench: Bench) -> None:
    """All of a batch are read together; what says it keeps its bytes as the evidence."""
    for name, content in {**SAID, **DATA}.items():
        source = name.replace(".", "-")
        bench.declare(source, tasks=bench.folder(source, nothing_arose=WORDS))
        bench.drop(name, content, source)
    found = {receipt["original_name"]: receipt for receipt in bench.collect()}
    assert {name for name, one in found.items() if one["outcome"] == "nothing_arose"} == set(SAID)
    assert {name for name, one in found.items() if one["outcome"] == "landed"} == set(DATA)
    for name, content in SAID.items():
        assert found[name]["delivery_id"] is None
        octets = content.encode() if isinstance(content, str) else content
        assert bench.landed(found[name]) == octets


def test_without_a_declaration_the_words_are_data(bench: Bench) -> None:
    bench.declare(tasks=bench.folder())
    bench.drop("tasks.csv", HEADER + "Không phát sinh,,\n")
    assert bench.collect_one()["outcome"] == "landed"


@pytest.mark.parametrize(
    ("declared", "document"),
    [
        ({"column": "trangThai", "text": "0"}, {"maDonVi": "01", "ky": "202506", "trangThai": "0"}),
        ({"column": "khongPhatSinh", "text": "true"}, {"maDonVi": "01", "khongPhatSinh": True}),
    ],
)
def test_a_field_that_tells_beside_others(
    bench: Bench, server: Server, declared: dict[str, str], document: dict[str, Any]
) -> None:
    url = server.on("/nv", says(document))
    bench.declare(tasks=bench.http(url, records="data.items", nothing_arose=declared))
    assert bench.collect_one()["outcome"] == "nothing_arose"


def test_the_name_of_a_file_tells_for_its_day(bench: Bench) -> None:
    bench.declare(
        tasks=bench.folder(
            pattern="nv_*",
            business_date={"from_name": r"_(?P<date>\d{8})"},
            nothing_arose={"name": "*_khong_phat_sinh*"},
        )
    )
    bench.drop("nv_20250630.csv", HEADER + "NV-1,Một việc,G06\n")
    bench.drop("nv_20250701_khong_phat_sinh.txt", b"")
    found = {receipt["business_date"]: receipt["outcome"] for receipt in bench.collect()}
    assert found == {AS_OF.replace(month=6, day=30): "landed", AS_OF: "nothing_arose"}


def test_said_again_the_next_day_it_is_said_again(bench: Bench, server: Server) -> None:
    bench.declare(
        tasks=bench.folder(nothing_arose=WORDS),
        feedback=bench.http(
            server.on("/pa", says({"noiDung": "Không phát sinh"}, headers={"ETag": '"1"'})),
            nothing_arose=WORDS,
        ),
    )
    bench.drop("nv.csv", HEADER + "Không phát sinh,,\n")
    for day in (1, 2, 3):
        outcomes = [one["outcome"] for one in bench.collect(AS_OF.replace(day=day))]
        assert outcomes == ["nothing_arose", "nothing_arose"], day


def test_a_declaration_without_words_is_refused(bench: Bench) -> None:
    from task_warehouse.errors import SourceFileError

    bench.declare(tasks=bench.folder(nothing_arose={"column": "trangThai"}))
    with pytest.raises(SourceFileError, match=r"text"):
        bench.collect()
