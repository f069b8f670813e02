"""How the systems of different bodies export: one habit a source.

Each habit is a transport, a format with its dialect, a way to write dates, numbers and Unicode, a
style of headers and a vocabulary. Sources take them in turn, so that every habit is met by any
sample with as many sources as there are habits.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Habit:
    """One way of exporting; the names of formats and date formats are those of source files."""

    name: str
    transport: str = "folder"  # or http
    format: str = "csv"  # csv, tsv, xlsx, xml, json, ndjson
    encoding: str = "utf-8"
    bom: bool = False
    delimiter: str = ","
    newline: str = "\n"
    zipped: bool = False
    date_format: str = "dd/mm/yyyy"
    native_dates: bool = False  # XLSX cells that are dates, not text
    decimal: str = "."
    headers: str = "full"
    words: str = "words"
    decomposed: bool = False  # text in NFD, as files from one family of machines
    title_rows: int = 0
    ordinal: bool = False  # a first column STT
    reversed_columns: bool = False
    codes: bool = False  # organisations as codes, else as names
    monthly: bool = False  # one progress file a month, else one growing export
    dated_names: bool = False  # the full exports carry their day in the name
    task_code: str = "NV-{year}-{number:04d}"
    paging: str | None = None
    bearer: bool = False
    declares_encoding: bool = True
    nested_values: bool = False  # indicator values as the reports of provincial systems hold them


HABITS: tuple[Habit, ...] = (
    Habit("semicolons-with-bom", bom=True, delimiter=";", newline="\r\n", decimal=",",
          monthly=True, ordinal=True),
    Habit("pages", transport="http", format="json", date_format="iso", headers="camel",
          words="joined", codes=True, paging="page", bearer=True, task_code="{org}-{number:05d}"),
    Habit("workbook-with-title", format="xlsx", headers="merged", title_rows=3, monthly=True,
          ordinal=True, native_dates=True),
    Habit("windows-1258", encoding="windows-1258", headers="short", words="letters", monthly=True,
          newline="\r\n", decimal=",", task_code="{number:04d}/NV"),
    Habit("offsets", transport="http", format="json", date_format="iso", headers="camel",
          words="english", codes=True, paging="offset", task_code="{org}.{number:04d}"),
    Habit("tabs-in-utf-16", format="tsv", encoding="utf-16", delimiter="\t", newline="\r\n",
          decimal=",", monthly=True, dated_names=True),
    Habit("xml", format="xml", date_format="iso", headers="camel", words="joined", codes=True,
          task_code="{number:05d}"),
    Habit("without-diacritics", headers="plain", date_format="iso", words="joined",
          reversed_columns=True, monthly=True, codes=True),
    Habit("cursor", transport="http", format="json", date_format="iso", headers="camel",
          words="joined", paging="cursor", bearer=True, task_code="{org}-{number:05d}"),
    Habit("decomposed", decomposed=True, monthly=True, dated_names=True,
          declares_encoding=False),
    Habit("workbook", format="xlsx", headers="short", words="letters", codes=True),
    Habit("zipped", zipped=True, delimiter=";", decimal=",", monthly=True,
          task_code="{org}/{number:04d}"),
    Habit("links", transport="http", format="json", date_format="iso", headers="camel",
          words="english", paging="link", codes=True),
    Habit("lines", format="ndjson", date_format="iso", headers="camel", words="joined",
          codes=True, task_code="{org}:{number:05d}"),
    Habit("months-first", date_format="mm/dd/yyyy", words="english", headers="plain",
          monthly=True, task_code="T{number:05d}"),
    Habit("next-address", transport="http", format="json", date_format="iso", headers="camel",
          words="joined", paging="next", bearer=True, codes=True),
    Habit("compact-dates", format="json", date_format="yyyymmdd", headers="camel", words="letters",
          codes=True, dated_names=True, nested_values=True),
)  # fmt: skip

COMMUNE_HABITS: tuple[Habit, ...] = tuple(
    habit
    for habit in HABITS
    if habit.name in ("semicolons-with-bom", "workbook", "offsets", "without-diacritics", "lines")
)
"""Systems of communes: fewer products are sold to them."""

SECRET_HABIT = HABITS[0]
FAMILY_HABIT = next(habit for habit in HABITS if habit.paging == "offset")
