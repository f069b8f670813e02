"""The two legacy Vietnamese encodings that Python has no codec for, as tables.

TCVN3 (ABC fonts) keeps one byte a letter and has only seven capitals: the other capitals were
drawn by a capital font over the small letters, so their case is lost before the file reaches us.
VNI writes most letters as a base letter followed by a mark. Both are given over Latin-1 code
points, so that they serve bytes (decoded as Latin-1) and text that was saved as Unicode without
being converted.
"""

from __future__ import annotations

import re

_TCVN3_ROWS = (
    ("A1", "ĂÂÊÔƠƯĐăâêôơưđ"),
    ("B5", "àảãáạ"),
    ("BB", "ằẳẵắ"),
    ("C6", "ặầẩẫấậè"),
    ("CE", "ẻẽéẹềểễếệìỉ"),
    ("DC", "ĩíịò"),
    ("E1", "ỏõóọồổỗốộờởỡớợù"),
    ("F1", "ủũúụừửữứựỳỷỹýỵ"),
)
TCVN3: dict[int, str] = {
    int(first, 16) + place: letter
    for first, letters in _TCVN3_ROWS
    for place, letter in enumerate(letters)
}

# Mark byte after a base letter -> what base letters become under it.
_VNI_MARKS = {
    "ù": {"a": "á", "e": "é", "o": "ó", "u": "ú", "y": "ý", "ô": "ớ", "ö": "ứ"},
    "ø": {"a": "à", "e": "è", "o": "ò", "u": "ù", "y": "ỳ", "ô": "ờ", "ö": "ừ"},
    "û": {"a": "ả", "e": "ẻ", "o": "ỏ", "u": "ủ", "y": "ỷ", "ô": "ở", "ö": "ử"},
    "õ": {"a": "ã", "e": "ẽ", "o": "õ", "u": "ũ", "y": "ỹ", "ô": "ỡ", "ö": "ữ"},
    "ï": {"a": "ạ", "e": "ẹ", "o": "ọ", "u": "ụ", "ô": "ợ", "ö": "ự"},
    "â": {"a": "â", "e": "ê", "o": "ô"},
    "á": {"a": "ấ", "e": "ế", "o": "ố"},
    "à": {"a": "ầ", "e": "ề", "o": "ồ"},
    "å": {"a": "ẩ", "e": "ể", "o": "ổ"},
    "ã": {"a": "ẫ", "e": "ễ", "o": "ỗ"},
    "ä": {"a": "ậ", "e": "ệ", "o": "ộ"},
    "ê": {"a": "ă"},
    "é": {"a": "ắ"},
    "è": {"a": "ằ"},
    "ú": {"a": "ẳ"},
    "ü": {"a": "ẵ"},
    "ë": {"a": "ặ"},
}
_VNI_ALONE = {
    "í": "í",
    "ì": "ì",
    "æ": "ỉ",
    "ó": "ĩ",
    "ò": "ị",
    "ô": "ơ",
    "ö": "ư",
    "ñ": "đ",
    "î": "ỵ",
}


def _vni_pairs() -> dict[str, str]:
    pairs = dict(_VNI_ALONE)
    for mark, bases in _VNI_MARKS.items():
        for base, letter in bases.items():
            pairs[base + mark] = letter
    for small, letter in list(pairs.items()):
        pairs[small.upper()] = letter.upper()
        if len(small) == 2:  # a capital base under a small mark is how fonts mixed them
            pairs[small[0].upper() + small[1]] = letter.upper()
    return pairs


VNI: dict[str, str] = _vni_pairs()
_VNI_PATTERN = re.compile("|".join(sorted(map(re.escape, VNI), key=len, reverse=True)))


def from_tcvn3(text: str) -> str:
    """Vietnamese text from TCVN3 code points in Latin-1 places."""
    return text.translate(TCVN3)


def from_vni(text: str) -> str:
    """Vietnamese text from VNI base letters and marks in Latin-1 places."""
    return _VNI_PATTERN.sub(lambda match: VNI[match.group()], text)
