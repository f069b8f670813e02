"""Rooms of a data root written from small CSV files, as the steps before the build leave them."""

from __future__ import annotations

from pathlib import Path

import duckdb

from task_warehouse.build_inputs import ROOMS
from task_warehouse.settings import Home

DATASETS = (
    "documents",
    "tasks",
    "progress",
    "indicators",
    "indicator_values",
    "feedback",
    "control_totals",
)
MARKER_LINE = 1  # the header; data start on the next line


class Rooms:
    """Tables of the rooms' columns, filled row by row of text and written as Parquet."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("set TimeZone = 'UTC'")
        for room, columns in ROOMS.items():
            self.connection.execute(f"create table {room} ({columns})")

    def load_deliveries(self, path: Path) -> None:
        """Receipts from a file of attempts; the ledger is made by :meth:`write`."""
        self.connection.execute(
            "create table attempts as select row_number() over () as attempt, * "
            "from read_csv(?, all_varchar = true)",
            [str(path)],
        )
        self.connection.execute(
            """
            insert into receipts by name
            select 'receipt-' || attempt as receipt_id, source, organisation_code,
                dataset, mode, business_date, received_at, due_at, expected, outcome, delivery_id,
                reason_code, reason_code as reason_vi, reason_code as reason_en
            from attempts
            """
        )

    def load(self, room: str, path: Path) -> None:
        """Append the rows of a CSV file; records are numbered within their delivery."""
        self.connection.execute(
            "create or replace table given as select * from read_csv(?, all_varchar = true)",
            [str(path)],
        )
        if room in DATASETS:
            self.connection.execute(
                f"""
                insert into {room} by name
                with first_sightings as (
                    select * from receipts where delivery_id is not null
                    qualify row_number() over (
                        partition by delivery_id order by business_date, received_at
                    ) = 1
                ),
                numbered as (
                    select *, row_number() over (partition by delivery_id) as record from given
                )
                select numbered.*, record + {MARKER_LINE} as line, '' as part, source,
                    organisation_code, business_date, received_at, mode
                from numbered inner join first_sightings using (delivery_id)
                """
            )
        else:
            self.connection.execute(f"insert into {room} by name select * from given")

    def write(self, root: Path) -> Home:
        """Write all rooms under ``root`` with a ledger that balances."""
        counted = " union all ".join(f"select delivery_id from {name}" for name in DATASETS)
        self.connection.execute(
            f"""
            insert into ledger by name
            with accepted as (
                select delivery_id, count(*) as rows_accepted from ({counted}) group by all
            )
            select delivery_id, 'test' as batch, source, organisation_code, dataset,
                min(business_date) as business_date, min(received_at) as received_at, verdict,
                max(reason_code) as reason_code, max(reason_code) as reason_vi,
                max(reason_code) as reason_en,
                coalesce(any_value(rows_accepted), 0) as rows_accepted,
                any_value(rows_rejected)::bigint as rows_rejected,
                any_value(rows_duplicate)::bigint as rows_duplicate,
                0 as rows_warned, 0 as secret_rows
            from attempts left join accepted using (delivery_id)
            where delivery_id is not null
            group by delivery_id, source, organisation_code, dataset, verdict
            """
        )
        self.connection.execute(
            "update ledger set rows_received = rows_accepted + rows_rejected + rows_duplicate"
        )
        self.connection.execute(
            "update ledger set rows_held = rows_accepted, rows_accepted = 0 where verdict = 'hold'"
        )
        home = Home(root)
        self._write("receipts", home.receipts / "business_date=2025-10-15" / "test.parquet")
        self._write("ledger", home.ledger / "test.parquet")
        self._write("rejects", home.rejects / "test.parquet")
        self._write("profiles", home.profiles / "test.parquet")
        for dataset in DATASETS:
            self._write(dataset, home.accepted / dataset / "test.parquet")
        return home

    def _write(self, room: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection.execute(f"copy {room} to '{path}' (format parquet)")
