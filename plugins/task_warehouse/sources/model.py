"""What a source file may say, as types. Everything unknown is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

DatasetName = Literal[
    "documents",
    "tasks",
    "progress",
    "indicators",
    "indicator_values",
    "feedback",
    "control_totals",
]
DATASETS: tuple[str, ...] = get_args(DatasetName)

TransportName = Literal["folder", "http"]
Cadence = Literal["daily", "weekly", "monthly", "once"]
Mode = Literal["full", "delta"]
FormatName = Literal["csv", "tsv", "json", "ndjson", "xlsx", "xml"]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SOURCE_ID = re.compile(r"[a-z0-9_-]{1,64}")
SECRET_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,47}")
CREDENTIAL_PARAMETERS = {"token", "access_token", "api_key", "apikey", "key", "password", "secret"}
SIZE_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9}


def _refuse(expected: str, key: str | None = None, *, code: str = "expected") -> Exception:
    return PydanticCustomError(code, "{expected}", {"expected": expected, "key": key})


def _iso_date(value: Any) -> Any:
    if isinstance(value, str):
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            raise _refuse("a date YYYY-MM-DD")
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise _refuse("a day that exists, as YYYY-MM-DD") from None
    return value


def _clock(value: Any) -> Any:
    if isinstance(value, str):
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
            raise _refuse("an hour HH:MM between 00:00 and 23:59")
        return time.fromisoformat(value)
    return value


def _size(value: Any) -> Any:
    if isinstance(value, str):
        match = re.fullmatch(r"(\d+)\s*([kmg]?b?)", value.strip().casefold())
        unit = match[2] if match else None
        if match is None or unit is None or (unit and unit not in SIZE_UNITS):
            raise _refuse("a size in bytes, such as 500000, '200 MB' or '1 GB'")
        return int(match[1]) * SIZE_UNITS[unit]
    return value


def _source_id(value: Any) -> Any:
    if isinstance(value, str) and not SOURCE_ID.fullmatch(value):
        raise _refuse("1 to 64 small letters, digits, '-' or '_'")
    return value


def _secret_name(value: Any) -> Any:
    if isinstance(value, str) and not SECRET_NAME.fullmatch(value):
        raise _refuse(
            "the name of a secret in capital letters, digits and '_', never the secret itself"
        )
    return value


def _url(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        parts = urlsplit(value)
        port_is_number = parts.port is None or parts.port > 0
    except ValueError:
        raise _refuse("an address http://… or https://…") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_number:
        raise _refuse("an address http://… or https://…")
    if "@" in parts.netloc:
        raise _refuse("an address without user and password; name them under 'auth:'")
    _no_credential(name for name, _ in parse_qsl(parts.query))
    return value


def _params(value: Any) -> Any:
    if isinstance(value, dict):
        _no_credential(value)
    return value


def _no_credential(names: Iterable[str]) -> None:
    if {name.casefold() for name in names} & CREDENTIAL_PARAMETERS:
        raise _refuse("an address without a credential in it; name the secret under 'auth:'")


def _weekday_or_day(value: Any) -> Any:
    if isinstance(value, str) and value.casefold() in WEEKDAYS:
        return WEEKDAYS.index(value.casefold()) + 1
    return value


def _delimiter(value: Any) -> Any:
    return "\t" if value in ("tab", "\\t") else value


IsoDate = Annotated[date, BeforeValidator(_iso_date)]
Clock = Annotated[time, BeforeValidator(_clock)]
Bytes = Annotated[int, BeforeValidator(_size), Field(gt=0)]
SourceId = Annotated[str, BeforeValidator(_source_id)]
SecretName = Annotated[str, BeforeValidator(_secret_name)]
Url = Annotated[str, BeforeValidator(_url)]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(Strict):
    """How much of us one dataset of one source may use."""

    max_bytes: Bytes = 512_000_000  # of one delivery, decompressed as it travels
    max_page_bytes: Bytes = 16_000_000
    max_pages: int = Field(default=10_000, gt=0)
    max_files: int = Field(default=2_000, gt=0)
    deadline_seconds: Seconds = 300
    connect_seconds: Seconds = 10
    read_seconds: Seconds = 60
    retries: int = Field(default=3, ge=0, le=20)
    backoff_seconds: Seconds = 0.5
    retry_after_seconds: Seconds = 60  # longest wait a server may ask for
    requests_per_second: float | None = Field(default=None, gt=0)


class Paging(Strict):
    """How a collection is cut into pages, and where a page says what comes next."""

    kind: Literal["page", "offset", "cursor", "link", "next"]
    page_param: str = "page"
    size_param: str | None = None
    offset_param: str = "offset"
    cursor_param: str = "cursor"
    size: int | None = Field(default=None, gt=0)
    first_page: int = Field(default=1, ge=0)
    items: str | None = None  # path of the list in a page
    total: str | None = None  # path of the number of items in all
    next: str | None = None  # path of the next address or cursor in a page

    @model_validator(mode="after")
    def _complete(self) -> Paging:
        if self.kind in ("cursor", "next") and not self.next:
            raise _refuse(f"'next:', the path of the next {self.kind} in a page", "kind")
        if self.kind == "offset" and not self.size:
            raise _refuse("'size:', the number of items asked for with each offset", "kind")
        return self


class Auth(Strict):
    """Which secret opens the door; the secret itself is never in a file."""

    kind: Literal["bearer", "header", "basic", "oauth2"]
    secret: SecretName
    header: str = Field(default="X-API-Key", pattern=r"^[A-Za-z0-9-]{1,64}$")
    user: str | None = None  # basic and oauth2: else the secret is 'user:password'
    token_url: Url | None = None
    scope: str | None = None
    client_in: Literal["header", "form"] = "header"  # where the token address wants the client

    @model_validator(mode="after")
    def _complete(self) -> Auth:
        if (self.kind == "oauth2") != (self.token_url is not None):
            raise _refuse("'token_url:' with kind oauth2, and only there", "kind")
        return self


class BusinessDate(Strict):
    """Which day a delivery speaks of: ``as_of``, a part of its name, or one fixed day."""

    from_name: str | None = None
    fixed: IsoDate | None = None

    @model_validator(mode="after")
    def _usable(self) -> BusinessDate:
        if self.from_name is None:
            return self
        try:
            groups = set(re.compile(self.from_name).groupindex)
        except re.error as error:
            raise _refuse(f"a regular expression ({error})", "from_name") from None
        if "date" not in groups and not {"year", "month"} <= groups:
            raise _refuse(
                "a pattern with (?P<date>…), or (?P<year>…) and (?P<month>…)", "from_name"
            )
        return self


def _business_date(value: Any) -> Any:
    if value == "as_of":
        return {}
    return {"fixed": value} if isinstance(value, str) else value


class Incremental(Strict):
    """Ask only for what changed since the last good pull, less an overlap."""

    param: str = "updated_since"
    overlap_days: int = Field(default=1, ge=0, le=366)
    date_format: Literal["iso", "dd/mm/yyyy", "yyyymmdd"] = "iso"


class DatasetFields(Strict):
    """Everything a dataset may say; ``defaults:`` may say any of it for all datasets."""

    transport: TransportName | None = None
    path: str | None = None
    pattern: str = "*"
    settle_seconds: Seconds = 2
    url: Url | None = None
    params: Annotated[dict[str, str], BeforeValidator(_params)] = Field(default_factory=dict)
    paging: Paging | None = None
    auth: Auth | None = None
    private_network: bool = False
    updated_since: Incremental | None = None
    format: FormatName | None = None
    sheet: str | None = None
    records: str | None = None
    member: str | None = None
    encoding: str | None = None
    delimiter: Annotated[str | None, BeforeValidator(_delimiter)] = Field(
        default=None, min_length=1, max_length=4
    )
    mode: Mode = "full"
    cadence: Cadence = "daily"
    due: Clock = time(6, 30)
    due_day: Annotated[int | None, BeforeValidator(_weekday_or_day)] = Field(
        default=None, ge=1, le=31
    )
    business_date: Annotated[BusinessDate, BeforeValidator(_business_date)] = BusinessDate()
    date_format: Literal["dd/mm/yyyy", "iso", "yyyymmdd", "mm/dd/yyyy"] | None = None
    decimal: Literal[",", "."] | None = None
    headers: dict[str, str | None] = Field(default_factory=dict)  # to nothing: not used
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    refers_to: SourceId | None = None
    limits: Limits = Limits()


class DatasetSource(DatasetFields):
    """One dataset of one source, complete: it can be pulled."""

    transport: TransportName

    @model_validator(mode="after")
    def _complete(self) -> DatasetSource:
        for key, transport in (("path", "folder"), ("url", "http")):
            given = getattr(self, key) is not None
            if (self.transport == transport) and not given:
                raise _refuse(f"'{key}:' with transport {transport}", "transport")
            if given and self.transport != transport:
                raise _refuse(f"transport {transport} with '{key}:', or no '{key}:'", key)
        self._check_http()
        self._check_calendar()
        if self.pattern.startswith("/") or ".." in self.pattern.split("/"):
            raise _refuse("a pattern inside the folder", "pattern")
        return self

    def _check_http(self) -> None:
        if self.transport != "http":
            for key in ("paging", "auth", "params", "updated_since"):
                if getattr(self, key):
                    raise _refuse(f"no '{key}:'; it belongs to transport http", key)
            return
        if self.paging and self.format not in (None, "json"):
            raise _refuse("format json; pages are cut from JSON only", "format")
        if self.updated_since and self.mode != "delta":
            raise _refuse("mode delta; only changes are asked for", "updated_since")
        if self.business_date.from_name:
            raise _refuse("as_of or a fixed date; an address has no file name", "business_date")

    def _check_calendar(self) -> None:
        if self.due_day is None:
            return
        if self.cadence not in ("weekly", "monthly"):
            raise _refuse("no 'due_day:' with this cadence", "due_day")
        if self.cadence == "weekly" and self.due_day > 7:
            raise _refuse("a weekday, monday to sunday or 1 to 7", "due_day")

    @property
    def address(self) -> str:
        """Where it comes from, as declared; never a credential."""
        if self.url is None:
            return f"{self.path}/{self.pattern}"
        if not self.params:
            return self.url
        return self.url + ("&" if "?" in self.url else "?") + urlencode(self.params)

    def read_options(self) -> dict[str, Any]:
        """What reading and checking must know, frozen into each receipt."""
        records = self.records or (self.paging.items if self.paging else None)
        options: dict[str, Any] = {
            "format": "json-seq" if self.paging else self.format,
            "sheet": self.sheet,
            "records": records,
            "member": self.member,
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "date_format": self.date_format,
            "decimal": self.decimal,
            "headers": self.headers,
            "values": self.values,
            "refers_to": self.refers_to,
        }
        return {key: value for key, value in options.items() if value}


class FamilyOf(Strict):
    """Which organisations of the seed a family stands for."""

    kind: Literal["ministry", "agency", "province", "commune"]
    parent: str | None = None
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


class SourceFile(Strict):
    """One YAML file: one source, or a family of like sources."""

    source: str
    organisation: str | None = None
    family: SourceId | None = None
    organisations: FamilyOf | None = None
    name: str | None = None
    contact: str | None = None
    valid_from: IsoDate | None = None
    valid_to: IsoDate | None = None
    defaults: DatasetFields = DatasetFields()
    datasets: dict[DatasetName, DatasetSource] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_or_many(self) -> SourceFile:
        if (self.family is None) != (self.organisations is None):
            raise _refuse("'family:' together with 'organisations:'", "family")
        if (self.family is None) == (self.organisation is None):
            raise _refuse("either 'organisation:' or 'family:' with 'organisations:'", "source")
        if self.family is None:
            _source_id_at(self.source)
        elif "{code}" not in self.source:
            raise _refuse("'{code}' in the source id of a family, such as 'xa-{code}'", "source")
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise _refuse("valid_to on or after valid_from", "valid_to")
        return self


def _source_id_at(value: str) -> None:
    if not SOURCE_ID.fullmatch(value):
        raise _refuse("1 to 64 small letters, digits, '-' or '_'", "source")


class Source(Strict):
    """One system that exports, as the pipeline uses it."""

    source: str
    organisation_code: str
    name: str | None
    contact: str | None
    valid_from: date | None
    valid_to: date | None
    base: Path  # folder of the source file; folder paths are relative to it
    declared_in: str  # file name
    family: str | None
    datasets: Mapping[str, DatasetSource]

    def is_active(self, on: date) -> bool:
        """Is the source in force on this day?"""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_to is None or on <= self.valid_to
        )
