"""What the fast workbook reader does not say, taken from the XML of an XLSX file itself.

Sizes that are not believed, formulas without a value, error values, codes kept as numbers with a
zero-padded format, and an independent count of the rows that hold anything.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import BinaryIO

from task_warehouse.reading import refusal
from task_warehouse.reading.archives import CHUNK, Allowance
from task_warehouse.reading.refusal import Refusal

_NS = rb"(?:[\w.-]+:)?"
_CELL = re.compile(rb"<" + _NS + rb"c\b([^>]*?)(?:/>|>(.*?)</" + _NS + rb"c>)", re.S)
_ROW = re.compile(rb"<" + _NS + rb"row\b([^>]*?)(?:/>|>(.*?)</" + _NS + rb"row>)", re.S)
_VALUE = re.compile(rb"<" + _NS + rb"(?:v|is)\b[^>]*>(?!</)")
_COLUMN = re.compile(rb"<" + _NS + rb"c\b[^>]*?\br=\"([A-Z]{1,3})")
_ROW_NUMBER = re.compile(rb"<" + _NS + rb"row\b[^>]*?\br=\"(\d{1,9})\"")
_FORMULA = re.compile(rb"<" + _NS + rb"f\b")
_SHEET = re.compile(rb"<" + _NS + rb"sheet\b([^>]*)>")
_RELATION = re.compile(rb"<" + _NS + rb"Relationship\b([^>]*)>")
_FORMAT = re.compile(rb"<" + _NS + rb"numFmt\b([^>]*)>")
_STYLES = re.compile(rb"<" + _NS + rb"cellXfs\b.*?</" + _NS + rb"cellXfs>", re.S)
_STYLE = re.compile(rb"<" + _NS + rb"xf\b([^>]*)>")
_ATTRIBUTE = re.compile(rb"([\w:.-]+)\s*=\s*\"([^\"]*)\"")
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'"}


@dataclass(slots=True)
class SheetFacts:
    """Facts of one sheet by (row, column) from 0."""

    rows: int | None = None
    unvalued: set[tuple[int, int]] = field(default_factory=set)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    padded: dict[tuple[int, int], int] = field(default_factory=dict)


class WorkbookParts:
    """The ZIP of an XLSX file; every part is unpacked once under the limits when it is opened."""

    def __init__(self, stream: BinaryIO, allowance: Allowance) -> None:
        self.allowance = allowance
        try:
            self.archive = zipfile.ZipFile(stream)
            for info in self.archive.infolist():
                allowance.member()
                self._unpack(info.filename, keep=False)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise Refusal(refusal.WORKBOOK_DAMAGED, f"damaged ZIP: {error}") from error
        except RuntimeError as error:  # zipfile says so of an encrypted member
            raise Refusal(refusal.ENCRYPTED, str(error)) from error
        self.sheets = self._sheet_parts()
        self.zero_styles = self._zero_styles()

    def _unpack(self, name: str, *, keep: bool) -> bytes:
        pieces = []
        with self.archive.open(name) as source:
            while chunk := source.read(CHUNK):
                if keep:
                    pieces.append(chunk)
                else:
                    self.allowance.spend(len(chunk))
        return b"".join(pieces)

    def _part(self, name: str) -> bytes:
        return self._unpack(name, keep=True) if name in self.archive.NameToInfo else b""

    def _sheet_parts(self) -> dict[str, str]:
        targets = {
            found["Id"]: found.get("Target", "")
            for match in _RELATION.finditer(self._part("xl/_rels/workbook.xml.rels"))
            if "Id" in (found := _attributes(match.group(1)))
        }
        parts = {}
        for match in _SHEET.finditer(self._part("xl/workbook.xml")):
            found = _attributes(match.group(1))
            relation = next((value for key, value in found.items() if key.endswith(":id")), "")
            target = targets.get(relation, "")
            path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            parts[found.get("name", "")] = posixpath.normpath(path)
        return parts

    def _zero_styles(self) -> dict[str, int]:
        """Cell styles whose format is nothing but zeros, such as 00000 for a commune's code."""
        styles = self._part("xl/styles.xml")
        widths = {}
        for match in _FORMAT.finditer(styles):
            found = _attributes(match.group(1))
            if re.fullmatch(r"0{2,20}", found.get("formatCode", "")):
                widths[found.get("numFmtId", "")] = len(found["formatCode"])
        block = _STYLES.search(styles)
        if not widths or block is None:
            return {}
        used = [_attributes(match.group(1)) for match in _STYLE.finditer(block.group())]
        return {
            str(place): widths[style["numFmtId"]]
            for place, style in enumerate(used)
            if style.get("numFmtId") in widths
        }

    def facts(self, sheet: str, cell_limit: int) -> SheetFacts:
        """Facts of a sheet. Raises Refusal(file.too_large) where its corners lie too far apart."""
        part = self.sheets.get(sheet)
        xml = self._part(part) if part else b""
        if not xml:
            return SheetFacts()
        rows = max(map(int, _ROW_NUMBER.findall(xml)), default=0)
        columns = max(map(_column_number, set(_COLUMN.findall(xml))), default=0)
        if rows * columns > cell_limit:
            raise Refusal(refusal.TOO_LARGE, f"a sheet of {rows} rows by {columns} columns")
        facts = SheetFacts(
            sum(1 for row in _ROW.finditer(xml) if _VALUE.search(row.group(2) or b""))
        )
        if self.zero_styles or b't="e"' in xml or _FORMULA.search(xml):
            self._note_cells(xml, facts)
        return facts

    def _note_cells(self, xml: bytes, facts: SheetFacts) -> None:
        for match in _CELL.finditer(xml):
            found = _attributes(match.group(1))
            body = match.group(2) or b""
            place = _place(found.get("r", ""))
            if place is None:
                continue
            if found.get("t") == "e":
                facts.errors[place] = _inner(body)
            elif _FORMULA.search(body) and not _VALUE.search(body) and found.get("t") != "str":
                facts.unvalued.add(place)
            elif found.get("s") in self.zero_styles and "t" not in found:
                facts.padded[place] = self.zero_styles[found["s"]]


def _attributes(octets: bytes) -> dict[str, str]:
    return {
        key.decode(): _plain(value.decode("utf-8", "replace"))
        for key, value in _ATTRIBUTE.findall(octets)
    }


def _plain(text: str) -> str:
    text = re.sub(r"&#(x?)([0-9A-Fa-f]{1,6});", _character, text)
    return re.sub("|".join(_ENTITIES), lambda match: _ENTITIES[match.group()], text)


def _character(match: re.Match[str]) -> str:
    code = int(match.group(2), 16 if match.group(1) else 10)
    return chr(code) if code < 0x110000 else ""


def _inner(body: bytes) -> str:
    found = re.search(rb"<" + _NS + rb"v[^>]*>([^<]*)<", body)
    return _plain(found.group(1).decode("utf-8", "replace")) if found else "#ERROR"


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _place(reference: str) -> tuple[int, int] | None:
    match = re.fullmatch(r"([A-Z]{1,3})(\d{1,7})", reference)
    if match is None:
        return None
    return int(match.group(2)) - 1, _column_number(match.group(1).encode()) - 1
