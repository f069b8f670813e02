"""Who answers for a task: lists, collectives, dissolved bodies, words that name nobody."""

from __future__ import annotations

import duckdb
import pytest

LEADS = {
    "vpcp/T05": {
        ("G28", "lead", "VTV"),
        ("G27", "co_lead", "VOV"),
        ("G30", "co_lead", "TTXVN"),
        ("TT-DP", "co_lead", "các địa phương"),
    },
    "vpcp/T09": {
        ("G06", "lead", "Bộ Thông tin và Truyền thông"),
        ("G17", "co_lead", "Bộ Giao thông vận tải"),
        ("TT-DP", "co_lead", "các địa phương"),
    },
    "vpcp/T10": {("UNRESOLVED", "lead", "Địa phương được lựa chọn")},
    "vpcp/T15": {("G16", "lead", "Bộ Văn hóa, Thể thao và Du lịch")},
    "vpcp/T19": {("G01", "lead", "Bộ Công An")},
    "tinh-40/NA-1": {("16681", "lead", "UBND phường Thành Vinh")},
    "tinh-40/NA-2": {
        ("40", "lead", "UBND tỉnh Nghệ An"),
        ("UNRESOLVED", "co_lead", "Phòng Văn hóa - Xã hội"),
    },
}


@pytest.mark.parametrize("task_key", LEADS)
def test_lead_text_becomes_organisations(morning: duckdb.DuckDBPyConnection, task_key: str) -> None:
    found = morning.execute(
        "select organisation_code, role, names_used from marts.bridge_task_organisation "
        "where task_key = ? and role in ('lead', 'co_lead')",
        [task_key],
    ).fetchall()
    assert set(found) == LEADS[task_key]


def test_dissolved_body_is_named_beside_its_successor(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        "select lead_code, lead_named_code from marts.dim_task where task_key = 'vpcp/T09'"
    ).fetchone()
    assert found == ("G06", "G14")


def test_members_of_a_leading_collective_are_those_of_the_date(
    morning: duckdb.DuckDBPyConnection,
) -> None:
    found = morning.execute(
        """
        select count(*), count(*) filter (where kind = 'province')
        from marts.bridge_task_organisation
        inner join marts.dim_organisation using (organisation_code)
        where task_key = 'vpcp/T09' and role = 'member' and is_current
        """
    ).fetchone()
    assert found == (34, 34)


def test_organisations_of_the_date(morning: duckdb.DuckDBPyConnection) -> None:
    found = dict(
        morning.execute(
            "select kind, count(*) from marts.dim_organisation where is_current group by kind"
        ).fetchall()
    )
    assert (found["ministry"], found["agency"]) == (17, 5)
    assert (found["province"], found["commune"]) == (34, 3321)


def test_every_dissolved_body_has_one_that_answers_now(
    morning: duckdb.DuckDBPyConnection,
) -> None:
    found = morning.execute(
        """
        select old.organisation_code, old.name
        from marts.dim_organisation as old
        left join marts.dim_organisation as heir
            on old.current_code = heir.organisation_code and heir.is_current
        where heir.organisation_code is null
        """
    ).fetchall()
    assert found == []


def test_a_code_used_twice_keeps_both_names(morning: duckdb.DuckDBPyConnection) -> None:
    found = morning.execute(
        "select name, valid_from::varchar, current_code from marts.dim_organisation "
        "where organisation_code = '44' order by valid_from"
    ).fetchall()
    assert found == [
        ("Tỉnh Quảng Bình", "1900-01-01", "44"),
        ("Tỉnh Quảng Trị", "2025-07-01", "44"),
    ]
