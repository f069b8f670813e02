"""Contracts of the datasets (Open Data Contract Standard 3.1), as typed objects.

The YAML files of ``expectations/contracts`` say what an export must look like. From them, and only
from them, come the columns of the mapping, the Great Expectations suite and the texts of rejects.
A wrong file is refused when it is loaded, with file, line and remedy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from task_warehouse import vocabulary
from task_warehouse.errors import ContractError
from task_warehouse.settings import PROJECT_ROOT

DATASETS = (
    "documents",
    "tasks",
    "progress",
    "indicators",
    "indicator_values",
    "feedback",
    "control_totals",
)
API_VERSION = "v3.1.0"
ENGINE = "great-expectations"

Severity = Literal["error", "warn"]
Responsibility = Literal["source", "us"]
Dimension = Literal[
    "accuracy",
    "completeness",
    "conformity",
    "consistency",
    "coverage",
    "timeliness",
    "uniqueness",
]
Model = TypeVar("Model", bound=BaseModel)
Form = Literal["text", "date", "period_end", "timestamp", "number", "period", "code"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CustomProperty(_Strict):
    """One of our additions to the standard."""

    property: str
    value: Any


class Implementation(_Strict):
    """The expectation that carries a rule out, and its arguments."""

    type: str
    kwargs: dict[str, Any] = Field(default_factory=dict)


class Quality(_Strict):
    """One rule of a dataset, as ODCS writes it."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    dimension: Dimension
    severity: Severity
    type: Literal["custom"]
    engine: Literal["great-expectations"]
    implementation: Implementation
    customProperties: list[CustomProperty]  # noqa: N815 - the standard's own name


class TypeOptions(_Strict):
    """Limits of a column's values."""

    format: str | None = None
    minimum: str | float | int | None = None
    maximum: str | float | int | None = None
    maxLength: int | None = Field(default=None, gt=0)  # noqa: N815


class Property(_Strict):
    """One column, as ODCS writes it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    businessName: str  # noqa: N815
    logicalType: Literal["string", "date", "timestamp", "number", "boolean"]  # noqa: N815
    physicalType: Literal["varchar"]  # noqa: N815
    required: bool
    description: str
    examples: list[str] = Field(min_length=1)
    primaryKey: bool = False  # noqa: N815
    primaryKeyPosition: int = -1  # noqa: N815
    logicalTypeOptions: TypeOptions = TypeOptions()  # noqa: N815
    customProperties: list[CustomProperty]  # noqa: N815


class SchemaObject(_Strict):
    """The one table of a contract."""

    name: str
    businessName: str  # noqa: N815
    logicalType: Literal["object"]  # noqa: N815
    physicalType: Literal["table"]  # noqa: N815
    dataGranularityDescription: str  # noqa: N815
    properties: list[Property] = Field(min_length=1)
    quality: list[Quality] = Field(default_factory=list)


class Document(_Strict):
    """A contract file."""

    apiVersion: Literal["v3.1.0"]  # noqa: N815
    kind: Literal["DataContract"]
    id: str
    name: str
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    status: str
    domain: str
    description: dict[str, str]
    schema_: list[SchemaObject] = Field(alias="schema", min_length=1, max_length=1)
    slaProperties: list[dict[str, Any]]  # noqa: N815
    customProperties: list[CustomProperty]  # noqa: N815


@dataclass(frozen=True, slots=True)
class Column:
    """A canonical column; all are text in the rooms, ``form`` says what the text must read as."""

    name: str
    label: str
    form: Form
    required: bool
    header_required: bool
    code_list: str | None
    minimum: str | float | None
    maximum: str | float | None
    max_length: int | None
    description_vi: str
    description_en: str
    examples: tuple[str, ...]

    @property
    def is_text(self) -> bool:
        """Whether people write freely here."""
        return self.form == "text"


@dataclass(frozen=True, slots=True)
class Rule:
    """A check: what it asks (``kind`` and ``arguments``), and what is said when it is broken."""

    check_id: str
    kind: str
    arguments: Mapping[str, Any]
    column: str | None
    severity: Severity
    responsibility: Responsibility
    dimension: Dimension
    title_vi: str
    title_en: str
    message_vi: str
    message_en: str
    expected_vi: str
    expected_en: str
    keep_value: bool


@dataclass(frozen=True, slots=True)
class Contract:
    """What an export of one dataset must look like."""

    dataset: str
    label: str
    version: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rules: tuple[Rule, ...]

    def column(self, name: str) -> Column:
        """The column ``name``; raises :class:`KeyError`."""
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """Canonical column names in order."""
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True, slots=True)
class Contracts:
    """All contracts with the words they are read by."""

    by_dataset: Mapping[str, Contract]
    headers: Mapping[str, vocabulary.HeaderAliases]
    code_lists: Mapping[str, Mapping[str, tuple[str, str]]]
    value_maps: Mapping[str, vocabulary.ValueMap]
    null_markers: Mapping[str, tuple[str, ...]]

    def known_headers(self, dataset: str) -> frozenset[str]:
        """Headers of ``dataset`` as people write them: by these a reader finds the header row."""
        return self.headers[dataset].texts


def expectations_directory() -> Path:
    """``expectations/`` of this project."""
    return PROJECT_ROOT / "expectations"


def load_contracts(directory: Path | None = None, code_lists: Path | None = None) -> Contracts:
    """Load and verify everything in ``expectations/``.

    Raises :class:`ContractError` naming file, line and remedy for the first mistake.
    """
    from task_warehouse.checking import declared

    folder = directory or expectations_directory()
    lists = vocabulary.load_code_lists(
        code_lists or PROJECT_ROOT / "dbt_project" / "seeds" / "code_lists.csv"
    )
    texts = declared.load_texts(folder / "standard_rules.yaml")
    contracts: dict[str, Contract] = {}
    for dataset in DATASETS:
        path = folder / "contracts" / f"{dataset}.odcs.yaml"
        data, document = read_document(path, Document)
        contracts[dataset] = _contract(path, data, document, lists, texts)
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


def read_document(path: Path, model: type[Model]) -> tuple[Any, Model]:
    """A YAML file as ruamel's data (which know their lines) and as ``model``."""
    try:
        data = YAML().load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ContractError(f"cannot read: {error.strerror}", where=str(path)) from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise ContractError(
            f"not YAML: {getattr(error, 'problem', error)}",
            where=f"{path}:{line}",
            remedy="mind the indentation; put a text with ':' or '#' between quotes",
        ) from None
    try:
        return data, model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = first["loc"]
        raise ContractError(
            f"{'.'.join(str(part) for part in place)}: {first['msg']}",
            where=f"{path}:{line_of(data, place)}",
            remedy="compare with the other contracts; expectations/README.md shows how",
        ) from None


