"""What each source's report holds, gathered set-wise from the published marts and the rooms.

A report is of one source and one business date: what was owed or came that day, what became of it,
every refused and warned row with its address, and what earlier days left open. Reports whose
inputs are as they were are not gathered again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from task_warehouse import ledger, receipts
from task_warehouse.checking.conditions import CONTROL, PERSONAL
from task_warehouse.checking.quoting import literal
from task_warehouse.contracts import load_contracts
from task_warehouse.holding import rooms
from task_warehouse.reporting_back import addresses
from task_warehouse.reporting_back.texts import create_rules
from task_warehouse.settings import TIMEZONE, Home

Key = tuple[str, date]  # source, business date

FORMAT_VERSION = 1
WINDOW_DAYS = 31  # reports of older days are written when their data come late, else not anew
READ_AT_ONCE = 64
MEMORY_LIMIT = "1200MB"
QUERIES = Path(__file__).parent / "queries"


class Gathering:
    """A connection over one published snapshot and the rooms beside it."""

    def __init__(self, home: Home, database: Path, work: Path) -> None:
        self.con = duckdb.connect()
        self.con.execute(f"set global timezone = '{TIMEZONE}'")
        self.con.execute(f"set global memory_limit = '{MEMORY_LIMIT}'")
        self.con.execute(f"set global temp_directory = '{_escaped(work)}'")
        self.con.execute("set enable_progress_bar = false")
        self.con.execute(f"attach '{_escaped(database)}' as snapshot (read_only)")
        self.con.execute("set search_path = 'memory.main,snapshot.marts'")
        receipts.scan(self.con, home)
        self._open_rooms(home)
        create_rules(self.con, load_contracts())

    def _open_rooms(self, home: Home) -> None:
        """Views of the rooms of a check, with what persons decided of held deliveries."""
        rooms.create_decisions(self.con, home, "decisions", temporary=True)
        checked = rooms.checked_ledger(sorted(home.ledger.glob("*.parquet")))
        refused = rooms.refused_by_person("ledger")
        layouts = "select * from layouts_empty"
        if ledger.batches(home.layouts):
            layouts = f"from {ledger.scan_of(home.layouts)}"
        self.con.execute(f"create temp table layouts_empty ({LAYOUT_COLUMNS})")
        for name, query in {
            "ledger": rooms.decided(f"({checked})", "decisions"),
            "rejects": f"from {ledger.scan_of(home.rejects)} union all by name {refused}",
            "warnings": f"from {ledger.scan_of(ledger.warnings_directory(home))}",
            "layouts": layouts,
        }.items():
            self.con.execute(f"create temp view {name} as {query}")

    def inputs(self, as_of: date) -> dict[Key, str]:
        """A fingerprint of what each report of the last days is a function of."""
        self.con.execute("set variable as_of = ?", [as_of])
        self._run("candidates", window=WINDOW_DAYS)
        found = self._run("inputs", format=FORMAT_VERSION).fetchall()
        return {(source, day): inputs for source, day, inputs in found}

    def reports(self, wanted: Collection[Key]) -> Iterator[dict[str, Any]]:
        """The reports of ``wanted``, by source and date; a report is what its JSON file holds."""
        self.con.execute("create or replace temp table wanted (source varchar, business_date date)")
        self.con.executemany("insert into wanted values (?, ?)", sorted(wanted))
        self._run("rows", **_row_places())
        found = self._run("reports")
        while some := found.fetchmany(READ_AT_ONCE):
            for (text,) in some:
                yield json.loads(text)

    def close(self) -> None:
        self.con.close()

    def _run(self, name: str, **places: object) -> duckdb.DuckDBPyConnection:
        query = (QUERIES / f"{name}.sql").read_text(encoding="utf-8")
        for place, value in places.items():
            query = query.replace("{" + place + "}", str(value))
        return self.con.execute(query)


LAYOUT_COLUMNS = (
    "delivery_id varchar, part varchar, format varchar, first_column bigint, columns varchar[],"
    " positions integer[], headers varchar[]"
)


def _row_places() -> dict[str, str]:
    return {
        "cell": addresses.cell(),
        "path": addresses.path(),
        "address_vi": addresses.in_words("vi"),
        "address_en": addresses.in_words("en"),
        "personal": literal(PERSONAL),
        "control": literal(CONTROL),
    }


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
