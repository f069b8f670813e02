"""A source may say in so many words that nothing arose: then its file holds no row of data.

How it says so is declared in the source file (``nothing_arose:``): by the name of the file, or by
a text that stands where the rows would. An empty list or a file with a header alone needs no
declaration. What a small delivery says is read as any delivery is, in a child process, all
deliveries of a batch at once.
"""

from __future__ import annotations

import codecs
import dataclasses
import json
import tempfile
import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from task_warehouse import landing
from task_warehouse.reading.refusal import DIALECT_UNCLEAR, RECORDS_MISSING
from task_warehouse.transports.names import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from task_warehouse.receipts import Receipt
    from task_warehouse.settings import Home
    from task_warehouse.sources.model import NothingArose

OUTCOME = "nothing_arose"
SMALL_BYTES = 65_536  # who has nothing to say says it in few words
AROUND = " \t\r\n,;|.\"'!"


def says_its_name(declared: NothingArose | None, name: str | None) -> bool:
    """Does the name of a file say it?"""
    if declared is None or declared.name is None or not name:
        return False
    return compile_pattern(declared.name).fullmatch(name.rsplit("/", 1)[-1]) is not None


def settle(
    home: Home, receipts: Sequence[Receipt], declared: Mapping[tuple[str, str], NothingArose]
) -> list[Receipt]:
    """The receipts, with the outcome of those deliveries whose content says that nothing arose.

    ``declared`` by source and dataset. Their bytes stay, as the evidence.
    """
    asked: dict[str, Receipt] = {
        receipt.delivery_id: receipt
        for receipt in receipts
        if receipt.outcome == "landed"
        and receipt.delivery_id
        and (receipt.size_bytes or 0) <= SMALL_BYTES
        and (said := declared.get((receipt.source, receipt.dataset)))
        and said.text
    }
    if not asked:
        return list(receipts)
    say_so = set()
    for delivery, found in _read(home, asked.values()).items():
        receipt = asked[delivery]
        said = declared[receipt.source, receipt.dataset]
        if found.refused == DIALECT_UNCLEAR:
            is_said = _is_second_line(said, landing.path_of(home, receipt.sha256 or ""))
        else:
            is_said = _is_said(said, found)
        if is_said:
            say_so.add(delivery)
    return [
        dataclasses.replace(receipt, outcome=OUTCOME, delivery_id=None)
        if receipt.delivery_id in say_so
        else receipt
        for receipt in receipts
    ]


@dataclasses.dataclass(slots=True)
class _Found:
    """One reading of a delivery: the headers of its parts, and its records while they are few."""

    headers: list[str] = dataclasses.field(default_factory=list)
    records: int = 0
    cells: list[str | None] = dataclasses.field(default_factory=list)
    raw: str | None = None
    refused: str | None = None


def _read(home: Home, receipts: Iterable[Receipt]) -> dict[str, _Found]:
    """Each delivery as declared; where its records are not where they should be, as it stands."""
    from task_warehouse.reading import LAYOUTS_FILE, ReadRequest, open_text, read_batch

    requests = []
    for receipt in receipts:
        options = json.loads(receipt.options or "{}")
        path = landing.path_of(home, receipt.sha256 or "")
        name, key = receipt.original_name or "", receipt.delivery_id or ""
        requests.append(ReadRequest.declared(key, path, name, options))
        if options.pop("records", None):
            requests.append(ReadRequest.declared(f"{key}+", path, name, options))
    home.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="nothing-arose-", dir=home.work) as folder:
        out = home.work / folder
        read_batch(requests, out)
        found = _collected(
            pq.read_table(out / LAYOUTS_FILE).to_pylist(), open_text(out).to_pylist()
        )
    return {
        key: found.get(f"{key}+", one) if one.refused == RECORDS_MISSING else one
        for key, one in found.items()
        if not key.endswith("+")
    }


def _collected(layouts: list[dict[str, Any]], rows: list[dict[str, Any]]) -> dict[str, _Found]:
    found: dict[str, _Found] = defaultdict(_Found)
    for layout in layouts:
        one = found[layout["delivery_id"]]
        one.headers = list(layout["headers"] or one.headers)
        one.records += layout["records"] or 0
        one.refused = one.refused or layout["refused"]
    for row in rows:
        one = found[row["delivery_id"]]
        one.cells, one.raw = list(row["cells"] or ()), row["raw"] if row["problem"] else None
    return dict(found)


def _is_said(declared: NothingArose, found: _Found) -> bool:
    """Is the text all there is in place of rows, or does it stand in the column that tells?"""
    if found.refused or found.records > 1:
        return False
    wanted = _plain(declared.text or "")
    if declared.column:
        named = _plain(declared.column)
        told = zip(map(_plain, found.headers), found.cells, strict=False)
        return any(name == named and _plain(cell or "") == wanted for name, cell in told)
    if found.raw is not None:
        return _plain(found.raw) == wanted
    said = found.cells if found.records else found.headers
    return _plain(" ".join(cell for cell in said if cell)) == wanted


def _is_second_line(declared: NothingArose, path: Path) -> bool:
    """A header and one line of words divide into no table; they are told apart by their lines."""
    octets = path.read_bytes()
    encoding = "utf-16" if octets[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
    lines = [line for line in octets.decode(encoding, "replace").splitlines() if line.strip(AROUND)]
    is_plain = declared.column is None and len(lines) == 2
    return is_plain and _plain(lines[1]) == _plain(declared.text or "")


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split()).strip(AROUND)
