"""The Open Data Contract Standard 3.1 as our contracts write it, strictly: no unknown key."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

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
ServiceName = Literal["frequency", "timeOfAvailability"]


class Strict(BaseModel):
    """A part of a file of ours: an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CustomProperty(Strict):
    """One of our additions to the standard."""

    property: str
    value: Any


class Implementation(Strict):
    """The expectation that carries a rule out, and its arguments."""

    type: str
    kwargs: dict[str, Any] = Field(default_factory=dict)


class Quality(Strict):
    """One rule of a dataset."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    dimension: Dimension
    severity: Severity
    type: Literal["custom"]
    engine: Literal["great-expectations"]
    implementation: Implementation
    customProperties: list[CustomProperty]  # noqa: N815 - the standard's own name


class TypeOptions(Strict):
    """Limits of a column's values."""

    format: str | None = None
    minimum: str | float | int | None = None
    maximum: str | float | int | None = None
    maxLength: int | None = Field(default=None, gt=0)  # noqa: N815


class Property(Strict):
    """One column."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    businessName: str = Field(min_length=1)  # noqa: N815
    logicalType: Literal["string", "date", "timestamp", "number", "boolean"]  # noqa: N815
    physicalType: Literal["varchar"]  # noqa: N815
    required: bool
    description: str = Field(min_length=1)
    examples: list[str] = Field(min_length=1)
    primaryKey: bool = False  # noqa: N815
    primaryKeyPosition: int = -1  # noqa: N815
    logicalTypeOptions: TypeOptions = TypeOptions()  # noqa: N815
    customProperties: list[CustomProperty]  # noqa: N815


class SchemaObject(Strict):
    """The one table of a contract."""

    name: str
    businessName: str  # noqa: N815
    logicalType: Literal["object"]  # noqa: N815
    physicalType: Literal["table"]  # noqa: N815
    dataGranularityDescription: str  # noqa: N815
    properties: list[Property] = Field(min_length=1)
    quality: list[Quality] = Field(default_factory=list)


class ServiceProperty(Strict):
    """One service level: how often the dataset is owed, by what hour of the day."""

    property: ServiceName
    value: int | str
    unit: Literal["d"] | None = None
    element: str | None = None


class Purpose(Strict):
    """What the dataset is for, in Vietnamese (``purpose``) and English (``usage``)."""

    purpose: str = Field(min_length=1)
    usage: str = Field(min_length=1)


class ContractFile(Strict):
    """A contract file."""

    apiVersion: Literal["v3.1.0"]  # noqa: N815
    kind: Literal["DataContract"]
    id: str
    name: str
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    status: Literal["proposed", "draft", "active", "deprecated", "retired"]
    domain: str
    description: Purpose
    schema_: list[SchemaObject] = Field(alias="schema", min_length=1, max_length=1)
    slaProperties: list[ServiceProperty]  # noqa: N815
    customProperties: list[CustomProperty]  # noqa: N815


def own_properties(properties: list[CustomProperty]) -> dict[str, Any]:
    """Our additions by name."""
    return {item.property: item.value for item in properties}
