"""Which column a header stands for."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from task_warehouse.contracts import Contracts
from task_warehouse.vocabulary import fold_header

REAL = Path(__file__).parents[4] / "shared" / "real" / "nq03"


@pytest.mark.parametrize(
    "header",
    [
        "Mã nhiệm vụ",
        "MÃ NHIỆM VỤ",
        "ma nhiem vu",
        "maNhiemVu",
        "ma_nhiem_vu",
        "  Mã  nhiệm\xa0vụ :",
        "\ufeffMã nhiệm vụ",
        "Mã nhiệm vụ (*)",
        "task_code",
        "Thông tin chung / Mã nhiệm vụ",
        "data.maNhiemVu",
    ],
)
def test_one_header_however_it_is_written(contracts: Contracts, header: str) -> None:
    assert contracts.headers["tasks"].resolve([header], {}).positions == {"task_code": 0}


@pytest.mark.parametrize(
    ("dataset", "column"),
    [
        ("tasks", "product"),
        ("progress", "result"),
        ("indicators", "target_text"),
        ("indicator_values", "value"),
    ],
)
def test_the_same_header_means_another_column_in_another_dataset(
    contracts: Contracts, dataset: str, column: str
) -> None:
    assert contracts.headers[dataset].resolve(["Kết quả"], {}).positions == {column: 0}


def test_a_unit_in_parentheses_is_no_part_of_the_name() -> None:
    assert fold_header("Tiến độ (%)") == fold_header("TIẾN ĐỘ") == "tiendo"


def test_the_ordinal_is_the_code_only_where_there_is_no_code(contracts: Contracts) -> None:
    aliases = contracts.headers["tasks"]
    assert aliases.resolve(["TT", "Tên nhiệm vụ"], {}).positions["task_code"] == 0
    resolved = aliases.resolve(["TT", "Tên nhiệm vụ", "Mã nhiệm vụ"], {})
    assert resolved.positions["task_code"] == 2
    assert resolved.notes == ("header not used: TT (task_code)",)


def test_a_doubled_header_is_used_once_and_noted(contracts: Contracts) -> None:
    resolved = contracts.headers["tasks"].resolve(["Thời hạn", "Thời hạn"], {})
    assert resolved.positions == {"deadline": 0}
    assert resolved.notes == ("header not used: Thời hạn (deadline)",)


def test_an_unknown_header_is_noted(contracts: Contracts) -> None:
    assert contracts.headers["tasks"].resolve(["Màu sắc"], {}).notes == ("unknown header: Màu sắc",)


def test_the_own_alias_of_a_source_counts_first(contracts: Contracts) -> None:
    resolved = contracts.headers["tasks"].resolve(
        ["Thời hạn", "Hạn cuối cùng"], {"hạn cuối cùng": "deadline"}
    )
    assert resolved.positions == {"deadline": 1}


@pytest.mark.real
@pytest.mark.skipif(not REAL.exists(), reason="../shared/real is not here")
@pytest.mark.parametrize(("dataset", "file"), [("tasks", "tasks"), ("indicators", "indicators")])
def test_every_header_of_the_governments_list_is_known(
    contracts: Contracts, dataset: str, file: str
) -> None:
    with (REAL / f"{file}.csv").open(encoding="utf-8-sig", newline="") as stream:
        headers = next(csv.reader(stream))
    resolved = contracts.headers[dataset].resolve(headers, {})
    assert resolved.notes == ()
    assert len(resolved.positions) == len(headers)
