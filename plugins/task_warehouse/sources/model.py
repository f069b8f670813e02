"""What a source file may say, as types. Everything unknown is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlencode

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from task_warehouse.sources.completeness import refuse_incomplete
from task_warehouse.sources.scalars import (
    SOURCE_ID,
    Bucket,
    Bytes,
    Clock,
    Delimiter,
    HostKeys,
    IsoDate,
    Params,
    Seconds,
    SecretName,
    SourceId,
    Url,
    WeekdayOrDay,
    refuse,
)
from task_warehouse.verdict_limits import limits_with

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

TransportName = Literal["folder", "http", "sftp", "s3"]
Cadence = Literal["daily", "weekly", "monthly", "once"]
Mode = Literal["full", "delta"]
DEADLINE_SECONDS = 600.0  # of a whole source: twice that of one dataset

FormatName = Literal["csv", "tsv", "json", "ndjson", "xlsx", "xml"]


def _verdict(value: Any) -> Any:
    if isinstance(value, dict):
        try:
            limits_with(value)
        except ValueError as error:
            raise refuse(f"limits as in expectations/verdicts.yaml ({error})") from None
    return value


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
            raise refuse(f"'next:', the path of the next {self.kind} in a page", "kind")
        if self.kind == "offset" and not self.size:
            raise refuse("'size:', the number of items asked for with each offset", "kind")
        return self


class Auth(Strict):
    """Which secret opens the door; the secret itself is never in a file."""

    # http: the first four; sftp: password, key; s3: access_key.
    kind: Literal["bearer", "header", "basic", "oauth2", "password", "key", "access_key"]
    secret: SecretName
    header: str = Field(default="X-API-Key", pattern=r"^[A-Za-z0-9-]{1,64}$")
    user: str | None = None  # of a pair: else the secret holds it too ('user:password', or login)
    passphrase: SecretName | None = None  # of an encrypted private key
    token_url: Url | None = None
    scope: str | None = None
    client_in: Literal["header", "form"] = "header"  # where the token address wants the client

    @model_validator(mode="after")
    def _complete(self) -> Auth:
        if (self.kind == "oauth2") != (self.token_url is not None):
            raise refuse("'token_url:' with kind oauth2, and only there", "kind")
        if self.passphrase and self.kind != "key":
            raise refuse("no 'passphrase:'; only a private key has one", "passphrase")
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
            raise refuse(f"a regular expression ({error})", "from_name") from None
        if "date" not in groups and not {"year", "month"} <= groups:
            raise refuse("a pattern with (?P<date>…), or (?P<year>…) and (?P<month>…)", "from_name")
        return self


def _business_date(value: Any) -> Any:
    if value == "as_of":
        return {}
    return {"fixed": value} if isinstance(value, str) else value


class NothingArose(Strict):
    """How a source says that nothing arose, where no empty export says it."""

    name: str | None = None  # glob of the file's name; the dataset's pattern must take it too
    text: str | None = Field(default=None, min_length=1)  # stands where rows would
    column: str | None = None  # the text stands under this header, beside other values

    @model_validator(mode="after")
    def _complete(self) -> NothingArose:
        if self.name is None and self.text is None:
            raise refuse("'name:', a file name, or 'text:', the words", "text")
        if self.column and self.text is None:
            raise refuse("'text:' with 'column:'", "column")
        return self


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
    params: Params = Field(default_factory=dict)
    ca_bundle: str | None = None  # certificates trusted besides the public ones; beside this file
    host_key: HostKeys = ()
    known_hosts: str | None = None  # in OpenSSH's form; beside this file
    bucket: Bucket | None = None
    region: str = "us-east-1"
    paging: Paging | None = None
    auth: Auth | None = None
    private_network: bool = False
    updated_since: Incremental | None = None
    format: FormatName | None = None
    sheet: str | None = None
    records: str | None = None
    member: str | None = None
    encoding: str | None = None
    delimiter: Delimiter | None = None
    mode: Mode = "full"
    cadence: Cadence = "daily"
    calendar: Literal["every_day", "working_days"] = "every_day"
    due: Clock = time(6, 30)
    due_day: WeekdayOrDay | None = None
    business_date: Annotated[BusinessDate, BeforeValidator(_business_date)] = BusinessDate()
    nothing_arose: NothingArose | None = None
    date_format: Literal["dd/mm/yyyy", "iso", "yyyymmdd", "mm/dd/yyyy"] | None = None
    decimal: Literal[",", "."] | None = None
    headers: dict[str, str | None] = Field(default_factory=dict)  # to nothing: not used
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    refers_to: SourceId | None = None
    limits: Limits = Limits()
    # What of expectations/verdicts.yaml is otherwise for this dataset.
    verdict: Annotated[dict[str, dict[str, Any]], BeforeValidator(_verdict)] = Field(
        default_factory=dict
    )


class DatasetSource(DatasetFields):
    """One dataset of one source, complete: it can be pulled."""

    transport: TransportName

    @model_validator(mode="after")
    def _complete(self) -> DatasetSource:
        refuse_incomplete(self)
        return self

    @property
    def address(self) -> str:
        """Where it comes from, as declared; never a credential."""
        if self.transport != "http":
            return f"{self.place}/{self.pattern}"
        url = self.url or ""
        if not self.params:
            return url
        return url + ("&" if "?" in url else "?") + urlencode(self.params)

    @property
    def place(self) -> str:
        """The folder, on this or another machine, in which files are dropped."""
        if self.url is None:
            return self.path or ""
        inside = (self.bucket, (self.path or "").strip("/"))
        return "/".join([self.url.rstrip("/"), *(part for part in inside if part)])

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
            # A day that the source tells may be wrong; the as-of date is ours.
            "tells_its_day": self.business_date != BusinessDate(),
            "verdict": self.verdict,
        }
        return {key: value for key, value in options.items() if value}


class ReportBack(Strict):
    """Where a source fetches what became of its data: a folder, or an address we put files to."""

    transport: Literal["folder", "http", "sftp"]
    path: str | None = None
    url: Url | None = None
    auth: Auth | None = None
    private_network: bool = False
    ca_bundle: str | None = None
    host_key: HostKeys = ()
    known_hosts: str | None = None
    formats: tuple[Literal["xlsx", "json", "txt"], ...] = Field(
        default=("xlsx", "json", "txt"), min_length=1
    )
    limits: Limits = Limits(deadline_seconds=60, read_seconds=20, retries=1)

    @model_validator(mode="after")
    def _complete(self) -> ReportBack:
        refuse_incomplete(self.as_dataset())
        return self

    def as_dataset(self) -> DatasetSource:
        """The same place as one that files are pulled from: same rules, same connections."""
        said = {name: getattr(self, name) for name in type(self).model_fields if name != "formats"}
        return DatasetSource.model_construct(**said)


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
    deadline_seconds: Seconds = DEADLINE_SECONDS
    defaults: DatasetFields = DatasetFields()
    datasets: dict[DatasetName, DatasetSource] = Field(min_length=1)
    report_back: ReportBack | None = None

    @model_validator(mode="after")
    def _reports_apart(self) -> SourceFile:
        place = self.report_back.as_dataset().place.rstrip("/") if self.report_back else None
        if any(one.place.rstrip("/") == place for one in self.datasets.values()):
            raise refuse("another place than that of the exports", "report_back")
        return self

    @model_validator(mode="after")
    def _one_or_many(self) -> SourceFile:
        if (self.family is None) != (self.organisations is None):
            raise refuse("'family:' together with 'organisations:'", "family")
        if (self.family is None) == (self.organisation is None):
            raise refuse("either 'organisation:' or 'family:' with 'organisations:'", "source")
        if self.family is None:
            _source_id_at(self.source)
            if any(said.auth and "{" in said.auth.secret for said in self.datasets.values()):
                raise refuse("a secret without '{code}'; only a family has codes", "datasets")
        elif "{code}" not in self.source:
            raise refuse("'{code}' in the source id of a family, such as 'xa-{code}'", "source")
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise refuse("valid_to on or after valid_from", "valid_to")
        return self


def _source_id_at(value: str) -> None:
    if not SOURCE_ID.fullmatch(value):
        raise refuse("1 to 64 small letters, digits, '-' or '_'", "source")


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
    deadline_seconds: float = DEADLINE_SECONDS  # for all its datasets together
    report_back: ReportBack | None = None

    def is_active(self, on: date) -> bool:
        """Is the source in force on this day?"""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_to is None or on <= self.valid_to
        )
