"""Every encoding Vietnamese exports come in, and what is refused rather than guessed."""

from __future__ import annotations

import unicodedata

import pytest
from read_here import Read

from task_warehouse.reading.legacy_vietnamese import TCVN3, VNI, from_tcvn3, from_vni
from task_warehouse.reading.syllables import is_syllable

SMALL = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"
LETTERS = SMALL + SMALL.upper()
TEXT = (
    "mã nhiệm vụ;tên nhiệm vụ;khó khăn\n"
    "NV-1;xây dựng cơ sở dữ liệu quốc gia về đất đai;chưa bố trí được kinh phí thực hiện\n"
    "NV-2;tổ chức bồi dưỡng kỹ năng số cho cán bộ;thiếu người hướng dẫn ở cấp xã\n"
    "NV-3;đẩy mạnh dịch vụ công trực tuyến;đường truyền ở vùng sâu còn yếu\n"
)
ROWS = [line.split(";") for line in TEXT.splitlines()]


def to_windows_1258(text: str) -> bytes:
    """As Windows writes it: the letters it has whole, tones as marks behind them."""
    octets = b""
    for letter in text:
        try:
            octets += letter.encode("cp1258")
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", letter)
            tone = [mark for mark in parts if mark in "\u0300\u0301\u0303\u0309\u0323"]
            base = unicodedata.normalize("NFC", "".join(p for p in parts if p not in tone))
            octets += (base + "".join(tone)).encode("cp1258")
    return octets


def to_tcvn3(text: str) -> bytes:
    places = {letter: place for place, letter in TCVN3.items()}
    return bytes(places.get(letter, ord(letter)) for letter in text)


def to_vni(text: str) -> bytes:
    pairs: dict[str, str] = {}
    for written, letter in VNI.items():
        pairs.setdefault(letter, written)
    return "".join(pairs.get(letter, letter) for letter in text).encode("latin-1")


def test_there_are_134_accented_letters() -> None:
    assert len(set(LETTERS)) == 134


def test_windows_1258_holds_all_134_letters(read: Read) -> None:
    content = to_windows_1258("a;b\n" + "\n".join(f"{letter};x" for letter in LETTERS))
    reading = read(content, encoding="windows-1258")
    assert [row[0] for row in reading.rows] == list(LETTERS)


def test_tcvn3_holds_all_small_letters_and_seven_capitals() -> None:
    have = SMALL + "ĂÂÊÔƠƯĐ"
    assert from_tcvn3(to_tcvn3(have).decode("latin-1")) == have
    assert len(TCVN3) == 74


def test_vni_holds_all_134_letters(read: Read) -> None:
    assert from_vni(to_vni(LETTERS).decode("latin-1")) == LETTERS
    content = to_vni("a;b\n" + "\n".join(f"{letter};x" for letter in LETTERS))
    assert [row[0] for row in read(content, encoding="vni").rows] == list(LETTERS)


@pytest.mark.parametrize(
    ("name", "encode"), [("windows-1258", to_windows_1258), ("tcvn3", to_tcvn3), ("vni", to_vni)]
)
def test_a_legacy_encoding_is_detected_and_reported(read: Read, name: str, encode: object) -> None:
    reading = read(encode(TEXT))  # type: ignore[operator]
    assert reading.headers == ROWS[0]
    assert reading.rows == ROWS[1:]
    assert reading.layout.encoding == name
    assert f"encoding detected: {name}" in reading.notes


@pytest.mark.parametrize(("name", "encode"), [("tcvn3", to_tcvn3), ("vni", to_vni)])
def test_legacy_letters_saved_as_unicode_are_converted_and_reported(
    read: Read, name: str, encode: object
) -> None:
    reading = read(encode(TEXT).decode("latin-1").encode())  # type: ignore[operator]
    assert reading.rows == ROWS[1:]
    assert f"{name} letters saved as UTF-8" in reading.notes


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_with_and_without_byte_order_mark(read: Read, name: str) -> None:
    reading = read(TEXT.encode(name))
    assert reading.headers == ROWS[0]
    assert reading.rows == ROWS[1:]


def test_nfd_text_comes_out_nfc(read: Read) -> None:
    reading = read(unicodedata.normalize("NFD", TEXT))
    assert reading.headers == ROWS[0]
    assert reading.rows == ROWS[1:]


def test_english_with_a_pound_sign_is_not_taken_for_vietnamese(read: Read) -> None:
    lines = "".join(f"P{n},spent \xa3{n}m of the department\x92s budget\n" for n in range(30))
    reading = read(("project,comment\n" + lines).encode("latin-1"))
    assert reading.layout.encoding == "windows-1252"
    assert reading.rows[4] == ["P4", "spent £4m of the department’s budget"]


def test_an_encoding_below_the_threshold_is_refused_not_guessed(read: Read) -> None:
    content = "a;b\nXÝÞ;ÿþÐß\nÐÞß;ØÜ\nÞÐß;ÖßÞ\n".encode("latin-1")
    assert read(content).refused == "file.encoding_unknown"


def test_octets_that_are_not_the_declared_encoding_are_refused(read: Read) -> None:
    assert read(to_tcvn3(TEXT), encoding="utf-8").refused == "file.encoding_unknown"
    assert read(TEXT, encoding="klingon").refused == "file.encoding_unknown"


def test_one_damaged_character_costs_one_row(read: Read) -> None:
    content = TEXT.encode().replace("kỹ".encode(), b"k\xff\xfe")
    reading = read(content)
    assert reading.rows == [ROWS[1], ROWS[3]]
    assert reading.problems == ["file.bad_character"]
    assert reading.damaged[0][0] == 3
    assert "\\xff" in reading.damaged[0][2]


def test_a_character_cut_at_the_end_costs_the_last_row(read: Read) -> None:
    content = TEXT.encode()[: TEXT.encode().rindex("ế".encode()) + 1]
    reading = read(content)
    assert reading.rows == ROWS[1:3]
    assert reading.problems == ["file.bad_character"]


@pytest.mark.parametrize(
    "word", ["nghiệm", "Quyết", "giữa", "khuya", "thuở", "ưỡn", "Đắk"[:1] + "ăng"]
)
def test_words_that_are_syllables(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["µ¸", "nghĩệm", "café", "Łm", "zürich", "déjà"])
def test_words_that_are_not(word: str) -> None:
    assert not is_syllable(word)
