"""The words of exports: headers, source values and null markers, and what they mean to us.

A header or a code is compared by its *fold*: NFC, case-folded, accents and ``đ`` reduced to plain
letters, everything but letters, digits and comparison signs dropped. So ``Mã nhiệm vụ``,
``MA NHIEM VU``, ``ma_nhiem_vu`` and ``maNhiemVu`` are one header. Two aliases that fold alike but
mean different columns are refused when the file is loaded, never resolved by order.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from task_warehouse.errors import ContractError

SIGNS = "<>=≥≤%"
PARENTHESES_AT_END = re.compile(r"\s*[(\[][^()\[\]]*[)\]]\s*$")
PUNCTUATION_AT_END = re.compile(r"[\s.:;,*?!_\-–—]+$")
LEVELS = re.compile(r"\s/\s|\.|/")


def fold(text: str) -> str:
    """The comparison form of ``text``; empty when nothing but punctuation is left."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", text).casefold())
    return "".join(
        letter
        for letter in plain.replace("đ", "d")
        if (letter.isalnum() and not unicodedata.combining(letter)) or letter in SIGNS
    )


def fold_header(header: str) -> str:
    """As :func:`fold`, without a unit or a note in parentheses and punctuation at the end."""
    text = header.replace("\xa0", " ").replace("\ufeff", "").strip()
    previous = None
    while previous != text:
        previous = text
        text = PUNCTUATION_AT_END.sub("", PARENTHESES_AT_END.sub("", text))
    return fold(text) or fold(header)


UNKNOWN_HEADER = "unknown header: "


@dataclass(frozen=True, slots=True)
class Resolution:
    """Which column each header of one layout stands for.

    ``positions`` maps a canonical column to the 0-based index of the header that feeds it;
    ``notes`` say in English what was left out and why.
    """

    positions: Mapping[str, int]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeaderAliases:
    """Known headers of one dataset: fold to (column, is only a fallback), and as written."""

    dataset: str
    by_fold: Mapping[str, tuple[str, bool]]
    texts: frozenset[str]

    def resolve(self, headers: Sequence[str | None], own: Mapping[str, str]) -> Resolution:
        """Resolve the headers of one layout; ``own`` are the source's aliases (header to column).

        The source's own alias counts before ours, a plain alias before a fallback (``TT`` is the
        code of a task only where no better column is), the first before a later one.
        """
        own_by_fold = {fold_header(header): column for header, column in own.items()}
        best: dict[str, tuple[int, int]] = {}
        notes: list[str] = []
        for index, header in enumerate(headers):
            if not header or not header.strip():
                continue
            column, rank = self._column_of(header, own_by_fold)
            if column is None:
                notes.append(f"{UNKNOWN_HEADER}{header}")
            elif column not in best or rank < best[column][0]:
                if column in best:
                    notes.append(f"header not used: {headers[best[column][1]]} ({column})")
                best[column] = (rank, index)
            else:
                notes.append(f"header not used: {header} ({column})")
        return Resolution({column: index for column, (_, index) in best.items()}, tuple(notes))

    def _column_of(self, header: str, own: Mapping[str, str]) -> tuple[str | None, int]:
        whole = fold_header(header)
        last = fold_header(LEVELS.split(header.strip())[-1])
        for key, penalty in ((whole, 0), (last, 1)):
            if key in own:
                return own[key] or None, penalty
            if key in self.by_fold:
                column, fallback = self.by_fold[key]
                return column, 2 + penalty + (2 if fallback else 0)
        return None, 0


@dataclass(frozen=True, slots=True)
class ValueMap:
    """What the values of one code list mean: fold to code, and the values as people write them."""

    by_fold: Mapping[str, str]
    texts: frozenset[str]

    def meaning(self, received: str, own: Mapping[str, str]) -> str | None:
        """The code of ``received``; ``own`` is the source's own map (value to code)."""
        key = fold(received)
        if not key:
            return own.get(received)
        for said, code in own.items():
            if fold(said) == key:
                return code
        return self.by_fold.get(key)


