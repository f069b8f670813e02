"""A small data root made by hand: a published snapshot of the promised shapes, and its rooms.

One ministry (``bo-x``) with three tasks and their reports, a commune whose delivery was secret, and
an export in an archive. The marts' tables are made from the contracts of the dbt project, so a
column that is renamed there is missed here.
"""

from __future__ import annotations

import copy
import io
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from ruamel.yaml import YAML

from task_warehouse import landing, ledger, receipts
from task_warehouse.contracts import Contracts, load_contracts
from task_warehouse.settings import PROJECT_ROOT, Home
from task_warehouse.snapshots import DATABASE_NAME, Manifest

AS_OF = date(2025, 11, 14)
FIRST = date(2025, 11, 13)
RECEIVED = datetime(2025, 11, 13, 23, 0, tzinfo=UTC)
HOSTILE = '<script>alert(1)</script> "nhiệm vụ" \u202egnouhc'
SECRET_VALUE = "BI-MAT-KHONG-DUOC-LO"
PASSWORD = "mat-khau-trong-dia-chi"
TASKS_CSV = (
    "Mã,Tên nhiệm vụ,Thời hạn,Chủ trì\n"
    "NV-1,Chuyển đổi số toàn diện,Quý II/2025,Bộ X\n"
    "NV-2,Xây dựng kho dữ liệu,12/2025,Bộ X\n"
    f'NV-3,"{HOSTILE.replace(chr(34), chr(34) * 2)}",Thường xuyên,Bộ X\n'
)
PROGRESS_CSV = "Mã;Ngày báo cáo;%\nNV-1;01/10/2025;40\nNV-1;01/11/2025;70\nNV-9;01/11/2025;150\n"
BATCH = "a" * 20


@cache
def schema_of_marts() -> str:
    """DDL of every mart that has a contract, from ``_marts.yml``."""
    path = PROJECT_ROOT / "dbt_project" / "models" / "marts" / "_marts.yml"
    models = YAML(typ="safe").load(path.read_text(encoding="utf-8"))["models"]
    tables = []
    for model in models:
        columns = ", ".join(f'"{c["name"]}" {c["data_type"]}' for c in model["columns"])
        tables.append(f"create table marts.{model['name']} ({columns});")
    return "create schema if not exists marts; " + " ".join(tables)


def write_snapshot(home: Home, name: str, sql: str, totals: Mapping[str, int]) -> Path:
    """A published snapshot whose marts hold what ``sql`` inserts; it is put in force."""
    folder = home.published / name
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / DATABASE_NAME)) as connection:
        connection.execute(schema_of_marts())
        connection.execute(sql)
    Manifest(
        snapshot_id=name,
        run_id="run-1",
        as_of_date=AS_OF,
        published_at=RECEIVED,
        started_at=RECEIVED,
        inputs="0" * 64,
        versions={},
        tables={},
        database_sha256="",
        ledger=dict(totals),
        path=folder,
    ).write()
    link = home.published / "current"
    link.unlink(missing_ok=True)
    link.symlink_to(name)
    return folder


