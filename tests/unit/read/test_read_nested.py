"""JSON, JSON Lines and XML: shapes that are read, and documents that are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from read_here import Read, Reading, read_here

from task_warehouse.reading.request import Limits

PROVINCIAL = [
    {
        "tenBaoCao": "Báo cáo ngày",
        "maDonVi": "01",
        "kyDuLieu": "20251121",
        "duLieuBaoCao": [
            {
                "maChiTieu": "CT-1",
                "dulieu": [
                    {"fldCode": "A", "giaTri": "12"},
                    {"fldCode": "B", "giaTri": ""},
                ],
            },
            {"maChiTieu": "CT-2", "dulieu": [{"fldCode": "A", "giaTri": "3,5"}]},
        ],
    }
]


def test_an_array_of_objects(read: Read) -> None:
    reading = read('[{"a":1,"b":null},{"a":"x","c":true}]', "nv.json")
    assert reading.headers == ["a", "b", "c"]
    assert [row[0] for row in reading.rows] == ["1", "x"]
    assert reading.rows[1] == ["x", None, "true"]


def test_nested_objects_become_dotted_columns(read: Read) -> None:
    reading = read('[{"don_vi":{"ma":"G06","ten":{"vi":"Bộ"}},"x":1}]', "nv.json")
    assert reading.headers == ["don_vi.ma", "don_vi.ten.vi", "x"]


def test_numbers_stay_the_text_they_were(read: Read) -> None:
    reading = read('[{"a":12.50,"b":1e3,"c":-0,"d":123456789012345678901234567890}]', "nv.json")
    assert reading.rows == [["12.50", "1e3", "-0", "123456789012345678901234567890"]]


@pytest.mark.parametrize("records", [None, "duLieuBaoCao[].dulieu[]", "[].duLieuBaoCao[].dulieu[]"])
def test_the_provincial_report_shape(read: Read, records: str | None) -> None:
    reading = read(json.dumps(PROVINCIAL), "bc.json", records=records)
    rows = [dict(zip(reading.headers, row, strict=False)) for row in reading.rows]
    assert [(row["maChiTieu"], row["fldCode"], row["giaTri"]) for row in rows] == [
        ("CT-1", "A", "12"),
        ("CT-1", "B", ""),
        ("CT-2", "A", "3,5"),
    ]
    assert {(row["maDonVi"], row["kyDuLieu"]) for row in rows} == {("01", "20251121")}


def test_a_declared_path_with_its_envelope_left_out(read: Read) -> None:
    document = {"data": {"items": [{"a": 1}, {"a": 2}], "total": 2}, "next": "x"}
    reading = read(json.dumps(document), "nv.json", records="data.items")
    assert reading.headers == ["a"]
    assert reading.rows == [["1"], ["2"]]


def test_fields_around_that_have_the_same_name_are_told_apart(read: Read) -> None:
    document = [{"ma": "outer", "con": [{"ma": "inner"}]}]
    reading = read(json.dumps(document), "nv.json", records="con[]")
    row = dict(zip(reading.headers, reading.rows[0], strict=True))
    assert row == {"outer.ma": "outer", "ma": "inner"}


@pytest.mark.parametrize("mark", ["\x1e", ""])
def test_pages_one_after_another(read: Read, mark: str) -> None:
    pages = "".join(f'{mark}{{"items":[{{"a":{n}}},{{"a":{n}0}}]}}\n' for n in range(1, 4))
    reading = read(pages, "nv.json", records="items")
    assert [row[0] for row in reading.rows] == ["1", "10", "2", "20", "3", "30"]
    assert reading.layout.format == ("json" if mark else "ndjson")


def test_an_empty_page_is_no_record(read: Read) -> None:
    reading = read('\x1e{"items":[]}\n\x1e{"items":[{"a":1}]}\n', "nv.json", records="items")
    assert reading.rows == [["1"]]


def test_lists_of_plain_values_are_joined_where_that_can_be_undone(read: Read) -> None:
    reading = read('[{"a":["G06","G07"],"b":["x;y","z"],"c":[],"d":[{"e":1}]}]', "nv.json")
    assert reading.rows == [["G06; G07", '["x;y", "z"]', None, '[{"e": "1"}]']]


def test_a_column_that_appears_late(read: Read) -> None:
    reading = read('[{"a":1},{"a":2,"b":3}]', "nv.json")
    assert reading.headers == ["a", "b"]
    assert reading.rows == [["1"], ["2", "3"]]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" * 5_000])
def test_numbers_that_are_none_are_refused(read: Read, number: str) -> None:
    assert read(f'[{{"a":{number}}}]', "nv.json").refused == "file.json_number"


def test_a_key_given_twice_is_refused(read: Read) -> None:
    reading = read('[{"a":1,"b":{"c":1,"c":2}}]', "nv.json")
    assert reading.refused == "file.json_duplicate_key"
    assert "'c'" in reading.detail


@pytest.mark.parametrize("depth", [1_000, 100_000, 2_000_000])
@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_brackets_without_end_are_refused(read: Read, depth: int, opening: str) -> None:
    assert read(opening * depth, "nv.json").refused in {"file.too_deep", "file.json_invalid"}


def test_objects_nested_beyond_the_limit_are_refused(read: Read) -> None:
    document = "[" + '{"a":' * 80 + "1" + "}" * 80 + "]"
    assert read(document, "nv.json").refused == "file.too_deep"


@pytest.mark.parametrize(
    "document",
    ['[{"a":1}', '[{"a":1},]', "[{'a':1}]", '[{"a":1}] x', '{"a":', '[{"a":"\\u12"}]', '["\x01"]'],
)
def test_broken_documents_are_refused(read: Read, document: str) -> None:
    assert read(document, "nv.json").refused == "file.json_invalid"


def test_half_a_surrogate_pair_costs_its_record(read: Read) -> None:
    reading = read('[{"a":"\\ud800"},{"a":"x"},{"a":"\\ud83d\\ude00"}]', "nv.json")
    assert reading.rows == [["x"], ["😀"]]
    assert reading.problems == ["file.bad_character"]


def test_escaped_nfd_comes_out_nfc(read: Read) -> None:
    assert read('[{"a":"e\\u0302\\u0301"}]', "nv.json").rows == [["ế"]]


def test_several_lists_and_no_path_are_refused(read: Read) -> None:
    document = '{"nhiem_vu":[{"a":1}],"chi_tieu":[{"b":1}]}'
    assert read(document, "nv.json").refused == "file.records_missing"
    assert read(document, "nv.json", records="nhiem_vu").rows == [["1"]]
    assert read(document, "nv.json", records="khong_co").refused == "file.records_missing"


def test_json_lines_lose_only_the_bad_line(read: Read) -> None:
    lines = '{"a":1}\n\n{"a":NaN}\n{"a":2\n{"a":1,"a":2}\n5\n{"a":3}\n'
    reading = read(lines, "nv.ndjson")
    assert reading.rows == [["1"], ["3"]]
    assert [line for line, _, _ in reading.damaged] == [3, 4, 5, 6]
    assert set(reading.problems) == {"file.line_invalid"}
    assert reading.damaged[1][2] == '{"a":2'


def test_json_lines_over_chunks(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("task_warehouse.reading.encodings.CHUNK", 64)
    lines = "".join(f'{{"a":{n},"b":"{"x" * (n % 90)}"}}\n' for n in range(200))
    reading = read(lines, "nv.ndjson")
    assert [row[0] for row in reading.rows] == [str(n) for n in range(200)]
    assert reading.lines == list(range(1, 201))


def test_a_json_line_of_deep_brackets_costs_itself(read: Read) -> None:
    reading = read('{"a":1}\n' + "[" * 100_000 + '\n{"a":2}\n', "nv.ndjson")
    assert reading.rows == [["1"], ["2"]]
    assert reading.problems == ["file.line_invalid"]


XML = """<?xml version="1.0" encoding="UTF-8"?>
<bc:baoCao xmlns:bc="urn:bc" maDonVi="01">
  <bc:nhiemVu ma="NV-1"><bc:ten>Một</bc:ten><bc:han loai="ngay">31/12/2025</bc:han></bc:nhiemVu>
  <bc:nhiemVu ma="NV-2"><bc:ten>Hai &amp; ba</bc:ten><bc:han/></bc:nhiemVu>
