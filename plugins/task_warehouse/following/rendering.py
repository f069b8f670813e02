"""Turn what was read into a page, in Vietnamese or English, with links between all of them."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import jinja2

from task_warehouse import dashboard
from task_warehouse.dashboard.facts import CLASSES, NATION
from task_warehouse.dashboard.wording import Language, Wording, plain
from task_warehouse.settings import PROJECT_ROOT
from task_warehouse.vocabulary import load_code_lists

HERE = Path(__file__).parent
DASHBOARD = Path(dashboard.__file__).parent

_INVISIBLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


@cache
def _texts() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads((HERE / "texts.toml").read_text(encoding="utf-8"))


@cache
def _code_lists() -> dict[str, dict[str, tuple[str, str]]]:
    return load_code_lists(PROJECT_ROOT / "dbt_project" / "seeds" / "code_lists.csv")


class Words(Wording):
    """The wording of the dashboard, and what only these pages say."""

    def text(self, key: str, **values: object) -> str:
        """As :meth:`Wording.text`; texts of these pages come first."""
        section, name = key.split(".", 1)
        own = _texts().get(section, {}).get(name)
        if own is None:
            return super().text(key, **values)
        said = own[self.language]
        return said.format(**values) if values else said

    def text_or(self, section: str, name: str) -> str:
        """As :meth:`Wording.text_or`; texts of these pages come first."""
        known = _texts().get(section, {}).get(name)
        return known[self.language] if known else super().text_or(section, name)

    def any_of(self, section: str, name: str | None) -> str:
        """The text of a code of these pages' own sections; a dash for none."""
        if not name:
            return "–"
        known = _texts().get(section, {}).get(name)
        return known[self.language] if known else name

    def code(self, code_list: str, code: str | None) -> str:
        """What a code of the reference data means; the code itself where it is not known."""
        if not code:
            return "–"
        known = _code_lists().get(code_list, {}).get(code)
        return (known[0] if self.language == "vi" else known[1]) if known else code

    def cause(self, texts: Mapping[str, tuple[str, str]], check_id: str | None) -> str:
        """What a check says in general; its id where it is not known."""
        if not check_id:
            return "–"
        known = texts.get(check_id)
        return (known[0] if self.language == "vi" else known[1]) if known else check_id

    def said_day(self, value: str | date | None) -> str:
        """A day, or text that may be an ISO day, as dd/mm/yyyy; other text as it is."""
        if isinstance(value, str):
            try:
                return self.day(date.fromisoformat(value[:10]))
            except ValueError:
                return value
        return self.day(value)

    def size(self, octets: int | None) -> str:
        """A number of bytes in the unit that reads well."""
        if octets is None:
            return "–"
        for unit, divisor in (("MB", 1024 * 1024), ("kB", 1024)):
            if octets >= divisor:
                return f"{self.amount(octets / divisor)} {unit}"
        return f"{self.number(octets)} B"


def exact(value: object) -> str:
    """A line of a file for a ``pre``: letters in NFC, control characters made visible."""
    return _INVISIBLE.sub("\ufffd", unicodedata.normalize("NFC", str(value)))


class Links:
    """Addresses of pages, below where the app is mounted, in the language of the page."""

    def __init__(self, root: str, language: Language) -> None:
        self.root = root.rstrip("/")
        self.language = language

    def __call__(self, *steps: str, **values: object) -> str:
        """``/root/step/step?name=value``; empty values are left out."""
        given = {name: value for name, value in values.items() if value not in (None, "", 0)}
        if self.language == "en":
            given["lang"] = "en"
        path = "/".join(quote(step, safe="") for step in steps)
        return f"{self.root}/{path}" + (f"?{urlencode(given)}" if given else "")


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [
                jinja2.FileSystemLoader(HERE / "templates"),
                jinja2.PrefixLoader(
                    {"dashboard": jinja2.FileSystemLoader(DASHBOARD / "templates")}
                ),
            ]
        ),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = plain
    environment.filters["exact"] = exact
    environment.globals.update(classes=CLASSES, nation_code=NATION)
    return environment


def render(template: str, context: dict[str, Any]) -> str:
    """The page that ``template`` makes of ``context``."""
    return _templates().get_template(template).render(context)


@cache
def asset(name: str) -> bytes | None:
    """One of the style sheets and pictures by its name; None for any other name."""
    paths = {
        "page.css": DASHBOARD / "assets" / "page.css",
        "icon.svg": DASHBOARD / "assets" / "icon.svg",
        "follow.css": HERE / "assets" / "follow.css",
    }
    return paths[name].read_bytes() if name in paths else None