def put(folder: Path, columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows of one room as its batch file; what a row does not name is null."""
    kinds = {
        "varchar": pa.string(),
        "date": pa.date32(),
        "timestamptz": pa.timestamp("us", tz="UTC"),
        "bigint": pa.int64(),
        "varchar[]": pa.list_(pa.string()),
    }
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
    full = [{name: row.get(name) for name in columns} for row in rows]
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(full, schema=schema), folder / f"{BATCH}.parquet")


class MadeHome:
    """The data root and the ids of its deliveries."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root)
        self.receipts: list[receipts.Receipt] = []
        self.entries: list[dict[str, Any]] = []
        self.tasks = self.deliver("bo-x", "tasks", TASKS_CSV.encode(), "nhiem_vu.csv", rows=3)
        self.progress = self.deliver(
            "bo-x", "progress", zipped(PROGRESS_CSV), "tien_do.zip", rows=3, rejected=1
        )
        self.secret = self.deliver(
            "xa-1", "tasks", f"Mã,Độ mật\n{SECRET_VALUE},Mật\n".encode(), "xa.csv",
            rows=1, rejected=1, reason="delivery.secret",
        )  # fmt: skip
        self.unchecked = self.deliver(
            "bo-y", "tasks", b"Ma\nchua-kiem-tra\n", "y.csv", rows=1, checked=False
        )
        self.write_rooms()
        self.snapshot = write_snapshot(self.home, "2025-11-14-one", self.marts(), self.totals())

    def deliver(
        self,
        source: str,
        dataset: str,
        content: bytes,
        name: str,
        *,
        rows: int,
        rejected: int = 0,
        reason: str | None = None,
        checked: bool = True,
    ) -> str:
        """Land ``content`` with its receipt and ledger row; the delivery's id."""
        sha256, size = landing.land(self.home, [content])
        delivery_id = receipts.delivery_id_of(source, dataset, sha256)
        for day in (FIRST, AS_OF):
            self.receipts.append(
                receipts.Receipt(
                    batch="b1", source=source, organisation_code="G99", dataset=dataset,
                    mode="full", business_date=day, received_at=RECEIVED, due_at=None,
                    expected=True, outcome="landed" if day == FIRST else "unchanged",
                    origin=f"https://nguoi-dung:{PASSWORD}@noi.gui.vn/{dataset}?token={PASSWORD}"
                    if name.endswith(".zip") else f"/srv/o-dia-ngoai/{source}/{name}",
                    original_name=name, size_bytes=size, sha256=sha256, delivery_id=delivery_id,
                    format="csv", options='{"format": "csv"}',
                )
            )  # fmt: skip
        if checked:
            self.entries.append(
                {
                    "delivery_id": delivery_id, "batch": BATCH, "source": source,
                    "organisation_code": "G99", "dataset": dataset, "business_date": FIRST,
                    "received_at": RECEIVED,
                    "verdict": "refuse" if reason else "accept", "reason_code": reason,
                    "reason_vi": "Có dòng mật." if reason else None, "rows_received": rows,
                    "rows_accepted": rows - rejected, "rows_rejected": rejected,
                    "rows_duplicate": 0, "rows_warned": 0, "secret_rows": 1 if reason else 0,
                    "contract_version": "1.0.0", "format": "csv", "encoding": "utf-8",
                    "notes": [],
                }
            )  # fmt: skip
        if reason:
            landing.discard(self.home, sha256)
        return delivery_id

    def hold_two(self) -> None:
        """Let two more deliveries come, which the check held."""
        self.held = [
            self.deliver("bo-z", "tasks", f"Mã\ngiữ-lại-{day}\n".encode(), f"{day}.csv", rows=3)
            for day in (1, 2)
        ]
        for entry in self.entries[-2:]:
            entry |= {
                "verdict": "hold", "rows_accepted": 0, "rows_held": 3,
                "reason_code": "delivery.row_count", "findings": ["delivery.row_count"],
                "reason_vi": "Lần gửi có 3 dòng.", "reason_en": "The delivery holds 3 rows.",
            }  # fmt: skip
        self.write_rooms()

    def totals(self) -> dict[str, int]:
        names = ("rows_received", "rows_accepted", "rows_rejected", "rows_duplicate")
        sums = {name: sum(entry[name] for entry in self.entries) for name in names}
        return {"deliveries": len(self.entries), **sums, "rows_warned": 0}

    def copied_to(self, root: Path) -> MadeHome:
        """The same, at another place, to be changed."""
        twin = copy.copy(self)
        shutil.copytree(self.home.root, root, symlinks=True)
        twin.home, twin.receipts, twin.entries = Home(root), [*self.receipts], [*self.entries]
        return twin

    def write_rooms(self) -> None:
        """Write the receipts, the ledger and what a check leaves."""
        home, contracts = self.home, _contracts()
        receipts.write_receipts(home, "b1", self.receipts)
        put(home.ledger, ledger.LEDGER, self.entries)
        common = {
            "source": "bo-x", "organisation_code": "G99", "business_date": FIRST,
            "received_at": RECEIVED, "mode": "full", "part": "",
        }  # fmt: skip
        tasks = [
            {**common, "delivery_id": self.tasks, "record": 1, "line": 2, "task_code": "NV-1",
             "title": "Chuyển đổi số toàn diện", "deadline": "Quý I/2025", "lead": "Bộ X"},
            {**common, "delivery_id": self.tasks, "record": 1, "line": 2, "task_code": "NV-1",
             "title": "Chuyển đổi số toàn diện", "deadline": "Quý II/2025", "lead": "Bộ X",
             "business_date": AS_OF},
        ]  # fmt: skip
        progress = [
            {**common, "delivery_id": self.progress, "part": "tien_do.csv", "record": place,
             "line": place + 1, "task_code": "NV-1", "reported_on": day,
             "percent_complete": percent, "task_source": None}
            for place, day, percent in ((2, "2025-11-01", "70"), (1, "2025-10-01", "40"))
        ]  # fmt: skip
        rejects = [
            {**common, "reject_id": "r1", "dataset": "progress", "delivery_id": self.progress,
             "part": "tien_do.csv", "record": 3, "line": 4, "column_name": "percent_complete",
             "value": "150", "check_id": "progress.percent_complete_out_of_range",
             "severity": "error", "message_vi": "Tỷ lệ (150) ngoài khoảng", "message_en": "150",
             "responsibility": "source", "raw": None, "record_key": "NV-1|2025-11-01"},
            {**common, "reject_id": "r3", "dataset": "progress", "delivery_id": self.progress,
             "part": "tien_do.csv", "record": 4, "line": 5, "check_id": "file.ragged_row",
             "severity": "error", "message_vi": "Dòng lệch cột", "message_en": "Ragged row",
             "responsibility": "source", "raw": "x;NV-1;dòng hỏng"},
            {**common, "reject_id": "r4", "dataset": "progress", "delivery_id": self.progress,
             "part": "tien_do.csv", "record": 5, "line": 6, "check_id": "progress.task_unknown",
             "severity": "error", "message_vi": "Nhiệm vụ khác", "message_en": "Another task",
             "responsibility": "source", "raw": "NV-12;NV-1x", "record_key": "NV-12|2025-11-01"},
            {**common, "reject_id": "r5", "source": "xa-1", "dataset": "tasks",
             "delivery_id": self.secret, "line": 2, "column_name": "title",
             "value": SECRET_VALUE, "check_id": "tasks.key_conflict", "severity": "error",
             "message_vi": SECRET_VALUE, "message_en": SECRET_VALUE, "responsibility": "source"},
            {**common, "reject_id": "r2", "source": "xa-1", "dataset": "tasks",
             "delivery_id": self.secret, "value": SECRET_VALUE, "check_id": "delivery.secret",
             "severity": "error", "message_vi": "Có dòng mật.", "message_en": "Secret rows.",
             "responsibility": "source"},
        ]  # fmt: skip
        by_dataset = contracts.by_dataset
        put(home.accepted / "tasks", ledger.accepted_columns(by_dataset["tasks"]), tasks)
        put(home.accepted / "progress", ledger.accepted_columns(by_dataset["progress"]), progress)
        put(home.rejects, ledger.REJECTS, rejects)
        put(ledger.warnings_directory(home), ledger.REJECTS, [])

    def marts(self) -> str:
        """SQL that fills the marts as the warehouse would from these rooms."""
        hostile = HOSTILE.replace("'", "''")
        return f"""
        insert into marts.dim_organisation by name
            select 'G99' as organisation_code, date '1900-01-01' as valid_from, 'Bộ X' as name,
                'Ministry X' as name_en, 'ministry' as kind, 'central' as level,
                'G99' as current_code, true as is_current;
        insert into marts.dim_document by name
            select '57-NQ/TW' as document_code, 'Nghị quyết' as title,
                '57-NQ/TW' as root_document_code, 'root' as chain_state, true as is_delivered,
                null as parent_document_code
            union all select '9/QĐ-X', 'Kế hoạch', '57-NQ/TW', 'child', true, '57-NQ/TW';
        insert into marts.dim_task by name
            select 'bo-x/' || code as task_key, 'bo-x' as source, code as task_code, title,
                'task' as kind, '9/QĐ-X' as document_code, 'G99' as lead_code,
                'Bộ X' as lead_text, deadline as deadline_text, due_on, precision as due_precision,
                'dated' as deadline_kind, false as is_extended, 'G99' as source_organisation_code,
                false as is_held, false as is_closed, '{self.tasks}' as delivery_id, '' as part,
                line
            from (values
                ('NV-1', 'Chuyển đổi số toàn diện', 'Quý II/2025', date '2025-06-30', 'quarter', 2),
                ('NV-2', 'Xây dựng kho dữ liệu', '12/2025', date '2025-12-31', 'month', 3),
                ('NV-3', '{hostile}', 'Thường xuyên', null, 'recurring', 4)
            ) as given (code, title, deadline, due_on, precision, line);
        insert into marts.fct_task_status by name
            select date '{AS_OF}' as as_of_date, 'bo-x/' || code as task_key, 'bo-x' as source,
                'G99' as lead_code, 'task' as kind, '9/QĐ-X' as document_code, status_class,
                due_on, false as is_completed, days_late, due_on - date '{AS_OF}' as days_to_due,
                percent as percent_complete, reports as report_count, false as is_suspended,
                false as is_refused, false as is_returned, false as is_awaiting_confirmation,
                false as is_cancelled, false as is_label_disagreeing, 0 as extension_count,
                delivery as last_delivery_id, line as last_line
            from (values
                ('NV-1', 'open_overdue', date '2025-06-30', 137, 70, 2, '{self.progress}', 3),
                ('NV-2', 'open_in_term', date '2025-12-31', 0, null, 0, null, null),
                ('NV-3', 'open_undated', null, null, null, 0, null, null)
            ) as given (code, status_class, due_on, days_late, percent, reports, delivery, line);
        insert into marts.bridge_task_organisation by name
            select task_key, 'G99' as organisation_code, 'lead' as role, 'Bộ X' as names_used
            from marts.dim_task;
        insert into marts.mart_scorecard by name
            select date '{AS_OF}' as as_of_date, code as organisation_code, kind, 3 as tasks,
                0 as completed_on_time, 0 as completed_late, 0 as completed_undated,
                1 as open_in_term, 1 as open_overdue, 1 as open_undated, 0 as due_in_3_days,
                0 as due_in_7_days, 0 as suspended, 2 as never_reported, 'red' as colour
            from (values ('VN', 'central'), ('G99', 'ministry')) as given (code, kind);
        insert into marts.mart_reporting by name
            select day as business_date, 'bo-x' as source, dataset, 'G99' as organisation_code,
                true as expected, status, 3 as rows_received, 2 as rows_accepted,
                1 as rows_rejected, 0 as rows_duplicate, 0 as rows_warned, 0 as secret_rows
            from (values
                (date '2025-11-12', 'tasks', 'on_time'), (date '2025-11-13', 'tasks', 'missing'),
                (date '2025-11-14', 'tasks', 'missing'), (date '2025-11-14', 'progress', 'on_time')
            ) as given (day, dataset, status);
        insert into marts.mart_reject by name
            select 'r1' as reject_id, date '{FIRST}' as business_date, 'bo-x' as source,
                'progress' as dataset, '{self.progress}' as delivery_id, 'tien_do.csv' as part,
                3 as record, 4 as line, 'percent_complete' as column_name, '150' as value,
                'progress.percent_complete_out_of_range' as check_id, 'error' as severity,
                'Tỷ lệ (150) ngoài khoảng' as message_vi, 'out of range: 150' as message_en,
                'source' as responsibility;
        insert into marts.mart_reject by name
            select 'r2' as reject_id, date '{FIRST}' as business_date, 'xa-1' as source,
                'tasks' as dataset, '{self.secret}' as delivery_id, '{SECRET_VALUE}' as value,
                'delivery.secret' as check_id, 'error' as severity, 'Có dòng mật.' as message_vi,
                'Secret rows.' as message_en, 'source' as responsibility;
        insert into marts.mart_reject by name
            select * replace ('r5' as reject_id, 'tasks.key_conflict' as check_id,
                '{SECRET_VALUE}' as message_vi, '{SECRET_VALUE}' as message_en)
            from marts.mart_reject where reject_id = 'r2';
        insert into marts.mart_run by name
            select 'run-1' as run_id, date '{AS_OF}' as as_of_date, 3 as deliveries,
                7 as rows_received, 5 as rows_accepted, 2 as rows_rejected, 0 as rows_duplicate,
                timestamptz '{RECEIVED}' as started_at, timestamptz '{RECEIVED}' as published_at;
        """


@cache
def _contracts() -> Contracts:
    return load_contracts()


def zipped(text: str) -> bytes:
    """An archive with the one member ``tien_do.csv``."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(zipfile.ZipInfo("tien_do.csv", (2025, 11, 13, 0, 0, 0)), text)
    return held.getvalue()
