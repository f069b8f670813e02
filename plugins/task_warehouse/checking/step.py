"""The check step: pending deliveries in, accepted rows, rejects, warnings and a ledger out."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from task_warehouse import ledger, locking, progress, reading
from task_warehouse.checking import (
    CheckSummary,
    organisations,
    outcome,
    pending,
    places,
    references,
    rejects,
    secrecy,
    unread,
    verdicts,
)
from task_warehouse.checking.received import Received
from task_warehouse.checking.refusals import Extent, Refusals
from task_warehouse.contracts import DATASETS, Contracts, load_contracts
from task_warehouse.data_docs import keeping
from task_warehouse.errors import AuditError
from task_warehouse.mapping import (
    Delivery,
    map_dataset,
    register_deliveries,
    resolve_layouts,
    table_of,
)
from task_warehouse.settings import TIMEZONE, Home

if TYPE_CHECKING:
    from task_warehouse.checking.expectations import Finding

WORK_PREFIX = "check-"
MEMORY_LIMIT = "1000MB"


def check_pending(home: Home) -> CheckSummary:
    """See :func:`task_warehouse.checking.check_pending`."""
    with locking.hold(home, "check"):
        contracts = load_contracts()
        _sweep_work(home)
        ledger.prepare(home, contracts)
        deliveries = pending.pending_deliveries(home)
        if not deliveries:
            progress.tell("check", "nothing new to check")
            return CheckSummary()
        _import_early()
        batch = ledger.batch_id(item.delivery_id for item in deliveries)
        work = home.work / f"{WORK_PREFIX}{batch}"
        try:
            progress.tell("check", f"reading {len(deliveries)} deliveries")
            pending.read(home, contracts, deliveries, work)
            return check_read(home, contracts, deliveries, work, batch)
        finally:
            shutil.rmtree(work, ignore_errors=True)


def check_read(
    home: Home, contracts: Contracts, deliveries: Sequence[Delivery], work: Path, batch: str
) -> CheckSummary:
    """Check what the reader left in ``work`` (``text.arrow``, ``layouts.parquet``)."""
    with duckdb.connect() as con:
        text = reading.open_text(work)
        prepare_database(con, work, text)
        register_deliveries(con, deliveries)
        layouts = pending.load_layouts(work)
        mapped = resolve_layouts(con, contracts, deliveries, layouts)
        refusals = Refusals(contracts, deliveries, layouts)
        refusals.of_layouts()
        refusals.of_missing_columns(mapped.missing)
        extents = _extents(con)
        refusals.of_counts(extents)
        refusals.write_open(con)
        refusals.of_secrets(secrecy.find_in_damaged(con))
        if refusals.by_delivery:
            refusals.of_secrets(secrecy.find_in_refused(con))
            refusals.of_secrets(unread.find(con, home, refusals))
        check = _Check(home, con, contracts, batch, refusals)
        check.run(deliveries, Received(text, deliveries, extents))
        verdicts.judge(home, con, contracts, refusals, mapped.notes)
        places.write_layouts(con, home, contracts, work, batch)
        return outcome.commit(check.con, home, contracts, batch, refusals, mapped.notes)


class _Check:
    """The datasets of one batch, one after another."""

    def __init__(
        self,
        home: Home,
        con: duckdb.DuckDBPyConnection,
        contracts: Contracts,
        batch: str,
        refusals: Refusals,
    ) -> None:
        self.home, self.con, self.contracts = home, con, contracts
        self.batch, self.refusals = batch, refusals

    def run(self, deliveries: Sequence[Delivery], received: Received) -> None:
        self.refusals.write_open(self.con)
        present = [name for name in DATASETS if name in {item.dataset for item in deliveries}]
        for dataset in present:
            chosen = [item for item in deliveries if item.dataset == dataset]
            self.con.register("text_of_dataset", received.of_dataset(dataset))
            map_dataset(self.con, self.contracts, dataset, chosen, "text_of_dataset")
            self._take_out_secrets(dataset)
            outcome.set_duplicates_apart(self.con, self.contracts.by_dataset[dataset])
        self.refusals.write_open(self.con)
        self._resolve_organisations(present)
        for dataset in references.KEY_OF:
            references.create_known(self.con, self.home, dataset)
        outcome.create_failures(self.con)
        filled = [name for name in present if self._has_rows(name)]
        if filled:
            self._validate(filled)
        rejects.create_received(self.con, received)

    def _take_out_secrets(self, dataset: str) -> None:
        table = table_of(dataset)
        found = secrecy.find_in_table(self.con, self.contracts.by_dataset[dataset], table)
        self.refusals.of_secrets(found)
        for delivery_id in found:
            self.con.execute(f"delete from {table} where delivery_id = ?", [delivery_id])

    def _resolve_organisations(self, datasets: Sequence[str]) -> None:
        for dataset in datasets:
            contract = self.contracts.by_dataset[dataset]
            rule = next(
                (rule for rule in contract.rules if rule.kind == "known_organisation"), None
            )
            if rule:
                column = rule.arguments["column"]
                organisations.create_known(self.con, table_of(dataset), column)

    def _has_rows(self, dataset: str) -> bool:
        found = self.con.execute(f"select 1 from {table_of(dataset)} limit 1").fetchone()
        return found is not None

    def _validate(self, datasets: Sequence[str]) -> None:
        progress.tell("check", "loading Great Expectations")
        from task_warehouse.checking import expectations

        with expectations.validator(self.con) as validator:
            for number, dataset in enumerate(datasets):
                progress.tell("check", f"checking {dataset}", done=number, total=len(datasets))
                contract = self.contracts.by_dataset[dataset]
                found = validator.validate(contract, self.contracts, table_of(dataset))
                for finding in found:
                    _write_failures(self.con, dataset, finding)
                rejects.remember_keys(self.con, contract)
                outcome.split_rows(self.con, contract)
                references.add_known(self.con, contract)
            keeping.keep(self.con, self.home, self.batch, validator.outcomes)


def _write_failures(con: duckdb.DuckDBPyConnection, dataset: str, finding: Finding) -> None:
    rule = finding.rule
    written = con.execute(
        f"insert into failures select '{dataset}', '{rule.check_id}', '{rule.severity}', row_id,"
        f" column_name, expected from ({finding.query})"
    ).fetchone()
    count = written[0] if written else 0
    if count != finding.count:
        raise AuditError(
            f"Great Expectations counts {finding.count} rows, our query selects {count}",
            where=rule.check_id,
            remedy="this is a fault of ours, not of a source; report it with the log",
        )


def prepare_database(con: duckdb.DuckDBPyConnection, work: Path, text: pa.Table) -> None:
    """Settings of the scratch database of a check, and ``text`` as a table of it."""
    # The file ends with the step: nothing is gained by writing it out once more when it closes.
    con.execute("pragma disable_checkpoint_on_shutdown")
    con.execute(f"set global timezone = '{TIMEZONE}'")
    con.execute(f"set global memory_limit = '{MEMORY_LIMIT}'")
    con.execute(f"set global temp_directory = '{work / 'spill'}'")
    con.execute("set enable_progress_bar = false")
    con.register("text", text)


def _import_early() -> None:
    """Begin to import Great Expectations, which takes many seconds of one core, beside the reading.

    Whoever needs it imports it as usual and, by the lock of the import, waits for what is left.
    """
    name = "task_warehouse.checking.expectations"
    threading.Thread(target=import_module, args=(name,), name="import", daemon=True).start()


def _extents(con: duckdb.DuckDBPyConnection) -> dict[str, Extent]:
    """How much of the text table each delivery takes."""
    found = con.execute(
        "select delivery_id, count(*), count(distinct record) from text group by delivery_id"
    ).fetchall()
    return {row[0]: Extent(*row[1:]) for row in found}


def _sweep_work(home: Home) -> None:
    for rest in home.work.glob(f"{WORK_PREFIX}*"):
        shutil.rmtree(rest, ignore_errors=True)