</bc:baoCao>
"""


@pytest.mark.parametrize("records", [None, "baoCao/nhiemVu", "nhiemVu", "baoCao.nhiemVu[]"])
def test_xml_records(read: Read, records: str | None) -> None:
    reading = read(XML, "nv.xml", records=records)
    rows = [dict(zip(reading.headers, row, strict=False)) for row in reading.rows]
    assert [(row["@ma"], row["ten"]) for row in rows] == [("NV-1", "Một"), ("NV-2", "Hai & ba")]
    assert rows[0]["han.@loai"] == "ngay"
    assert rows[0]["han.#text"] == "31/12/2025"
    assert reading.lines == [3, 4]


def test_xml_in_the_encoding_it_states(read: Read) -> None:
    text = '<?xml version="1.0" encoding="windows-1258"?><a><b><c>Đơn vị</c></b><b><c>ô</c></b></a>'
    octets = text.replace("ị", "i\u0323").encode("cp1258")
    assert read(octets, "nv.xml").rows == [["Đơn vị"], ["ô"]]
    sixteen = XML.replace("UTF-8", "UTF-16").encode("utf-16")
    assert len(read(sixteen, "nv.xml").rows) == 2


def test_external_entity_is_refused_and_the_secret_appears_nowhere(
    read: Read, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("TOP-SECRET-OCTETS")
    document = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]><a><b>&x;</b><b/></a>'
    reading = read('<?xml version="1.0"?>' + document, "nv.xml")
    assert reading.refused == "file.xml_forbidden"
    assert "TOP-SECRET" not in repr(reading)


def test_billion_laughs_are_refused(read: Read) -> None:
    entities = '<!ENTITY l0 "lol">' + "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)
    )
    document = f'<?xml version="1.0"?><!DOCTYPE a [{entities}]><a><b>&l9;</b></a>'
    assert read(document, "nv.xml").refused == "file.xml_forbidden"


def test_an_external_dtd_is_refused(read: Read) -> None:
    document = '<?xml version="1.0"?><!DOCTYPE a SYSTEM "http://169.254.169.254/x"><a><b>1</b></a>'
    assert read(document, "nv.xml").refused == "file.xml_forbidden"


@pytest.mark.parametrize("depth", [65, 200_000])
def test_deep_xml_is_refused(read: Read, depth: int) -> None:
    assert read("<a>" * depth + "</a>" * depth, "nv.xml").refused == "file.too_deep"


@pytest.mark.parametrize("document", ["<a><b></a>", "<a>", "<?xml version='1.0'?>", "<a>\x01</a>"])
def test_broken_xml_is_refused(read: Read, document: str) -> None:
    assert read(document, "nv.xml").refused in {"file.xml_invalid", "file.not_what_it_says"}


values = st.none() | st.booleans() | st.integers() | st.text(max_size=8)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from("abcde"), values, max_size=5), max_size=20))
def test_what_the_json_module_writes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, object]]
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    path = folder / "f"
    path.write_text(json.dumps(records))
    reading = read_here(path, "f.json", Limits(), folder, {})
    assert len(reading.records) == len(records)
    for record, row in zip(records, reading.records, strict=True):
        if row["problem"]:
            continue
        got = dict(zip(reading.headers, row["cells"], strict=False))
        for key, value in record.items():
            if isinstance(value, int) and not isinstance(value, bool):
                assert got[key] == str(value)


@settings(max_examples=200, deadline=None)
@given(
    st.text(alphabet='{}[]",:ab1.e-\\ \n\x1enul', max_size=80),
    st.sampled_from(["f.json", "f.ndjson", "f.xml"]),
)
def test_any_text_ends_in_records_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, text: str, name: str
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    path = folder / "f"
    path.write_text(text)
    read_here(path, name, Limits(), folder, {})


REPORT_PATH = "duLieuBaoCao[].dulieu[]"


def _report(*indicators: object) -> str:
    return json.dumps([{"maDonVi": "01", "kyDuLieu": "202510", "duLieuBaoCao": list(indicators)}])


def _told(reading: Reading) -> list[dict[str, str | None]]:
    return [dict(zip(reading.headers, row, strict=False)) for row in reading.rows]


@pytest.mark.parametrize(
    "indicator",
    [
        {"maChiTieu": "CT-2"},
        {"maChiTieu": "CT-2", "dulieu": []},
        {"maChiTieu": "CT-2", "dulieu": None},
        {"maChiTieu": "CT-2", "dulieu": {}},
        {"maChiTieu": "CT-2", "dulieu": [[], [[]]]},
    ],
    ids=["missing", "empty", "null", "empty object", "empty lists"],
)
def test_an_indicator_that_lists_no_value_still_comes_out(read: Read, indicator: object) -> None:
    sound = {"maChiTieu": "CT-1", "dulieu": [{"giaTri": "12"}]}
    told = _told(read(_report(sound, indicator, sound), "bc.json", records=REPORT_PATH))
    assert [(row["maChiTieu"], row.get("giaTri")) for row in told] == [
        ("CT-1", "12"),
        ("CT-2", None),
        ("CT-1", "12"),
    ]
    assert {row["maDonVi"] for row in told} == {"01"}


def test_an_inner_list_that_is_one_object_or_one_value(read: Read) -> None:
    report = _report(
        {"maChiTieu": "CT-1", "dulieu": {"giaTri": "12"}}, {"maChiTieu": "CT-2", "dulieu": "13"}
    )
    told = _told(read(report, "bc.json", records=REPORT_PATH))
    assert [(row["maChiTieu"], row.get("giaTri"), row.get("value")) for row in told] == [
        ("CT-1", "12", None),
        ("CT-2", None, "13"),
    ]


def test_a_report_without_indicators_holds_no_record(read: Read) -> None:
    assert read(_report(), "bc.json", records=REPORT_PATH).rows == []
    reading = read('{"data": {"items": [], "total": 0}}', "nv.json", records="data.items[]")
    assert reading.rows == []


def test_stray_values_among_indicators_come_out(read: Read) -> None:
    reading = read(_report("CT-1", None, 5), "bc.json", records=REPORT_PATH)
    assert [row["duLieuBaoCao"] for row in _told(reading)] == ["CT-1", None, "5"]


@pytest.mark.parametrize("depth", [100, 900, 20_000])
def test_lists_in_lists_without_end_are_refused(read: Read, depth: int) -> None:
    inner = "[" * depth + "]" * depth
    report = _report("HERE").replace('"HERE"', f'{{"maChiTieu":"A","dulieu":{inner}}}')
    assert read(report, "bc.json", records=REPORT_PATH).refused == "file.too_deep"


def test_a_huge_report_costs_memory_for_its_records_only(read: Read) -> None:
    values = [{"fldCode": str(n), "giaTri": str(n)} for n in range(50_000)]
    reading = read(_report({"maChiTieu": "A", "dulieu": values}), "bc.json", records=REPORT_PATH)
    assert len(reading.rows) == 50_000
    assert reading.lines == list(range(1, 50_001))


NESTED_XML = """<?xml version="1.0" encoding="UTF-8"?>
<baoCao maDonVi="01"><kyDuLieu>202510</kyDuLieu>
  <duLieuBaoCao><maChiTieu>CT-1</maChiTieu>
    <dulieu><fldCode>A</fldCode><giaTri>12</giaTri></dulieu>
    <dulieu><fldCode>B</fldCode><giaTri>3,5</giaTri></dulieu>
  </duLieuBaoCao>
  <duLieuBaoCao><maChiTieu>CT-2</maChiTieu></duLieuBaoCao>
  <duLieuBaoCao><maChiTieu>CT-3</maChiTieu><dulieu><giaTri>7</giaTri></dulieu></duLieuBaoCao>
</baoCao>
"""


def test_the_provincial_report_shape_in_xml(read: Read) -> None:
    reading = read(NESTED_XML, "bc.xml", records=REPORT_PATH)
    told = _told(reading)
    assert [(row["maChiTieu"], row.get("fldCode"), row.get("giaTri")) for row in told] == [
        ("CT-1", "A", "12"),
        ("CT-1", "B", "3,5"),
        ("CT-2", None, None),
        ("CT-3", None, "7"),
    ]
    assert {(row["@maDonVi"], row["kyDuLieu"]) for row in told} == {("01", "202510")}
    assert reading.lines[:2] == [4, 5]


@pytest.mark.parametrize("depth", [700, 960, 990, 5_000])
def test_a_value_of_deep_lists_is_kept_or_refused(read: Read, depth: int) -> None:
    reading = read('[{"a":' + "[" * depth + "1" + "]" * depth + "}]", "nv.json")
    assert reading.refused == "file.too_deep" or reading.rows[0][0].count("[") == depth
