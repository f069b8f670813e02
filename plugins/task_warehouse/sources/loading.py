"""From YAML to sources; the first wrong file ends it, naming every mistake with its line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from task_warehouse.errors import SourceFileError
from task_warehouse.sources.columns import keep_relevant, refuse_unknown_columns
from task_warehouse.sources.families import expand_family
from task_warehouse.sources.model import (
    DATASETS,
    Auth,
    BusinessDate,
    DatasetFields,
    DatasetSource,
    FamilyOf,
    Incremental,
    Limits,
    NothingArose,
    Paging,
    ReportBack,
    Source,
    SourceFile,
)
from task_warehouse.sources.organisations import Organisations, load_organisations
from task_warehouse.sources.positions import Document, Path_, read_document

SUFFIXES = (".yml", ".yaml")
PLAIN_ID = re.compile(r"""^source:[ \t]*["']?([a-z0-9_-]+)["']?[ \t]*(?:#.*)?$""", re.MULTILINE)
# Mappings in which a dataset adds to the defaults; any other value of a dataset replaces them.
ADDED_TO = ("limits", "headers", "values", "params", "verdict")
INNER_MODELS: dict[str, type[BaseModel]] = {
    "limits": Limits,
    "paging": Paging,
    "auth": Auth,
    "business_date": BusinessDate,
    "updated_since": Incremental,
    "nothing_arose": NothingArose,
    "organisations": FamilyOf,
    "report_back": ReportBack,
}


def load_sources(
    directory: Path,
    organisations: Organisations | None = None,
    *,
    only: Collection[str] | None = None,
) -> list[Source]:
    """All sources declared in the YAML files of ``directory`` (not below), ordered by id.

    Raises :class:`SourceFileError` for the first wrong file, with every mistake in it.
    ``organisations`` defaults to the project's seed; without a seed codes are not checked.
    ``only`` keeps these ids, and does not look into files that plainly declare another.
    """
    if not directory.is_dir():
        raise SourceFileError(
            f"there is no folder of source files at {directory}",
            where=str(directory),
            remedy="name it with --sources or TASK_WAREHOUSE_SOURCES",
        )
    known = load_organisations() if organisations is None else organisations
    sources: dict[str, Source] = {}
    for path in sorted(p for p in directory.iterdir() if p.suffix.casefold() in SUFFIXES):
        if only is not None and _declares_another(path, only):
            continue
        document = read_document(path)
        for source in load_document(document, known, only):
            if only is not None and source.source not in only:
                continue
            earlier = sources.get(source.source)
            if earlier is not None:
                raise SourceFileError(
                    f"the source id '{source.source}' is declared twice, here and in "
                    f"{earlier.base / earlier.declared_in}",
                    where=f"{path}:{document.line_of(('source',))}",
                    remedy="give each source its own id; end one with valid_to instead of copying",
                )
            sources[source.source] = source
    return [sources[key] for key in sorted(sources)]


def _declares_another(path: Path, only: Collection[str]) -> bool:
    """Can this file be left out, at a glance? A batch of 64 need not parse 3,000 files."""
    text = path.read_text(encoding="utf-8", errors="replace")
    ids = PLAIN_ID.findall(text)
    return len(ids) == 1 and ids[0] not in only and "family" not in text


def load_document(
    document: Document, organisations: Organisations, only: Collection[str] | None = None
) -> list[Source]:
    """The sources of one file: one, or as many as the family has members (and ``only`` names)."""
    _validate(document, DatasetFields, document.data.get("defaults"), ("defaults",))
    declared = _validate(document, SourceFile, _with_defaults(document.data), ())
    assert isinstance(declared, SourceFile)
    _refuse_alike(document, declared.datasets)
    _refuse_absent_files(document, declared.datasets)
    refuse_unknown_columns(document, declared.datasets)
    if declared.family is not None:
        return expand_family(document, declared, organisations, only)
    code = declared.organisation or ""
    if not organisations.knows(code):
        near = difflib.get_close_matches(code, organisations.codes(), n=1, cutoff=0.6)
        raise SourceFileError(
            f"'organisation:' is '{code}', which is no code of an organisation"
            + (f"; did you mean '{near[0]}'?" if near else ""),
            where=f"{document.path}:{document.line_of(('organisation',))}",
            remedy="use a code of dbt_project/seeds/organisations.csv "
            "(ministry G06, province 01, commune 00004, nation VN)",
        )
    return [
        Source(
            source=declared.source,
            organisation_code=code,
            name=declared.name,
            contact=declared.contact,
            valid_from=declared.valid_from,
            valid_to=declared.valid_to,
            deadline_seconds=declared.deadline_seconds,
            base=document.path.parent,
            declared_in=document.path.name,
            family=None,
            datasets=dict(declared.datasets),
            report_back=declared.report_back,
        )
    ]


def _with_defaults(data: Mapping[str, Any]) -> dict[str, Any]:
    """The file with ``defaults`` written into each dataset, as plain data."""
    defaults, datasets = data.get("defaults"), data.get("datasets")
    merged = dict(data)
    if isinstance(defaults, dict) and isinstance(datasets, dict):
        merged["datasets"] = {
            name: _merge(keep_relevant(name, defaults), said) if isinstance(said, dict) else said
            for name, said in datasets.items()
        }
    if defaults is None:
        merged.pop("defaults", None)
    return merged


def _merge(defaults: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**defaults, **said}
    for key in ADDED_TO:
        base, own = defaults.get(key), said.get(key)
        if isinstance(base, dict) and isinstance(own, dict):
            both = {**base, **own}
            if key == "values":
                for column in base.keys() & own.keys():
                    if isinstance(base[column], dict) and isinstance(own[column], dict):
                        both[column] = {**base[column], **own[column]}
            merged[key] = both
    return merged


def _validate(
    document: Document, model: type[BaseModel], data: Any, prefix: Path_
) -> BaseModel | None:
    if data is None:
        return None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = [_Problem(document, prefix, detail) for detail in error.errors()]
    problems.sort(key=lambda problem: problem.line)
    raise SourceFileError(
        "\n".join(problem.text for problem in problems),
        where=f"{document.path}:{problems[0].line}",
        remedy=problems[0].remedy if len(problems) == 1 else "correct each of these lines",
    ) from None


class _Problem:
    """One mistake: where, which key, what stands there, what was expected."""

    def __init__(self, document: Document, prefix: Path_, detail: ErrorDetails) -> None:
        context = detail.get("ctx") or {}
        loc: Path_ = (*prefix, *detail["loc"])
        if context.get("key"):
            loc = (*loc, str(context["key"]))
        self.kind = detail["type"]
        shown = [str(part) for part in loc if part != "[key]"]
        self.key = ".".join(shown)
        loc = _in_defaults(document, tuple(part for part in loc if part != "[key]"))
        self.line = document.line_of(loc)
        expected = _expected(detail, context)
        place = f"{document.path.name}:{self.line}: "
        if self.kind == "extra_forbidden" or detail["loc"][-1:] == ("[key]",):
            names = _names_at(loc)
            near = difflib.get_close_matches(str(shown[-1]), names, n=1, cutoff=0.6)
            hint = f"; did you mean '{near[0]}'?" if near else f"; known here: {', '.join(names)}"
            self.text = f"{place}the key '{self.key}' is not known{hint}"
            self.remedy = "correct the key, or remove it"
        elif self.kind == "missing":
            self.text = f"{place}the key '{self.key}' is missing"
            self.remedy = f"add '{shown[-1]}:'"
        else:
            self.text = f"{place}'{self.key}' is {_shown(detail, shown)}; expected {expected}"
            self.remedy = f"write {expected}"


def _in_defaults(document: Document, loc: Path_) -> Path_:
    """A value that a dataset took from ``defaults`` is wrong there, not in the dataset."""
    if loc[:1] == ("datasets",) and len(loc) > 2:
        inherited = ("defaults", *loc[2:])
        if loc[:3] not in document.lines and inherited[:2] in document.lines:
            return inherited
    return loc


def _names_at(loc: Path_) -> list[str]:
    parents = [str(part) for part in loc[:-1]]
    for parent in reversed(parents):
        if parent in INNER_MODELS:
            return list(INNER_MODELS[parent].model_fields)
    if parents[-1:] == ["datasets"]:
        return list(DATASETS)
    if parents[:1] == ["datasets"] or parents[:1] == ["defaults"]:
        return list(DatasetSource.model_fields)
    return list(SourceFile.model_fields)


def _expected(detail: ErrorDetails, context: Mapping[str, Any]) -> str:
    if context.get("expected"):
        return str(context["expected"])
    plain = {
        "string_type": "text",
        "int_parsing": "a whole number",
        "float_parsing": "a number",
        "bool_parsing": "true or false",
        "dict_type": "keys and values",
        "model_type": "keys and values",
        "model_attributes_type": "keys and values",
        "too_short": "at least one entry",
    }
    message = detail["msg"].removeprefix("Input should be ")
    return plain.get(detail["type"], message[:1].lower() + message[1:])


def _shown(detail: ErrorDetails, loc: Iterable[str]) -> str:
    """What stands there; never where a credential may have been pasted."""
    found = detail["input"]
    if not {"auth", "url", "params", "secret", "token_url"}.isdisjoint(loc):
        return "not usable (not shown: it may hold a credential)"
    if found is None:
        return "empty"
    if isinstance(found, (dict, list, BaseModel)):
        return "incomplete" if detail["type"] == "expected" else "a list of keys"
    return f"'{str(found)[:80]}'"


def _refuse_alike(document: Document, datasets: Mapping[Any, DatasetSource]) -> None:
    """Two datasets from one address are one mistake: the rows of one would be read as the other."""
    seen: dict[tuple[Any, ...], str] = {}
    for name, dataset in datasets.items():
        address = (
            dataset.transport,
            dataset.path,
            dataset.pattern if dataset.transport != "http" else None,
            dataset.url,
            dataset.bucket,
            tuple(sorted(dataset.params.items())),
            dataset.sheet,
            dataset.records,
            dataset.member,
        )
        if address in seen:
            raise SourceFileError(
                f"the datasets '{seen[address]}' and '{name}' take the same data from the same "
                "place",
                where=f"{document.path}:{document.line_of(('datasets', name))}",
                remedy="tell them apart by path, pattern, url, sheet, records or member",
            )
        seen[address] = name


def _refuse_absent_files(document: Document, datasets: Mapping[Any, DatasetSource]) -> None:
    """A file that a source file names beside itself must be there before anything is asked."""
    for name, dataset in datasets.items():
        for key in ("ca_bundle", "known_hosts"):
            said = getattr(dataset, key)
            if said is None or (document.path.parent / said).is_file():
                continue
            line = document.line_of(_in_defaults(document, ("datasets", name, key)))
            raise SourceFileError(
                f"{document.path.name}:{line}: '{key}' is '{said}', which is not there",
                where=f"{document.path}:{line}",
                remedy="put the file there; its path is relative to the source file",
            )