def read_rows(path: Path, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """Rows of a CSV file of ours with their line numbers, cells stripped and NFC.

    Raises :class:`ContractError` when the file is missing or its header is another.
    """
    try:
        stream = path.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise ContractError(f"cannot read: {error.strerror}", where=str(path)) from None
    with stream:
        reader = csv.DictReader(stream)
        if list(reader.fieldnames or []) != list(columns):
            raise ContractError(
                f"the header is {reader.fieldnames}, expected {list(columns)}",
                where=f"{path}:1",
                remedy="write the header line exactly as expected",
            )
        rows = []
        for row in reader:
            if None in row or None in row.values():
                raise ContractError(
                    "the row has another number of cells than the header",
                    where=f"{path}:{reader.line_num}",
                    remedy="put a text that holds a comma between double quotes",
                )
            cells = {name: unicodedata.normalize("NFC", row[name]).strip() for name in columns}
            rows.append((reader.line_num, cells))
    return rows


def load_header_aliases(
    path: Path, columns_of: Mapping[str, Iterable[str]], labels: Mapping[str, Mapping[str, str]]
) -> dict[str, HeaderAliases]:
    """Aliases by dataset; every column answers to its own name and its Vietnamese name too.

    ``columns_of`` holds the canonical columns of each dataset, ``labels`` their names by column.
    Raises :class:`ContractError` for an unknown dataset or column, or two meanings of one header.
    """
    known: dict[str, dict[str, tuple[str, bool]]] = {}
    texts: dict[str, set[str]] = {}
    for dataset, columns in columns_of.items():
        texts[dataset] = {*columns, *labels[dataset].values()}
        known[dataset] = {fold(column): (column, False) for column in columns}
        for column, label in labels[dataset].items():
            known[dataset].setdefault(fold_header(label), (column, False))
    for line, row in read_rows(path, ("dataset", "header", "column", "fallback")):
        dataset, column, where = row["dataset"], row["column"], f"{path}:{line}"
        if dataset not in known or column not in set(columns_of[dataset]):
            raise ContractError(
                f"no column '{column}' in a dataset '{dataset}'",
                where=where,
                remedy="use the names of expectations/contracts",
            )
        texts[dataset].add(row["header"])
        key, meaning = fold_header(row["header"]), (column, row["fallback"] == "yes")
        if known[dataset].setdefault(key, meaning)[0] != column:
            raise ContractError(
                f"header '{row['header']}' already stands for '{known[dataset][key][0]}'",
                where=where,
                remedy="delete one of the two, or declare it in the source file that needs it",
            )
    return {
        dataset: HeaderAliases(dataset, aliases, frozenset(texts[dataset]))
        for dataset, aliases in known.items()
    }


def load_code_lists(path: Path) -> dict[str, dict[str, tuple[str, str]]]:
    """Codes of each list in order, with their names: list to code to (name_vi, name_en)."""
    lists: dict[str, dict[str, tuple[str, str]]] = {}
    for line, row in read_rows(path, ("list", "code", "name_vi", "name_en")):
        codes = lists.setdefault(row["list"], {})
        if row["code"] in codes:
            raise ContractError(
                f"code '{row['code']}' stands twice in list '{row['list']}'",
                where=f"{path}:{line}",
                remedy="delete one of the two lines",
            )
        codes[row["code"]] = (row["name_vi"], row["name_en"])
    return lists


def load_value_maps(
    path: Path, lists: Mapping[str, Mapping[str, tuple[str, str]]]
) -> dict[str, ValueMap]:
    """What source values mean, by list. Codes and their names mean themselves.

    Raises :class:`ContractError` for an unknown list or code, or two meanings of one value.
    """
    maps: dict[str, dict[str, str]] = {}
    texts: dict[str, set[str]] = {}
    for name, codes in lists.items():
        maps[name] = {fold(code): code for code in codes}
        texts[name] = set(codes)
        for code, names in codes.items():
            for text in names:
                maps[name].setdefault(fold(text), code)
                texts[name].add(text)
    for line, row in read_rows(path, ("list", "alias", "code")):
        name, code, where = row["list"], row["code"], f"{path}:{line}"
        if code not in lists.get(name, {}):
            raise ContractError(
                f"no code '{code}' in a list '{name}'",
                where=where,
                remedy="use a code of dbt_project/seeds/code_lists.csv",
            )
        if maps[name].setdefault(fold(row["alias"]), code) != code:
            raise ContractError(
                f"'{row['alias']}' already means '{maps[name][fold(row['alias'])]}'",
                where=where,
                remedy="delete one of the two, or declare it in the source file that needs it",
            )
        texts[name].add(row["alias"])
    return {name: ValueMap(by_fold, frozenset(texts[name])) for name, by_fold in maps.items()}


def load_null_markers(path: Path) -> dict[str, tuple[str, ...]]:
    """Texts that mean *nothing here*, lower case: ``any`` cell, or only ``typed`` ones as well."""
    markers: dict[str, list[str]] = {"any": [], "typed": []}
    for line, row in read_rows(path, ("applies_to", "marker")):
        if row["applies_to"] not in markers or not row["marker"]:
            raise ContractError(
                "a null marker applies to 'any' or 'typed' cells and is not empty",
                where=f"{path}:{line}",
            )
        markers[row["applies_to"]].append(row["marker"].casefold())
    return {
        "any": tuple(markers["any"]),
        "typed": tuple(markers["any"] + markers["typed"]),
    }
