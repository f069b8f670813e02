"""Bytes of any encoding to NFC text in UTF-8, and which encoding it was.

Detected encodings are reported in the notes; below a threshold nothing is guessed and the
delivery is refused.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from task_warehouse.reading import refusal
from task_warehouse.reading.legacy_vietnamese import from_tcvn3, from_vni
from task_warehouse.reading.refusal import Refusal
from task_warehouse.reading.syllables import score

CHUNK = 4 << 20
SAMPLE = 1 << 18
SCORED = 30_000
UTF_8, UTF_16_LE, UTF_16_BE = "utf-8", "utf-16-le", "utf-16-be"
WINDOWS_1258, WINDOWS_1252, TCVN3, VNI = "windows-1258", "windows-1252", "tcvn3", "vni"

_BOMS = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF16_LE, UTF_16_LE),
    (codecs.BOM_UTF16_BE, UTF_16_BE),
)
_NAMES = {
    "utf8": UTF_8,
    "utf8sig": UTF_8,
    "unicode": UTF_8,
    "ascii": UTF_8,
    "usascii": UTF_8,
    "utf16": "utf-16",
    "utf16le": UTF_16_LE,
    "utf16be": UTF_16_BE,
    "windows1258": WINDOWS_1258,
    "cp1258": WINDOWS_1258,
    "1258": WINDOWS_1258,
    "windows1252": WINDOWS_1252,
    "cp1252": WINDOWS_1252,
    "1252": WINDOWS_1252,
    "latin1": WINDOWS_1252,
    "iso88591": WINDOWS_1252,
    "tcvn3": TCVN3,
    "tcvn5712": TCVN3,
    "abc": TCVN3,
    "vni": VNI,
    "vniwin": VNI,
    "vniwindows": VNI,
}
_CODECS = {WINDOWS_1258: "cp1258", WINDOWS_1252: "cp1252", TCVN3: "cp1252", VNI: "cp1252"}
_CONVERTERS: dict[str, Callable[[str], str]] = {TCVN3: from_tcvn3, VNI: from_vni}
_UNICODE_VIETNAMESE = re.compile("[\u1ea0-\u1ef9ăđĩũơưĂĐĨŨƠƯ]")
_SURROGATES = re.compile("[\udc80-\udcff]+")


@dataclass(frozen=True, slots=True)
class Encoding:
    """A decision: how to decode, what to call it, and what to tell the person who asks.

    ``legacy`` names TCVN3 or VNI code points that were saved as Unicode without conversion.
    """

    name: str
    bom: int = 0
    notes: tuple[str, ...] = ()
    legacy: str | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines of NFC text as UTF-8; ``sound`` is false where octets could not be decoded."""

    octets: bytes
    sound: bool = field(default=True)


def find_encoding(stream: BinaryIO, declared: str | None) -> Encoding:
    """Decide the encoding from the declaration, the byte order mark and the content.

    Reads samples and rewinds. Raises Refusal(file.encoding_unknown) below the threshold.
    """
    head = stream.read(SAMPLE)
    size = stream.seek(0, 2)
    tail = b""
    if size > SAMPLE:
        stream.seek(max(SAMPLE, size - SAMPLE))
        tail = stream.read(SAMPLE).partition(b"\n")[2]
    stream.seek(0)
    wanted = _declared(declared)
    for bom, name in _BOMS:
        if head.startswith(bom):
            return _with_bom(name, len(bom), wanted)
    if wanted == "utf-16":
        return Encoding(_utf_16_side(head) or UTF_16_LE)
    if wanted and wanted != UTF_8:
        return Encoding(wanted)
    side = _utf_16_side(head)
    if side and wanted is None:
        return Encoding(side, notes=(f"encoding detected: {side} without a byte order mark",))
    sample = head if not tail else head[: head.rfind(b"\n") + 1 or len(head)] + tail
    return _utf_8_or_detected(sample, wanted, cut=size > len(head))


def _declared(declared: str | None) -> str | None:
    if not declared:
        return None
    name = _NAMES.get(re.sub(r"[^a-z0-9]", "", declared.lower()))
    if name is None:
        raise Refusal(refusal.ENCODING_UNKNOWN, f"no such encoding is known: {declared!r}")
    return name


