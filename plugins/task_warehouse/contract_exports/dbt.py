"""Contracts as dbt's source: the rooms of accepted rows, every column with its description.

``dbt_project/models/staging/_accepted.yml`` is written by this and by nobody else; a test says when
it differs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from task_warehouse import ledger
from task_warehouse.contract_exports.wording import asked_of
from task_warehouse.contracts import Column, Contract, Contracts
from task_warehouse.settings import PROJECT_ROOT

HEADING = (
    "# Written from expectations/contracts by: task-warehouse contract export dbt\n"
    "# Not to be edited: change the contract.\n"
)
ROOM_COLUMNS = {
    "delivery_id": "Lần gửi / Delivery the record came with",
    "source": "Nguồn / Source that sent it",
    "organisation_code": "Mã cơ quan của nguồn / Organisation of the source",
    "business_date": "Ngày số liệu / Day the data speak of (first sighting)",
    "received_at": "Thời điểm nhận / When it was received (first sighting)",
    "mode": "Toàn bộ hay thay đổi / Full or delta",
    "part": "Trang tính hoặc tệp trong gói / Sheet or member of an archive",
    "record": "Thứ tự bản ghi trong lần gửi / Ordinal of the record in the delivery",
    "line": "Dòng trong tệp gốc / Line of the raw file",
    "task_source": "Nguồn có mã nhiệm vụ này / Source whose task code it is",
    "warnings": "Các kiểm tra có cảnh báo / Checks that warned",
}


def path() -> Path:
    """Where the file stands in this project."""
    return PROJECT_ROOT / "dbt_project" / "models" / "staging" / "_accepted.yml"


def as_text(contracts: Contracts) -> str:
    """The file."""
    tables = [_table(contract) for contract in contracts.by_dataset.values()]
    source = {"name": "rooms", "schema": "inputs", "tables": tables}
    document = {"version": 2, "sources": [source]}
    return HEADING + yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=1000)


def _table(contract: Contract) -> dict[str, Any]:
    return {
        "name": contract.dataset,
        "description": f"{contract.grain} {contract.purpose_vi} {contract.purpose_en}",
        "config": {"meta": {"contract_version": contract.version, "key": list(contract.key)}},
        "columns": [_column(contract, name) for name in ledger.accepted_columns(contract)],
    }


def _column(contract: Contract, name: str) -> dict[str, Any]:
    if name in ROOM_COLUMNS:
        return {"name": name, "description": ROOM_COLUMNS[name]}
    column = contract.column(name)
    return {"name": name, "data_type": "varchar", "description": _described(column)}


def _described(column: Column) -> str:
    vi, en = asked_of(column)
    return f"{column.label}: {column.description_vi} ({vi}) / {column.description_en} ({en})"
