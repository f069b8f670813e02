"""Values of a source file: text from YAML into a date, an hour, a size, an address."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, time
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SOURCE_ID = re.compile(r"[a-z0-9_-]{1,64}")
SECRET_NAME = re.compile(r"(?:[A-Z]|\{code\})(?:[A-Z0-9_]|\{code\}){0,47}")
CREDENTIAL_PARAMETERS = {"token", "access_token", "api_key", "apikey", "key", "password", "secret"}
SCHEMES = ("http", "https", "sftp")
FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}=?")
PUBLIC_KEY = re.compile(r"(?:ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/]{40,}={0,3}(?: .*)?")
SIZE_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9}


def refuse(expected: str, key: str | None = None, *, code: str = "expected") -> Exception:
    return PydanticCustomError(code, "{expected}", {"expected": expected, "key": key})


def _iso_date(value: Any) -> Any:
    if isinstance(value, str):
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            raise refuse("a date YYYY-MM-DD")
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise refuse("a day that exists, as YYYY-MM-DD") from None
    return value


def _clock(value: Any) -> Any:
    if isinstance(value, str):
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
            raise refuse("an hour HH:MM between 00:00 and 23:59")
        return time.fromisoformat(value)
    return value


def _size(value: Any) -> Any:
    if isinstance(value, str):
        match = re.fullmatch(r"(\d+)\s*([kmg]?b?)", value.strip().casefold())
        unit = match[2] if match else None
        if match is None or unit is None or (unit and unit not in SIZE_UNITS):
            raise refuse("a size in bytes, such as 500000, '200 MB' or '1 GB'")
        return int(match[1]) * SIZE_UNITS[unit]
    return value


def _source_id(value: Any) -> Any:
    if isinstance(value, str) and not SOURCE_ID.fullmatch(value):
        raise refuse("1 to 64 small letters, digits, '-' or '_'")
    return value


def _secret_name(value: Any) -> Any:
    if isinstance(value, str) and not SECRET_NAME.fullmatch(value):
        raise refuse(
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
        raise refuse("an address http://…, https://… or sftp://…") from None
    if parts.scheme not in SCHEMES or not parts.hostname or not port_is_number:
        raise refuse("an address http://…, https://… or sftp://…")
    if "@" in parts.netloc:
        raise refuse("an address without user and password; name them under 'auth:'")
    _no_credential(name for name, _ in parse_qsl(parts.query))
    return value


def _params(value: Any) -> Any:
    if isinstance(value, dict):
        _no_credential(value)
    return value


def _no_credential(names: Iterable[str]) -> None:
    if {name.casefold() for name in names} & CREDENTIAL_PARAMETERS:
        raise refuse("an address without a credential in it; name the secret under 'auth:'")


def _host_keys(value: Any) -> Any:
    keys = [value] if isinstance(value, str) else value
    if isinstance(keys, list):
        for key in keys:
            said = key.strip() if isinstance(key, str) else ""
            if not (FINGERPRINT.fullmatch(said) or PUBLIC_KEY.fullmatch(said)):
                raise refuse(
                    "the server's fingerprint 'SHA256:…' or public key 'ssh-ed25519 AAAA…' "
                    "(ssh-keyscan HOST | ssh-keygen -lf -), or a list of them"
                )
        return tuple(key.strip() for key in keys)
    return () if value is None else value


def _bucket(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"[A-Za-z0-9{][A-Za-z0-9.{}_-]{1,126}", value):
        raise refuse("the name of a bucket: letters, digits, '.', '-' and '_'")
    return value


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
Params = Annotated[dict[str, str], BeforeValidator(_params)]
HostKeys = Annotated[tuple[str, ...], BeforeValidator(_host_keys)]
Bucket = Annotated[str, BeforeValidator(_bucket)]
WeekdayOrDay = Annotated[int, BeforeValidator(_weekday_or_day), Field(ge=1, le=31)]
Delimiter = Annotated[str, BeforeValidator(_delimiter), Field(min_length=1, max_length=4)]