def _with_bom(name: str, size: int, wanted: str | None) -> Encoding:
    notes: tuple[str, ...] = ()
    if wanted and not name.startswith(wanted):
        notes = (f"declared {wanted}, but the byte order mark says {name}",)
    return Encoding(name, size, notes)


def _utf_16_side(head: bytes) -> str | None:
    even, odd = head[:4096:2], head[1:4096:2]
    if not odd:
        return None
    nuls_even, nuls_odd = even.count(0) / len(even), odd.count(0) / len(odd)
    if nuls_odd > 0.3 and nuls_even < 0.05:
        return UTF_16_LE
    if nuls_even > 0.3 and nuls_odd < 0.05:
        return UTF_16_BE
    return None


def _utf_8_or_detected(sample: bytes, wanted: str | None, *, cut: bool) -> Encoding:
    try:
        text = sample.decode()
    except UnicodeDecodeError:
        text = sample.decode("utf-8", "surrogateescape")
    else:
        return Encoding(UTF_8) if text.isascii() else _utf_8(text, wanted)
    broken = list(_SURROGATES.finditer(text))
    if cut and broken and broken[-1].end() == len(text):
        broken.pop()  # a letter cut in two by the end of the sample
    if not broken:
        return Encoding(UTF_8) if text.isascii() else _utf_8(text, wanted)
    letters = sum(1 for char in text if char > "\x7f") - sum(len(run.group()) for run in broken)
    if letters >= 20 * len(broken) or _few_lines(text, broken):
        return Encoding(UTF_8, notes=("some octets are not UTF-8; their records are refused",))
    if wanted == UTF_8:
        raise Refusal(refusal.ENCODING_UNKNOWN, "declared utf-8, but the content is not UTF-8")
    return _eight_bit(sample)


def _few_lines(text: str, broken: list[re.Match[str]]) -> bool:
    """Damage in so few lines of an ASCII file that it says nothing of the file's encoding."""
    lines = text.count("\n") + 1
    return (
        len(broken) <= 20
        and len({text.count("\n", 0, run.start()) for run in broken}) * 50 <= lines
    )


def _utf_8(text: str, wanted: str | None) -> Encoding:
    """UTF-8; looked at again for legacy code points that were saved as Unicode unconverted."""
    if wanted:
        return Encoding(UTF_8)
    found = unconverted_legacy(text)
    if found is None:
        return Encoding(UTF_8)
    note = f"encoding detected: {found[0]} letters saved as UTF-8 ({found[1]:.0%} Vietnamese words)"
    return Encoding(UTF_8, notes=(note,), legacy=found[0])


def unconverted_legacy(text: str) -> tuple[str, float] | None:
    """TCVN3 or VNI where a Unicode text is clearly one of them unconverted, and how clearly."""
    text = text[:SCORED]
    if text.isascii() or _UNICODE_VIETNAMESE.search(text):
        return None
    words, share = score(text)
    if words < 20 or share >= 0.5:
        return None
    return _best({name: convert(text) for name, convert in _CONVERTERS.items()})


def legacy_converter(declared: str | None, text: str) -> tuple[Callable[[str], str] | None, str]:
    """For formats that are Unicode by themselves but may hold text of a legacy font (workbooks):
    the conversion to apply, if any, and what to report of it."""
    name = _declared(declared)
    if name in _CONVERTERS:
        return _CONVERTERS[name], f"letters converted from {name}, as declared"
    found = None if name else unconverted_legacy(text)
    if found is None:
        return None, ""
    return _CONVERTERS[found[0]], (
        f"encoding detected: {found[0]} letters in the cells ({found[1]:.0%} Vietnamese words)"
    )


def _eight_bit(sample: bytes) -> Encoding:
    candidates = {}
    for name in (WINDOWS_1258, TCVN3, VNI):
        try:
            text = sample.decode(_CODECS[name])
        except UnicodeDecodeError:
            continue
        candidates[name] = unicodedata.normalize("NFC", _convert(text[:SCORED], name))
    western = candidates.get(WINDOWS_1258)
    best = _best(candidates)
    if best is not None:
        note = f"encoding detected: {best[0]} ({best[1]:.0%} Vietnamese words)"
        return Encoding(best[0], notes=(note,))
    if western is not None and score(western)[0] == 0:
        note = "encoding detected: windows-1252, only signs outside ASCII and no letters"
        return Encoding(WINDOWS_1252, notes=(note,))
    detail = "neither UTF-8 nor UTF-16, and no legacy encoding gives Vietnamese words; declare it"
    raise Refusal(refusal.ENCODING_UNKNOWN, detail)


