"""JSON in the classes of JSONTestSuite: what must be read, must be refused, or may be either.

The documents are our own, in the manner of Nicolas Seriot's collection ("Parsing JSON is a
minefield"). Each has a stated end: the table that comes of it, or the kind of its refusal.
"""

from __future__ import annotations

import pytest
from read_here import Read

INVALID, NUMBER, TWICE = "file.json_invalid", "file.json_number", "file.json_duplicate_key"
DEEP, EMPTY, CHARACTER = "file.too_deep", "file.empty", "file.bad_character"
OTHER = "file.not_what_it_says"  # it does not even begin as JSON does

# Sound by the standard: the rows, numbers as they were written.
SOUND: dict[str, tuple[str, list[list[str | None]]]] = {
    "array_of_nothing": ("[]", []),
    "array_with_spaces": (" [ { \"a\" : 1 } ] \t\r\n", [["1"]]),
    "empty_key": ('[{"":1}]', [["1"]]),
    "escapes": (r'[{"a":"\"\\\/\b\f\n\r\t"}]', [['"\\/\b\f\n\r\t']]),
    "escaped_pair": (r'[{"a":"\uD834\uDD1E"}]', [["𝄞"]]),
    "escaped_nul": (r'[{"a":"x\u0000y"}]', [["x\x00y"]]),
    "noncharacter": (r'[{"a":"\uFFFF"}]', [["\uffff"]]),
    "line_separators": ('[{"a":"\u2028\u2029"}]', [["\u2028\u2029"]]),
    "delete_character": ('[{"a":"\x7f"}]', [["\x7f"]]),
    "minus_zero": ('[{"a":-0}]', [["-0"]]),
    "real_exponents": ('[{"a":1E+2,"b":1e-2,"c":-1.5E22}]', [["1E+2", "1e-2", "-1.5E22"]]),
    "many_digits": ('[{"a":0.100000000000000000000001}]', [["0.100000000000000000000001"]]),
    "beyond_64_bits": ('[{"a":123456789012345678901234}]', [["123456789012345678901234"]]),
    "underflow": ('[{"a":1e-400}]', [["1e-400"]]),
    "true_false_null": ('[{"a":true,"b":false,"c":null}]', [["true", "false", None]]),
    "same_key_in_two_objects": ('[{"a":1},{"a":1}]', [["1"], ["1"]]),
    "keys_differ_in_case": ('[{"a":1,"A":2}]', [["1", "2"]]),
}  # fmt: skip

# Broken by the standard: the kind of refusal.
BROKEN: dict[str, tuple[str | bytes, set[str]]] = {
    **{
        f"{number:02}_{document}": (document, {INVALID, OTHER})
        for number, document in enumerate(
            (
                '[{"a":1},]', "[,]", "[1,,2]", "[,1]", '[{"a":1}', "[", "]", "{", "}", '{"a"',
                '{"a":', '{"a":1', '{"a":1,}', '{"a":1,,"b":2}', '{,"a":1}', '{"a" 1}', '{a:1}',
                "{'a':1}", '{1:1}', '[{"a":1}]]', '[{"a":1}]x', '[{"a":1}],', '[1:2]', '["a"',
                '["a', '["', '["\\', r'["\x41"]', r'["\a"]', r'["\u12"]', r'["\uQQQQ"]',
                '["\t"]', '["\n"]', '["\x01"]', "[tru]", "[True]", "[nul]", "[None]", "[undefined]",
                "[+1]", "[.5]", "[1.]", "[01]", "[-01]", "[0x1F]", "[1e]", "[1e+]", "[1_000]",
                "[1 000]", "[--1]", "[-]", "[１]", "[nan]", "[inf]", "[-Inf]", "[1]//x", "/**/[1]",
                "[1]#x", '[{"a":1};]', "<rows/>", "*", "abc", "\x0c[]", "[1]\u00a0", '[“a”]',
            )
        )
    },
    "nan": ('[{"a":NaN}]', NUMBER),
    "infinity": ('[{"a":Infinity}]', NUMBER),
    "minus_infinity": ('[{"a":-Infinity}]', NUMBER),
    "nothing": ("", {EMPTY}),
    "blanks_only": (" \n\t ", {EMPTY}),
    "mark_only": (b"\xef\xbb\xbf", {EMPTY}),
    "open_lists": ("[" * 100_000, {DEEP}),
    "open_objects": ('{"a":' * 100_000, DEEP),
    "closed_lists": ("[" * 100_000 + "]" * 100_000, {DEEP}),
}  # fmt: skip

