"""``expectations/`` to contracts: every mistake is refused here, with file, line and remedy."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any, get_args

from task_warehouse import vocabulary
from task_warehouse.contracts import declared, odcs, yaml_lines
from task_warehouse.contracts.model import (
    DATASETS,
    CodeLists,
    Column,
    Contract,
    Contracts,
    Form,
    ServiceLevel,
)
from task_warehouse.errors import ContractError
from task_warehouse.settings import PROJECT_ROOT

OWN_OF_COLUMN = {"descriptionEn", "codeList", "form", "headerRequired"}
FORMS_OF_STRINGS = ("period_end", "period")
LIMITED_FORMS = ("date", "period_end", "number")
PLAIN_FORMS: dict[str, Form] = {
    "string": "text",
    "boolean": "text",
    "date": "date",
    "timestamp": "timestamp",
    "number": "number",
}
SUFFIX = ".odcs.yaml"
CADENCES = (1, 7, 30, 91, 365)
HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def expectations_directory() -> Path:
    """``expectations/`` of this project."""
    return PROJECT_ROOT / "expectations"


def code_lists_path() -> Path:
    """The seed of code lists of this project."""
    return PROJECT_ROOT / "dbt_project" / "seeds" / "code_lists.csv"


def load_contracts(directory: Path | None = None, code_lists: Path | None = None) -> Contracts:
    """Load and verify everything in ``expectations/``.

    Raises :class:`ContractError` naming file, line and remedy for the first mistake.
    """
    folder = directory or expectations_directory()
    lists = vocabulary.load_code_lists(code_lists or code_lists_path())
    texts = declared.load_texts(folder / "standard_rules.yaml")
    contracts = {
        dataset: load_contract(folder / "contracts" / f"{dataset}{SUFFIX}", lists, texts)
        for dataset in DATASETS
    }
    return Contracts(
        by_dataset=contracts,
        headers=vocabulary.load_header_aliases(
            folder / "header_aliases.csv",
            {name: contract.names for name, contract in contracts.items()},
            {
                name: {column.name: column.label for column in contract.columns}
                for name, contract in contracts.items()
            },
        ),
        code_lists=lists,
        value_maps=vocabulary.load_value_maps(folder / "value_maps.csv", lists),
        null_markers=vocabulary.load_null_markers(folder / "null_markers.csv"),
    )


def load_contract(path: Path, lists: CodeLists, texts: Any) -> Contract:
    """One contract file; ``texts`` are those of the standard rules.

    Raises :class:`ContractError` for the first mistake.
    """
    document, written = yaml_lines.read_as(path, odcs.ContractFile)
    table = written.schema_[0]
    _verify_names(path, written, table, document)
    properties = ("schema", 0, "properties")
    columns: list[Column] = []
    for index, item in enumerate(table.properties):
        where = document.where(*properties, index, "name")
        if item.name in {column.name for column in columns}:
            raise ContractError(
                f"column '{item.name}' stands twice", where=where, remedy="delete one of the two"
            )
        columns.append(_column(item, document, index, lists))
    contract = Contract(
        dataset=table.name,
        label=table.businessName,
        version=written.version,
        purpose_vi=written.description.purpose,
        purpose_en=written.description.usage,
        grain=table.dataGranularityDescription,
        columns=tuple(columns),
        key=_key(table, document.where(*properties)),
        service=_service_level(written, document),
        rules=(),
    )
    return declared.with_rules(contract, table, document, lists, texts)


def _verify_names(
    path: Path, written: odcs.ContractFile, table: odcs.SchemaObject, document: yaml_lines.Document
) -> None:
    named = path.name.removesuffix(SUFFIX) if path.name.endswith(SUFFIX) else table.name
    if not (written.name == table.name == named and table.name in DATASETS):
        raise ContractError(
            f"name ('{written.name}'), schema.name ('{table.name}') and the file name differ,"
            " or are no dataset",
            where=document.where("name"),
            remedy=f"give them the name of the dataset, one of {', '.join(DATASETS)}",
        )
    order = DATASETS.index(table.name) + 1
    if odcs.own_properties(written.customProperties) != {"processingOrder": order}:
        raise ContractError(
            f"the contract's customProperties are not processingOrder {order} alone",
            where=document.where("customProperties"),
            remedy="references are checked in this order; it is not the file's to change",
        )


def _key(table: odcs.SchemaObject, where: str) -> tuple[str, ...]:
    keyed = [item for item in table.properties if item.primaryKey]
    positions = {item.primaryKeyPosition: item.name for item in keyed}
    if not positions or sorted(positions) != list(range(1, len(keyed) + 1)):
        raise ContractError(
            "the columns of the key need primaryKeyPosition 1, 2, …",
            where=where,
            remedy="number them without a gap, each number once",
        )
    return tuple(positions[number] for number in sorted(positions))


def _service_level(written: odcs.ContractFile, document: yaml_lines.Document) -> ServiceLevel:
    said: dict[str, Any] = {}
    for index, item in enumerate(written.slaProperties):
        where = document.where("slaProperties", index)
        fits = (
            item.value in CADENCES and item.unit == "d"
            if item.property == "frequency"
            else HOUR.fullmatch(str(item.value)) is not None
        )
        if not fits or item.property in said or item.element not in (None, written.name):
            raise ContractError(
                f"service level '{item.property}' cannot be '{item.value}'",
                where=where,
                remedy=f"once each: frequency in days {CADENCES} with unit d,"
                ' timeOfAvailability as "HH:MM"; element is the dataset\'s name',
            )
        said[item.property] = item.value
    if len(said) < 2:
        raise ContractError(
            "a service level is missing: frequency and timeOfAvailability",
            where=document.where("slaProperties"),
            remedy="say how often the dataset is owed and by what hour",
        )
    return ServiceLevel(int(said["frequency"]), str(said["timeOfAvailability"]))


def _column(
    item: odcs.Property, document: yaml_lines.Document, index: int, lists: CodeLists
) -> Column:
    where = document.where("schema", 0, "properties", index, "name")
    own = odcs.own_properties(item.customProperties)
    if set(own) - OWN_OF_COLUMN or not own.get("descriptionEn"):
        raise ContractError(
            f"column '{item.name}': unknown or missing custom property",
            where=where,
            remedy="descriptionEn is needed; codeList, form and headerRequired are known",
        )
    code_list = own.get("codeList")
    if code_list is not None and not lists.get(code_list):
        raise ContractError(
            f"column '{item.name}': code list '{code_list}' is empty or unknown",
            where=where,
            remedy="add its codes to dbt_project/seeds/code_lists.csv",
        )
    form = _form(item, own, where)
    options = item.logicalTypeOptions
    _verify_limits(item, form, document.where(*("schema", 0, "properties", index)))
    return Column(
        name=item.name,
        label=item.businessName,
        form=form,
        required=item.required,
        header_required=item.required or bool(own.get("headerRequired", False)),
        code_list=code_list,
        minimum=options.minimum,
        maximum=options.maximum,
        max_length=options.maxLength,
        description_vi=item.description,
        description_en=str(own["descriptionEn"]),
        examples=tuple(item.examples),
    )


def _form(item: odcs.Property, own: dict[str, Any], where: str) -> Form:
    form: Form = "code" if "codeList" in own else own.get("form", PLAIN_FORMS[item.logicalType])
    asked = "form" in own and (form not in FORMS_OF_STRINGS or form not in get_args(Form))
    if asked or ("form" in own and "codeList" in own):
        raise ContractError(
            f"column '{item.name}': no form '{own['form']}' here",
            where=where,
            remedy=f"form is one of {', '.join(FORMS_OF_STRINGS)}, on a column without codeList",
        )
    return form


def _verify_limits(item: odcs.Property, form: Form, where: str) -> None:
    """A limit that its column's form never looks at is a rule that can never fail."""
    options = item.logicalTypeOptions
    limits = [limit for limit in (options.minimum, options.maximum) if limit is not None]
    if limits and form not in LIMITED_FORMS:
        raise ContractError(
            f"column '{item.name}': minimum or maximum of a column of the form '{form}'",
            where=where,
            remedy="delete them: only dates and numbers have limits, texts have maxLength",
        )
    if options.maxLength is not None and form != "text":
        raise ContractError(
            f"column '{item.name}': maxLength of a column of the form '{form}'",
            where=where,
            remedy="delete it: only texts have a length, others have minimum and maximum",
        )
    if form == "text" and options.maxLength is None:
        raise ContractError(
            f"column '{item.name}': a text without maxLength",
            where=where,
            remedy="say how many characters it may have",
        )
    for limit in limits:
        if isinstance(limit, str) != (form != "number") or not _is_day_or_number(limit):
            raise ContractError(
                f"column '{item.name}': '{limit}' is no limit of the form '{form}'",
                where=where,
                remedy='a day is written "2015-01-01" (with quotes), a number without quotes',
            )
    low, high = options.minimum, options.maximum
    if low is not None and high is not None and not low <= high:  # type: ignore[operator]
        raise ContractError(
            f"column '{item.name}': minimum {low} is above maximum {high}",
            where=where,
            remedy="exchange the two",
        )


def _is_day_or_number(limit: str | float) -> bool:
    if not isinstance(limit, str):
        return True
    try:
        date.fromisoformat(limit)
    except ValueError:
        return False
    return len(limit) == len("2015-01-01")
