"""Words, numbers and dates in the language of a page."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from task_warehouse.settings import TIMEZONE

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")
MINUS = "\u2212"
LONGEST_TEXT = 500

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_NUMBER = re.compile(r"\d+(\.\d+)?")


@cache
def _texts() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(Path(__file__).with_name("texts.toml").read_text(encoding="utf-8"))


class Wording:
    """Everything a template says, in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.other: Language = "en" if language == "vi" else "vi"
        self._zone = ZoneInfo(TIMEZONE)
        self._point, self._comma = (",", ".") if language == "vi" else (".", ",")

    def text(self, key: str, **values: object) -> str:
        """The text ``section.name`` with ``values`` filled in; KeyError for an unknown key.

        Whole numbers are written as this language writes them.
        """
        section, name = key.split(".", 1)
        said = _texts()[section][name][self.language]
        shown = {
            name: self.number(value) if type(value) is int else value
            for name, value in values.items()
        }
        return said.format(**shown) if shown else said

    def text_or(self, section: str, name: str) -> str:
        """The text of a code that comes with the data; the code itself where it is not known."""
        known = _texts()[section].get(name)
        return known[self.language] if known else name

    def number(self, value: float | None, decimals: int = 0) -> str:
        """1234.5 as 1.234,5 in Vietnamese, 1,234.5 in English; a dash for nothing."""
        if value is None:
            return "–"
        plain = f"{abs(value):,.{decimals}f}"
        swapped = plain.translate(str.maketrans(",.", self._comma + self._point))
        return MINUS + swapped if value < 0 and plain.strip("0.,") else swapped

    def amount(self, value: float | None) -> str:
        """A number with as many decimals (at most two) as it needs."""
        if value is None:
            return "–"
        decimals = next((d for d in (0, 1) if round(value, d) == round(value, 2)), 2)
        return self.number(value, decimals)

    def percent(self, share: float | None) -> str:
        """0.448 as 44,8%; a share that is not quite all or nothing never reads as that."""
        if share is None:
            return "–"
        if 0.9995 <= share < 1:
            share = 0.999
        elif 0 < share < 0.0005:
            share = 0.001
        shown = self.number(share * 100, 1)
        return (shown.removesuffix(self._point + "0")) + "%"

    def change(self, value: int | None) -> str:
        """+3, −2 or =; a dash where there is nothing to compare with."""
        if value is None:
            return "–"
        return "=" if value == 0 else ("+" if value > 0 else "") + self.number(value)

    def day(self, value: date | None) -> str:
        """dd/mm/yyyy; a dash for none."""
        return "–" if value is None else f"{value.day:02}/{value.month:02}/{value.year:04}"

    def short_day(self, value: date) -> str:
        """dd/mm, where the year is plain."""
        return value.strftime("%d/%m")

    def moment(self, value: datetime | None) -> str:
        """HH:MM dd/mm/yyyy in Vietnam's time; a dash for none."""
        return "–" if value is None else value.astimezone(self._zone).strftime("%H:%M %d/%m/%Y")

    def month(self, value: date) -> str:
        """mm/yyyy."""
        return value.strftime("%m/%Y")

    def period(self, recurs_every: str, code: str) -> str:
        """A period of fct_task_period as it is read: 202611 as 11/2026, 20264 as quý IV/2026."""
        year, rest = code[:4], code[4:]
        if recurs_every == "day":
            return f"{rest[2:]}/{rest[:2]}/{year}"
        part = ("I", "II", "III", "IV")[int(rest) - 1] if recurs_every == "quarter" else rest
        return self.text(f"periods.{recurs_every}", part=part.lstrip("WH"), year=year)

    def age(self, earlier: datetime, later: datetime) -> str:
        """How long ago, in minutes, hours or days, whichever is read at a glance."""
        minutes = max(0, int((later - earlier).total_seconds() // 60))
        unit, size = ("minutes", 1) if minutes < 60 else ("hours", 60)
        if minutes >= 48 * 60:
            unit, size = "days", 24 * 60
        return self.text(f"ages.{unit}", count=self.number(minutes // size))

    def threshold(self, value: str) -> str:
        """A threshold as the warehouse keeps it, without a meaningless ``.0``."""
        try:
            return self.amount(float(value))
        except ValueError:
            return value

    def of(self, row: Any, vietnamese: str, english: str) -> str:
        """The attribute of ``row`` in this page's language; the other where it is empty."""
        first, second = getattr(row, vietnamese), getattr(row, english)
        said = (first or second) if self.language == "vi" else (second or first)
        return str(said or "")

    def found(self, row: Any) -> str:
        """What a finding saw, before and after; days, shares and classes as this page has them."""
        if row.old_value is None and row.new_value is None:
            return "–"
        kind = row.finding if row.finding in _texts()["found"] else "other"
        old, new = self._written(row.old_value), self._written(row.new_value)
        return self.text(f"found.{kind}", old=old, new=new)

    def _written(self, value: str | None) -> str:
        if value in _texts()["classes"]:
            return self.text(f"classes.{value}")
        if value and _DAY.fullmatch(value):
            return self.day(date.fromisoformat(value))
        if value and _NUMBER.fullmatch(value):
            return self.amount(float(value))
        return value or "–"

    def name(self, row: Any) -> str:
        return self.of(row, "name", "name_en")


def plain(value: object) -> str:
    """A text that came from outside, safe to lay out: NFC, no control characters, not endless."""
    said = _CONTROLS.sub(" ", unicodedata.normalize("NFC", str(value)))
    return said if len(said) <= LONGEST_TEXT else said[:LONGEST_TEXT].rstrip() + "…"