# Left open by the standard: what we make of it, the kind of refusal or the rows.
OPEN: dict[str, tuple[str | bytes, str | list[list[str | None]]]] = {
    "key_twice": ('[{"a":1,"a":2}]', TWICE),
    "key_twice_same_value": ('[{"a":1,"a":1}]', TWICE),
    "key_twice_escaped": (r'[{"a":1,"\u0061":2}]', TWICE),
    "overflow": ('[{"a":1e999}]', NUMBER),
    "overflow_negative": ('[{"a":-1e999}]', NUMBER),
    "five_thousand_digits": (f'[{{"a":{"9" * 5_000}}}]', NUMBER),
    "huge_exponent": ('[{"a":0.4e00669999999999999999999999999999999}]', NUMBER),
    "lists_at_300": ("[" * 300 + "]" * 300, DEEP),
    "byte_order_mark": (b'\xef\xbb\xbf[{"a":1}]', [["1"]]),
    "utf_16_le": ('[{"a":"ế"}]'.encode("utf-16"), [["ế"]]),
    "utf_16_be": (b"\xfe\xff" + '[{"a":"ế"}]'.encode("utf-16-be"), [["ế"]]),
    "single_value": ("42", OTHER),
    "single_text": ('"a"', OTHER),
    "single_null": ("null", OTHER),
    "two_documents": ('[{"a":1}][{"a":2}]', [["1"], ["2"]]),
}

# Characters that are none: the record is lost, with what it was, and no other.
HALVES = {
    "high_alone": r'"\ud800"',
    "low_alone": r'"\udc00"',
    "reversed": r'"\udd1e\ud834"',
    "high_then_letter": r'"\ud800a"',
    "two_high": r'"\ud800\ud800"',
}


@pytest.mark.parametrize("name", SOUND)
def test_sound_documents_come_out_exactly(read: Read, name: str) -> None:
    document, rows = SOUND[name]
    reading = read(document, "nv.json")
    assert (reading.refused, reading.rows, reading.damaged) == (None, rows, [])


@pytest.mark.parametrize("name", BROKEN)
def test_broken_documents_are_refused_with_their_kind(read: Read, name: str) -> None:
    document, kind = BROKEN[name]
    reading = read(document, "nv.json")
    assert reading.refused in kind
    assert reading.rows == []
    assert reading.detail


@pytest.mark.parametrize("name", OPEN)
def test_what_the_standard_leaves_open_has_a_stated_end(read: Read, name: str) -> None:
    document, end = OPEN[name]
    reading = read(document, "nv.json")
    if isinstance(end, str):
        assert (reading.refused, reading.rows) == (end, [])
    else:
        assert (reading.refused, reading.rows, reading.damaged) == (None, end, [])


@pytest.mark.parametrize("name", HALVES)
def test_half_a_character_costs_its_record_alone(read: Read, name: str) -> None:
    reading = read(f'[{{"a":"x"}},{{"a":{HALVES[name]}}},{{"a":"y"}}]', "nv.json")
    assert [row[0] for row in reading.rows] == ["x", "y"]
    assert reading.problems == [CHARACTER]


@pytest.mark.parametrize(
    "octets", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe1\x80"]
)
def test_octets_that_are_no_text_never_pass_for_text(read: Read, octets: bytes) -> None:
    reading = read(b'[{"a":"x' + octets + b'"},{"a":"y"}]', "nv.json")
    assert reading.refused or reading.problems
    assert all("\ufffd" not in (cell or "") for row in reading.rows for cell in row)
