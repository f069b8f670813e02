"""The files a check leaves: accepted rows, rejects, warnings, and the ledger that commits them.

The ledger says of each delivery: received = accepted + rejected + duplicate, and of one that waits
for a person (verdict ``hold``) the rows that would be accepted are ``rows_held`` instead. What was
decided since is laid over it by :mod:`task_warehouse.holding.rooms`; the files stay as they are.

A batch is what one check derived: ``accepted/<dataset>/<batch>.parquet``, ``rejects/``,
``warnings/`` and, written last, ``ledger/<batch>.parquet``. Files of a batch without a ledger file
are the rests of a killed check; they are discarded before anything is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from task_warehouse import landing
from task_warehouse.contracts import DATASETS, Contract, Contracts
from task_warehouse.errors import StorageError
from task_warehouse.settings import Home
from task_warehouse.storage import written_whole

SCHEMA_FILE = "_schema.parquet"
SECRET = "delivery.secret"  # noqa: S105 - a kind of defect
# Deterministic bytes: fixed row groups, one codec, no statistics of the machine.
WRITE_OPTIONS = "format parquet, compression zstd, row_group_size 122880"

ACCEPTED_BEFORE = {
    "delivery_id": "varchar",
    "source": "varchar",
    "organisation_code": "varchar",
    "business_date": "date",
    "received_at": "timestamptz",
    "mode": "varchar",
    "part": "varchar",
    "record": "bigint",
    "line": "bigint",
}
REJECTS = {
    "reject_id": "varchar",
    "business_date": "date",
    "source": "varchar",
    "organisation_code": "varchar",
    "dataset": "varchar",
    "delivery_id": "varchar",
    "part": "varchar",
    "record": "bigint",
    "line": "bigint",
    "column_name": "varchar",
    "value": "varchar",
    "check_id": "varchar",
    "severity": "varchar",
    "message_vi": "varchar",
    "message_en": "varchar",
    "responsibility": "varchar",
    "raw": "varchar",
    "record_key": "varchar",
}
LEDGER = {
    "delivery_id": "varchar",
    "batch": "varchar",
    "source": "varchar",
    "organisation_code": "varchar",
    "dataset": "varchar",
    "business_date": "date",
    "received_at": "timestamptz",
    "verdict": "varchar",
    "reason_code": "varchar",
    "reason_vi": "varchar",
    "reason_en": "varchar",
    "rows_received": "bigint",
    "rows_accepted": "bigint",
    "rows_rejected": "bigint",
    "rows_duplicate": "bigint",
    "rows_warned": "bigint",
    "secret_rows": "bigint",
    "contract_version": "varchar",
    "format": "varchar",
    "encoding": "varchar",
    "notes": "varchar[]",
    "rows_held": "bigint",
    "findings": "varchar[]",
    "headers": "varchar[]",
    "columns": "varchar[]",
}


def accepted_columns(contract: Contract) -> dict[str, str]:
    """Columns of ``accepted/<dataset>`` with their DuckDB types, in order."""
    own = dict.fromkeys(contract.names, "varchar")
    extra = {"task_source": "varchar"} if contract.dataset == "progress" else {}
    return {**ACCEPTED_BEFORE, **own, **extra, "warnings": "varchar[]"}


def warnings_directory(home: Home) -> Path:
    """Folder of the warnings, beside the rejects."""
    return home.rejects.parent / "warnings"


def batches(folder: Path) -> list[str]:
    """Names of the batches that have a file in ``folder``."""
    return sorted(path.stem for path in folder.glob("*.parquet") if not path.name.startswith("_"))


def write_parquet(con: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    """Write the rows of ``query`` to ``target``, whole or not at all.

    The same rows in the same order give the same bytes. So the query is ordered, or it scans a
    table that lies in memory as one ordered insert filled it. Raises :class:`StorageError` when
    the disk does not take it.
    """
    with _disk_full(target), written_whole(target) as aside:
        con.execute(f"copy ({query}) to '{_escaped(aside)}' ({WRITE_OPTIONS})")


@contextmanager
def _disk_full(target: Path) -> Iterator[None]:
    try:
        yield
    except duckdb.IOException as error:
        raise StorageError(
            f"could not write: {error}",
            where=str(target),
            remedy="free space or restore the disk, then run again",
        ) from None


def prepare(home: Home, contracts: Contracts) -> None:
    """Discard what a killed check left; give every folder its empty schema file."""
    discard_unfinished(home)
    with duckdb.connect() as con:
        for contract in contracts.by_dataset.values():
            _write_schema(con, home.accepted / contract.dataset, accepted_columns(contract))
        _write_schema(con, home.rejects, REJECTS)
        _write_schema(con, warnings_directory(home), REJECTS)
        _write_schema(con, home.ledger, LEDGER)


def _write_schema(con: duckdb.DuckDBPyConnection, folder: Path, columns: dict[str, str]) -> None:
    target = folder / SCHEMA_FILE
    if target.exists():
        held = con.execute(f"describe select * from read_parquet('{_escaped(target)}')").fetchall()
        if [row[0] for row in held] == list(columns):
            return
    nothing = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in columns.items())
    write_parquet(con, f"select {nothing} where false", target)


def discard_unfinished(home: Home) -> list[str]:
    """Delete the files of batches without a ledger file; returns those batches.

    Also finishes what a kill between the ledger and the discarding of secret bytes left undone.
    The caller holds the lock of the check step.
    """
    _discard_half_carried(home)
    committed = set(batches(home.ledger))
    gone: set[str] = set()
    for folder in _derived_folders(home):
        for batch in batches(folder):
            if batch not in committed:
                (folder / f"{batch}.parquet").unlink()
                gone.add(batch)
        for rest in folder.glob(".*.tmp"):
            rest.unlink(missing_ok=True)
    for sha256 in secret_bytes(home):
        landing.discard(home, sha256)
    return sorted(gone)


def _discard_half_carried(home: Home) -> None:
    """A killed :func:`discard_period` may leave a carried batch beside the one it came from."""
    if len(batches(home.ledger)) < 2:
        return
    with duckdb.connect() as con:
        doubled = con.execute(
            "with counted as (select batch, reason_code, count(*) over (partition by delivery_id)"
            f" as times from {scan_of(home.ledger)}) select batch from counted group by batch"
            " having bool_and(coalesce(reason_code, '') = ? and times > 1)",
            [SECRET],
        ).fetchall()
    for (batch,) in doubled:
        (home.ledger / f"{batch}.parquet").unlink()


def secret_bytes(home: Home) -> list[str]:
    """SHA-256 of the deliveries that held secret rows."""
    if not batches(home.ledger):
        return []
    from task_warehouse import receipts

    with duckdb.connect() as con:
        receipts.scan(con, home)
        found = con.execute(
            "select distinct sha256 from receipts where sha256 is not null and delivery_id in"
            f" (select delivery_id from {scan_of(home.ledger)} where reason_code = ?) order by 1",
            [SECRET],
        ).fetchall()
    return [row[0] for row in found]


def discard_period(home: Home, first: date, last: date) -> list[str]:
    """Delete what was derived from deliveries of the business dates ``first`` to ``last``.

    A batch goes as a whole, with deliveries of other dates that it held: the next check derives
    them again and, being a pure function of the raw bytes, derives the same. Deliveries whose
    content is no longer held (secret ones) keep their ledger row and their reject, in a batch of
    their own. Returns the batches that were deleted. The caller holds the lock of the check step.
    """
    if not batches(home.ledger):
        return []
    with duckdb.connect() as con:
        found = con.execute(
            f"select distinct batch from {scan_of(home.ledger)}"
            " where business_date between ? and ? order by 1",
            [first, last],
        ).fetchall()
        gone = [row[0] for row in found if _carry_secret(con, home, row[0]) != row[0]]
    for batch in gone:
        for folder in (home.ledger, *_derived_folders(home)):
            (folder / f"{batch}.parquet").unlink(missing_ok=True)
    return gone


def batch_id(delivery_ids: Iterable[str]) -> str:
    """The name of the batch that checks these deliveries (20 hex digits)."""
    return hashlib.sha256("\n".join(sorted(delivery_ids)).encode()).hexdigest()[:20]


def scan_of(folder: Path, files: Sequence[Path] | None = None) -> str:
    """``read_parquet`` of all files of ``folder``, whose schema file is always there."""
    chosen = files if files is not None else sorted(folder.glob("*.parquet"))
    names = ", ".join(f"'{_escaped(path)}'" for path in chosen)
    return f"read_parquet([{names}], union_by_name = true)"


def _carry_secret(con: duckdb.DuckDBPyConnection, home: Home, batch: str) -> str | None:
    """Copy the secret deliveries of ``batch`` into a batch of their own; its name, if any."""
    ledger_file = scan_of(home.ledger, [home.ledger / f"{batch}.parquet"])
    held = con.execute(
        f"select delivery_id from {ledger_file} where reason_code = ?", [SECRET]
    ).fetchall()
    name = batch_id(row[0] for row in held) if held else None
    if name is None or name == batch:
        return name
    kept = ", ".join(f"'{row[0]}'" for row in held)
    rejects = scan_of(home.rejects, [home.rejects / f"{batch}.parquet"])
    write_parquet(
        con,
        f"select * from {rejects} where delivery_id in ({kept}) order by reject_id",
        home.rejects / f"{name}.parquet",
    )
    write_parquet(
        con,
        f"select * replace ('{name}' as batch) from {ledger_file}"
        f" where delivery_id in ({kept}) order by delivery_id",
        home.ledger / f"{name}.parquet",
    )
    return name


def _derived_folders(home: Home) -> list[Path]:
    accepted = [home.accepted / dataset for dataset in DATASETS]
    return [*accepted, home.rejects, warnings_directory(home), home.layouts, home.profiles]


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