def _best(candidates: dict[str, str]) -> tuple[str, float] | None:
    """The encoding whose text is clearly Vietnamese, and clearly more so than the others'."""
    scores = sorted(((*score(text)[::-1], name) for name, text in candidates.items()), reverse=True)
    if not scores:
        return None
    share, words, name = scores[0]
    second = scores[1][0] if len(scores) > 1 else 0.0
    enough = words >= 8 and share >= 0.85 and share - second >= 0.15
    few_but_sure = words >= 3 and share == 1.0 and second <= 0.5
    return (name, share) if enough or few_but_sure else None


def _convert(text: str, name: str | None) -> str:
    convert = _CONVERTERS.get(name or "")
    return convert(text) if convert else text


def utf_8_chunks(stream: BinaryIO, encoding: Encoding, line_limit: int) -> Iterator[Chunk]:
    """The whole stream as NFC text in UTF-8, cut at line ends.

    Raises Refusal(file.too_large) for a line longer than ``line_limit`` octets.
    """
    stream.seek(encoding.bom)
    pieces = _lines_of(stream, encoding, line_limit)
    if encoding.name == UTF_8 and encoding.legacy is None:
        return map(_utf_8_chunk, pieces)
    return (_decoded_chunk(piece, encoding) for piece in pieces)


def _lines_of(stream: BinaryIO, encoding: Encoding, line_limit: int) -> Iterator[bytes]:
    """Raw octets cut behind line ends, at least one line each."""
    width = 2 if encoding.name in (UTF_16_LE, UTF_16_BE) else 1
    feed, ret = (mark.encode(encoding.name if width == 2 else "ascii") for mark in "\n\r")
    rest = b""
    while data := stream.read(CHUNK):
        data = rest + data
        cut = _last_line_end(data, feed, width) or _last_line_end(data, ret, width, before_end=True)
        if not cut and len(data) > line_limit:
            raise Refusal(refusal.TOO_LARGE, f"a line is longer than {line_limit} bytes")
        rest = data[cut:]
        if cut:
            yield data[:cut]
    if rest:
        yield rest


def _last_line_end(data: bytes, mark: bytes, width: int, *, before_end: bool = False) -> int:
    """Offset behind the last ``mark`` that lies on a character boundary; 0 if there is none."""
    end = len(data) - (width if before_end else 0)
    while (place := data.rfind(mark, 0, end)) >= 0:
        if place % width == 0:
            return place + width
        end = place + width - 1
    return 0


def _utf_8_chunk(octets: bytes) -> Chunk:
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        return Chunk(octets, sound=False)
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return Chunk(octets)
    return Chunk(unicodedata.normalize("NFC", text).encode())


def _decoded_chunk(octets: bytes, encoding: Encoding) -> Chunk:
    text = _decoded(octets, encoding.name)
    text = unicodedata.normalize("NFC", _convert(text, encoding.legacy or encoding.name))
    try:
        return Chunk(text.encode())
    except UnicodeEncodeError:
        return Chunk(text.encode("utf-8", "surrogateescape"), sound=False)


def _decoded(octets: bytes, name: str) -> str:
    """Text; octets that mean nothing become lone surrogates, which later damage their record."""
    if name in (UTF_16_LE, UTF_16_BE):
        try:
            return octets.decode(name)
        except UnicodeDecodeError:
            marked = octets.decode(name, "replace")
            return marked.replace("\ufffd", "\udcff")
    return octets.decode(_CODECS.get(name, name), "surrogateescape")


def whole_text(stream: BinaryIO, encoding: Encoding, limit: int) -> str:
    """The whole decoded text of a document that must be sound from end to end."""
    size = stream.seek(0, 2)
    if size > limit:
        raise Refusal(refusal.TOO_LARGE, f"a document of {size} bytes, at most {limit} are read")
    chunks = list(utf_8_chunks(stream, encoding, limit + 1))
    if not all(chunk.sound for chunk in chunks):
        raise Refusal(refusal.ENCODING_UNKNOWN, f"some octets are not {encoding.name}")
    return b"".join(chunk.octets for chunk in chunks).decode()
