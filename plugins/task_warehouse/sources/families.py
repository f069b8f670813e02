"""One declaration for many like sources: ``{code}``, ``{name}`` and ``{parent}`` filled in."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from task_warehouse.errors import SourceFileError
from task_warehouse.sources.model import DatasetSource, ReportBack, Source, SourceFile
from task_warehouse.sources.organisations import Organisation, Organisations
from task_warehouse.sources.positions import Document
from task_warehouse.sources.scalars import SOURCE_ID

FILLED = ("path", "pattern", "url", "bucket", "sheet", "records", "member", "refers_to")


def expand_family(
    document: Document,
    declared: SourceFile,
    organisations: Organisations,
    only: Collection[str] | None = None,
) -> list[Source]:
    """One source for each member organisation, in force while the organisation exists.

    ``only`` keeps these ids, without the cost of the others. Raises :class:`SourceFileError` when
    no organisation belongs to it, or a code that the file names does not.
    """
    of = declared.organisations
    assert of is not None
    members = {one.code: one for one in organisations.members(of.kind, of.parent)}
    strangers = [code for code in (*of.only, *of.without) if code not in members]
    if not members or strangers:
        who = f"the {of.kind} organisations" + (f" under '{of.parent}'" if of.parent else "")
        raise SourceFileError(
            f"{', '.join(strangers)} is not among {who}" if strangers else f"there are none: {who}",
            where=f"{document.path}:{document.line_of(('organisations',))}",
            remedy="compare with kind and parent_code in dbt_project/seeds/organisations.csv",
        )
    wanted = set(of.only or members) - set(of.without)
    named = {
        _filled(declared.source, _fill(one)).casefold(): one
        for code, one in members.items()
        if code in wanted
    }
    return [
        _member(document, declared, source_id, one)
        for source_id, one in named.items()
        if only is None or source_id in only
    ]


def _fill(one: Organisation) -> dict[str, str]:
    return {"{code}": one.code, "{name}": one.name, "{parent}": one.parent or ""}


def _member(document: Document, declared: SourceFile, source_id: str, one: Organisation) -> Source:
    # The template was validated once; a copy with the code filled in cannot become wrong,
    # except for the id, which is looked at again.
    fill = _fill(one)
    if not SOURCE_ID.fullmatch(source_id):
        raise SourceFileError(
            f"'{source_id}', made from '{declared.source}', is no source id",
            where=f"{document.path}:{document.line_of(('source',))}",
            remedy="use small letters, digits, '-', '_' and {code} only",
        )
    starts = [day for day in (declared.valid_from, one.valid_from) if day]
    ends = [day for day in (declared.valid_to, one.valid_to) if day]
    return Source.model_construct(
        source=source_id,
        organisation_code=one.code,
        name=_filled(declared.name, fill) if declared.name else one.name,
        contact=declared.contact,
        valid_from=max(starts) if starts else None,
        valid_to=min(ends) if ends else None,
        deadline_seconds=declared.deadline_seconds,
        base=document.path.parent,
        declared_in=document.path.name,
        family=declared.family,
        datasets={name: _dataset(said, fill) for name, said in declared.datasets.items()},
        report_back=_report_back(declared.report_back, fill),
    )


def _report_back(declared: ReportBack | None, fill: dict[str, str]) -> ReportBack | None:
    if declared is None:
        return None
    update = {key: _filled(getattr(declared, key) or "", fill) or None for key in ("path", "url")}
    return declared.model_copy(update=update)


def _dataset(declared: DatasetSource, fill: dict[str, str]) -> DatasetSource:
    update: dict[str, Any] = {}
    for key in FILLED:
        value = getattr(declared, key)
        if value and "{" in value:
            update[key] = _filled(value, fill)
    if any("{" in value for value in declared.params.values()):
        update["params"] = {key: _filled(value, fill) for key, value in declared.params.items()}
    if declared.auth:
        said = {key: getattr(declared.auth, key) for key in ("user", "secret", "passphrase")}
        filled = {key: _filled(value, fill) for key, value in said.items() if "{" in (value or "")}
        update |= {"auth": declared.auth.model_copy(update=filled)} if filled else {}
    return declared.model_copy(update=update) if update else declared


def _filled(text: str, fill: dict[str, str]) -> str:
    for placeholder, value in fill.items():
        text = text.replace(placeholder, value)
    return text
