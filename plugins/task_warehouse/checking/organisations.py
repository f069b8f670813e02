"""Names of bodies as the warehouse resolves them, for the check that a reporting body is known.

The rules are those of ``dbt_project/macros/names.sql`` and ``int_organisations__aliases``: NFC,
case and spaces do not matter, writing habits that carry no meaning are levelled, a name that
several bodies bear at one time is nobody's. A test holds the two together.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import duckdb
import pyarrow as pa

from task_warehouse.checking.quoting import quote
from task_warehouse.mapping import create_from
from task_warehouse.settings import PROJECT_ROOT

LEVELLED = (
    *(("oá", "óa"), ("oà", "òa"), ("oả", "ỏa"), ("oã", "õa"), ("oạ", "ọa")),
    *(("oé", "óe"), ("oè", "òe"), ("oẻ", "ỏe"), ("oẽ", "õe"), ("oẹ", "ọe")),
    *(("uý", "úy"), ("uỳ", "ùy"), ("uỷ", "ủy"), ("uỹ", "ũy"), ("uỵ", "ụy")),
    *(("–", "-"), ("—", "-"), ("\xa0", " "), ("ủy ban nhân dân", "ubnd")),
)
SEPARATOR = re.compile(r"\s*,\s*và\s+|\s*,\s*|\s+và\s+", re.IGNORECASE)
PROVINCE_WORD = re.compile(r"^(Tỉnh|Thành phố) ")
# A name of today outranks one of yesterday; for which today, the as-of date of a build decides.
FOREVER = "9999-12-31"
FORMER_SPAN = ("1900-01-01", "2025-06-30")

Row = dict[str, str]


def normalised(text: str) -> str:
    """One name as it is compared."""
    plain = unicodedata.normalize("NFC", text).lower()
    for written, meant in LEVELLED:
        plain = plain.replace(written, meant)
    plain = re.sub(r"\s*-\s*", "-", plain)
    plain = re.sub(r"\s+", " ", plain)
    plain = re.sub(r"^[ -]+|[ .:-]+$", "", plain)
    plain = re.sub(r"^(ubnd )?t\.?p(\. ?| )", r"\1thành phố ", plain)
    plain = re.sub(r"\btw\b", "trung ương", plain)
    # `000.00.00.H41` (QCVN 102:2016) is H41; `G12.18` is a unit of G12.
    return re.sub(r"^(\d{3}\.\d{2}\.\d{2}\.)?([gh]\d{2})(\.\d{2,3})*$", r"\2", plain)


def name_key(text: str) -> str:
    """A name as it is looked up: its parts between commas and "và", each normalised."""
    return "|".join(normalised(part) for part in SEPARATOR.split(text))


class Registry:
    """Which names are known, by themselves and within a province."""

    def __init__(
        self,
        organisations: Iterable[Row],
        aliases: Iterable[Row],
        former_communes: Iterable[Row] = (),
    ) -> None:
        rows = list(organisations)
        # Several validities of one code: its last parent is the one that reports today.
        self.parents = {row["organisation_code"]: row["parent_code"] for row in rows}
        self.kinds = {row["organisation_code"]: row["kind"] for row in rows}
        provinces = {row["organisation_code"]: row for row in rows if row["kind"] == "province"}
        bearers: dict[tuple[str, str], dict[str, str]] = {}
        for row in rows:
            last_day = row["valid_to"] or FOREVER
            for scope, name in _spellings(row, provinces):
                held = bearers.setdefault((scope, name_key(name)), {})
                code = row["organisation_code"]
                held[code] = max(held.get(code, ""), last_day)
        for row in aliases:
            held = bearers.setdefault(("", name_key(row["alias"])), {})
            held[row["organisation_code"]] = max(row["valid_to"] or FOREVER, FOREVER)
        self.known = {
            key: max(held, key=lambda code: held[code])
            for key, held in bearers.items()
            if _newest_is_one(held)
        }
        self.spans = _spans(rows)
        self.former: dict[str, list[Row]] = {}
        for row in former_communes:
            province = self.parents[row["successor_code"]]
            self.former.setdefault(province, []).append(row)
            self.spans.setdefault(row["organisation_code"], FORMER_SPAN)
        self._former_names: dict[str, dict[str, set[str]]] = {}

    def knows(self, name: str, reported_by: str) -> bool:
        """Whether ``name``, reported by the organisation with this code, is one known body."""
        return self.code_of(name, reported_by) is not None

    def code_of(self, name: str, reported_by: str) -> str | None:
        """The code of the body that ``name`` means to the one that reports it; None for nobody."""
        key = name_key(name)
        province = self._province_of(reported_by)
        within, anywhere = self.known.get((province, key)), self.known.get(("", key))
        if within or (anywhere and self.kinds[anywhere] != "commune"):
            return within or anywhere
        return self._former_commune(province, key) or anywhere

    def _former_commune(self, province: str, key: str) -> str | None:
        """A commune that ended on 30 June 2025, by its code or by a name its province still uses.

        Their ten thousand names are worked out province by province, as they are asked for.
        """
        if key.isdigit():
            return key if key in self.spans and self.spans[key] == FORMER_SPAN else None
        names = self._former_names.get(province)
        if names is None:
            names = {}
            for row in self.former.get(province, []):
                name = row["name_vi"]
                for text in (name, f"UBND {name}", f"{name}, {row['district_vi']}"):
                    names.setdefault(name_key(text), set()).add(row["organisation_code"])
            self._former_names[province] = names
        codes = names.get(key, set())
        return next(iter(codes)) if len(codes) == 1 else None

    def _province_of(self, code: str) -> str:
        if self.kinds.get(code) == "province":
            return code
        return self.parents.get(code) or "-"


def _spans(rows: Iterable[Row]) -> dict[str, tuple[str, str]]:
    """First and last day of each code over all its validities; the last is :data:`FOREVER`."""
    spans: dict[str, tuple[str, str]] = {}
    for row in rows:
        first, last = row["valid_from"], row["valid_to"] or FOREVER
        known = spans.get(row["organisation_code"], (first, last))
        spans[row["organisation_code"]] = (min(known[0], first), max(known[1], last))
    return spans


def _newest_is_one(held: dict[str, str]) -> bool:
    newest = max(held.values())
    return sum(last_day == newest for last_day in held.values()) == 1


def _spellings(row: Row, provinces: dict[str, Row]) -> Iterator[tuple[str, str]]:
    """Scope (empty for everywhere, else a province) and name, for each way to write it."""
    name, kind = row["name_vi"], row["kind"]
    if kind == "unresolved":
        return
    yield "", row["organisation_code"]
    yield "", name
    if kind != "commune" and row["name_en"]:
        yield "", row["name_en"]
    if kind == "province":
        bare = PROVINCE_WORD.sub("", name)
        for text in (bare, f"UBND {name}", f"UBND {bare}", f"UBND tỉnh {bare}"):
            yield "", text
    if kind == "commune":
        yield "", f"UBND {name}"
        province = provinces.get(row["parent_code"], {}).get("name_vi", "")
        for within in {province, PROVINCE_WORD.sub("", province)} - {""}:
            yield "", f"{name}, {within}"
            yield "", f"UBND {name}, {within}"
        yield row["parent_code"], name
        yield row["parent_code"], f"UBND {name}"


@lru_cache(maxsize=2)
def load_registry(seeds: Path | None = None) -> Registry:
    """The registry of the seeds of organisations, their aliases and the former communes."""
    return Registry(
        read_seed("organisations.csv", seeds),
        read_seed("organisation_aliases.csv", seeds),
        read_seed("former_communes.csv", seeds),
    )


SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("name", "organisation_code", "code", "first_day", "last_day")]
)


def create_known(con: duckdb.DuckDBPyConnection, table: str, column: str) -> None:
    """Create ``known_organisations``: the names in ``table`` that are known to who reports them.

    Each with the code of the body and the first and last day it existed (ISO text).
    """
    add_known(con, table, column, SCHEMA.empty_table())


def add_known(
    con: duckdb.DuckDBPyConnection, table: str, column: str, known: pa.Table | None = None
) -> None:
    """Add the names of ``table`` to ``known_organisations`` (or to ``known``, made anew)."""
    held = known if known is not None else con.table("known_organisations").to_arrow_table()
    registry = load_registry()
    create_from(con, "known_organisations", held)
    seen = con.execute(
        f"select distinct {quote(column)}, organisation_code from {table}"
        f" where {quote(column)} is not null and ({quote(column)}, coalesce(organisation_code, ''))"
        f" not in (select (name, coalesce(organisation_code, '')) from known_organisations)"
    ).fetchall()
    rows = []
    for name, reported_by in seen:
        code = registry.code_of(name, reported_by or "")
        if code is not None:
            first, last = registry.spans[code]
            said = (name, reported_by, code, first, last)
            rows.append(dict(zip(SCHEMA.names, said, strict=True)))
    added = pa.Table.from_pylist(rows, schema=SCHEMA)
    create_from(con, "known_organisations", pa.concat_tables([held.cast(SCHEMA), added]))


def read_seed(name: str, seeds: Path | None = None) -> list[Row]:
    """The rows of a seed file."""
    path = (seeds or PROJECT_ROOT / "dbt_project" / "seeds") / name
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
