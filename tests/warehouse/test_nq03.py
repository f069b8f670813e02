"""The Government's own task list (Resolution 03/NQ-CP) as it was printed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from task_warehouse import building
from tests.warehouse.rooms import Rooms

pytestmark = pytest.mark.real

ASSIGNED = date(2025, 1, 9)
HEADERS = {
    "tasks": {
        "TT": "task_code",
        "Nhóm nhiệm vụ": "group_name",
        "Tên nhiệm vụ": "title",
        "Cơ quan chủ trì": "lead",
        "Cơ quan phối hợp": "cooperating",
        "Kết quả": "product",
        "Thời gian hoàn thành": "deadline",
    },
    "indicators": {
        "TT": "indicator_code",
        "Chỉ tiêu": "name",
        "Đơn vị": "unit",
        "Kết quả": "target_text",
        "Cơ quan chủ trì": "lead",
    },
}

# Words of the printed list that name no organisation, and why nobody can be put in their place.
NOBODY = {
    "Địa phương được lựa chọn": "localities still to be chosen",
    "Tập đoàn, doanh nghiệp công nghệ số": "companies, no state body",
    "một số tỉnh đủ điều kiện": "provinces that qualify, not named",
}


@pytest.fixture(scope="module")
def nq03(
    real: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Marts of 1 July 2025 from the printed list alone, with no report about any task."""
    folder = tmp_path_factory.mktemp("nq03")
    attempts = folder / "deliveries.csv"
    attempts.write_text(
        "business_date,source,organisation_code,dataset,mode,expected,outcome,received_at,due_at,"
        "delivery_id,verdict,rows_rejected,rows_duplicate,reason_code\n"
        + "".join(
            f"{ASSIGNED},nq03,G22,{dataset},full,true,landed,{ASSIGNED}T01:00:00Z,,"
            f"nq03-{dataset},accept,0,0,\n"
            for dataset in HEADERS
        ),
        encoding="utf-8",
    )
    rooms = Rooms()
    rooms.load_deliveries(attempts)
    for dataset, headers in HEADERS.items():
        mapped = folder / f"{dataset}.csv"
        columns = ", ".join(f'"{printed}" as {name}' for printed, name in headers.items())
        rooms.connection.execute(
            f"copy (select 'nq03-{dataset}' as delivery_id, {columns} "
            f"from read_csv('{real / 'nq03' / dataset}.csv', all_varchar = true)) "
            f"to '{mapped}' (format csv, header)"
        )
        rooms.load(dataset, mapped)
    home = rooms.write(folder / "home")
    result = building.build(home, date(2025, 7, 1), {"run_id": "nq03"})
    with duckdb.connect(str(result.database), read_only=True) as connection:
        yield connection


def test_the_nation_on_1_july_2025(nq03: duckdb.DuckDBPyConnection) -> None:
    found = nq03.execute(
        "select tasks, open_overdue, open_in_term, open_undated "
        "from marts.mart_scorecard where organisation_code = 'VN'"
    ).fetchone()
    assert found == (140, 20, 100, 20)


def test_every_lead_is_resolved_or_listed_here(nq03: duckdb.DuckDBPyConnection) -> None:
    found = nq03.execute(
        "select names_used from marts.bridge_task_organisation "
        "where organisation_code = 'UNRESOLVED' and role in ('lead', 'co_lead')"
    ).fetchall()
    assert {words for (words,) in found} == set(NOBODY)
    unled = nq03.execute(
        "select count(*) from marts.dim_task where lead_code = 'UNRESOLVED'"
    ).fetchone()
    assert unled == (2,)


def test_dissolved_ministries_lead_through_their_successor(
    nq03: duckdb.DuckDBPyConnection,
) -> None:
    found = nq03.execute(
        """
        select distinct named_codes, organisation_code
        from marts.bridge_task_organisation
        where role in ('lead', 'co_lead') and named_codes in ('G04', 'G07', 'G13')
        """
    ).fetchall()
    assert set(found) == {("G04", "G17"), ("G07", "G09"), ("G13", "G10")}


def test_no_deadline_is_unreadable(nq03: duckdb.DuckDBPyConnection) -> None:
    found = nq03.execute(
        "select due_precision, deadline_kind, count(*) from marts.dim_task group by 1, 2"
    ).fetchall()
    assert set(found) == {
        ("year", "dated", 71),
        ("month", "dated", 48),
        ("quarter", "dated", 1),
        ("recurring", "recurring", 16),
        ("recurring", "open_ended", 3),
        ("none", "empty", 1),
    }


def test_all_indicator_rows_keep_their_printed_target(
    nq03: duckdb.DuckDBPyConnection, real: Path
) -> None:
    found = nq03.execute(
        f"""
        select count(*), count(*) filter (where printed."Kết quả" is not distinct from target_text),
            count(target_operator)
        from read_csv('{real / "nq03" / "indicators"}.csv', all_varchar = true) as printed
        inner join marts.dim_indicator on printed."TT" = indicator_code
        """
    ).fetchone()
    assert found == (57, 57, 56)


def test_targets_have_their_operators(nq03: duckdb.DuckDBPyConnection) -> None:
    found = dict(
        nq03.execute(
            "select target_operator, count(*) from marts.dim_indicator_target group by 1"
        ).fetchall()
    )
    assert found == {">=": 19, ">": 2, "<=": 7, "=": 22, "between": 4, "text": 4}