def line_of(data: Any, place: Sequence[Any]) -> int:
    """1-based line of ``place`` in ruamel's ``data``, or of the nearest parent that is there."""
    line, here = 1, data
    for part in place:
        known = getattr(here, "lc", None)
        if known is None or not known.data or part not in known.data:
            break
        line = known.data[part][0] + 1
        here = here[part]
    return line


def own_properties(properties: Sequence[CustomProperty]) -> dict[str, Any]:
    """Our additions by name."""
    return {item.property: item.value for item in properties}


def _contract(
    path: Path,
    data: Any,
    document: Document,
    lists: Mapping[str, Mapping[str, tuple[str, str]]],
    texts: Any,
) -> Contract:
    from task_warehouse.checking import declared

    table = document.schema_[0]
    if not document.name == table.name == path.name.removesuffix(".odcs.yaml"):
        raise ContractError(
            "name, schema.name and the file name differ",
            where=f"{path}:{line_of(data, ('name',))}",
            remedy="give all three the name of the dataset",
        )
    columns: list[Column] = []
    for index, item in enumerate(table.properties):
        where = f"{path}:{line_of(data, ('schema', 0, 'properties', index, 'name'))}"
        if item.name in {column.name for column in columns}:
            raise ContractError(f"column '{item.name}' stands twice", where=where)
        columns.append(_column(item, where, lists))
    positions = {item.primaryKeyPosition: item.name for item in table.properties if item.primaryKey}
    if sorted(positions) != list(range(1, len(positions) + 1)) or not positions:
        raise ContractError(
            "the columns of the key need primaryKeyPosition 1, 2, …",
            where=f"{path}:{line_of(data, ('schema', 0, 'properties'))}",
        )
    contract = Contract(
        dataset=table.name,
        label=table.businessName,
        version=document.version,
        grain=table.dataGranularityDescription,
        columns=tuple(columns),
        key=tuple(positions[number] for number in sorted(positions)),
        rules=(),
    )
    return declared.with_rules(contract, table, path, data, lists, texts)


def _column(
    item: Property, where: str, lists: Mapping[str, Mapping[str, tuple[str, str]]]
) -> Column:
    own = own_properties(item.customProperties)
    unknown = set(own) - {"descriptionEn", "codeList", "form", "headerRequired"}
    if unknown or "descriptionEn" not in own:
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
    plain: dict[str, Form] = {
        "string": "text",
        "boolean": "text",
        "date": "date",
        "timestamp": "timestamp",
        "number": "number",
    }
    form: Form = "code" if code_list else own.get("form", plain[item.logicalType])
    options = item.logicalTypeOptions
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
