"""What a dataset of a source file must say for its transport, and what belongs to another one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from task_warehouse.sources.scalars import refuse

if TYPE_CHECKING:
    from task_warehouse.sources.model import DatasetSource

# Of each key: the transports that need it, and those that may say it.
KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "path": (("folder", "sftp"), ("s3",)),
    "url": (("http", "sftp", "s3"), ()),
    "bucket": (("s3",), ()),
    "auth": (("sftp",), ("http", "s3")),
    "paging": ((), ("http",)),
    "params": ((), ("http",)),
    "updated_since": ((), ("http",)),
    "ca_bundle": ((), ("http", "s3")),
    "host_key": ((), ("sftp",)),
    "known_hosts": ((), ("sftp",)),
}
SCHEMES = {"http": ("http", "https"), "sftp": ("sftp",), "s3": ("http", "https")}
AUTH_KINDS = {
    "http": ("bearer", "header", "basic", "oauth2"),
    "sftp": ("password", "key"),
    "s3": ("access_key",),
}


def refuse_incomplete(dataset: DatasetSource) -> None:
    """Raise the error of the first key that is missing or out of place."""
    _refuse_keys(dataset)
    if dataset.auth and dataset.auth.kind not in AUTH_KINDS[dataset.transport]:
        kinds = " or ".join(AUTH_KINDS[dataset.transport])
        raise refuse(f"kind {kinds} with transport {dataset.transport}", "auth")
    if dataset.url and urlsplit(dataset.url).scheme not in SCHEMES[dataset.transport]:
        schemes = " or ".join(f"{scheme}://…" for scheme in SCHEMES[dataset.transport])
        raise refuse(f"an address {schemes} with transport {dataset.transport}", "url")
    if dataset.transport == "http":
        _refuse_http(dataset)
    else:
        _refuse_drop(dataset)
    _refuse_calendar(dataset)


def _refuse_keys(dataset: DatasetSource) -> None:
    transport = dataset.transport
    for key, (needed, allowed) in KEYS.items():
        given = bool(getattr(dataset, key))
        if transport in needed and not given:
            raise refuse(f"'{key}:' with transport {transport}", "transport")
        if given and transport not in needed + allowed:
            others = " or ".join(needed + allowed)
            raise refuse(f"transport {others} with '{key}:', or no '{key}:'", key)


def _refuse_http(dataset: DatasetSource) -> None:
    if dataset.paging and dataset.format not in (None, "json"):
        raise refuse("format json; pages are cut from JSON only", "format")
    if dataset.updated_since and dataset.mode != "delta":
        raise refuse("mode delta; only changes are asked for", "updated_since")
    if dataset.business_date.from_name:
        raise refuse("as_of or a fixed date; an address has no file name", "business_date")


def _refuse_drop(dataset: DatasetSource) -> None:
    if dataset.pattern.startswith("/") or ".." in dataset.pattern.split("/"):
        raise refuse("a pattern inside the folder", "pattern")
    if dataset.transport == "folder":
        return
    if ".." in (dataset.path or "").split("/"):
        raise refuse("a path without '..'", "path")
    parts = urlsplit(dataset.url or "")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise refuse("the server only (scheme, host, port); its folder goes to 'path:'", "url")
    if dataset.transport == "sftp" and not (dataset.host_key or dataset.known_hosts):
        raise refuse(
            "'host_key:' with the server's fingerprint (ssh-keyscan HOST | ssh-keygen -lf -, "
            "compared with its owner), or 'known_hosts:'",
            "transport",
        )


def _refuse_calendar(dataset: DatasetSource) -> None:
    if dataset.due_day is None:
        return
    if dataset.cadence not in ("weekly", "monthly"):
        raise refuse("no 'due_day:' with this cadence", "due_day")
    if dataset.cadence == "weekly" and dataset.due_day > 7:
        raise refuse("a weekday, monday to sunday or 1 to 7", "due_day")
