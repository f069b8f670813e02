"""Who reads what, with real logins, before and after a swap."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from made_snapshots import make_snapshot

from task_warehouse.postgres import load_snapshot

if TYPE_CHECKING:
    from conftest import Database

Login = Callable[..., str]
REFUSED = psycopg.errors.InsufficientPrivilege


@pytest.fixture(params=["first load", "after a swap"])
def served(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Database:
    """Row security must hold as well after the swap as before it."""
    load_snapshot(make_snapshot(tmp_path, morning=1), database.address)
    if request.param == "after a swap":
        load_snapshot(make_snapshot(tmp_path, morning=2), database.address)
    return database


def member(database: Database, login: Login, code: str) -> str:
    name = login("tw_organisation")
    with database.connect() as connection:
        connection.execute(
            "insert into task_warehouse.organisation_login values (%s, %s)", (name, code)
        )
    return name


def codes(
    database: Database, table: str, name: str, column: str = "organisation_code"
) -> set[object]:
    return {row[0] for row in database.rows(f"select {column} from marts.{table}", name)}


def test_group_roles_cannot_log_in(served: Database) -> None:
    roles = served.rows("select rolname::text, rolcanlogin from pg_roles where rolname like 'tw%'")
    assert sorted(roles) == [
        ("tw_engineer", False),
        ("tw_inspection", False),
        ("tw_leadership", False),
        ("tw_organisation", False),
    ]


def test_leadership_reads_all_marts_but_the_values_refused(served: Database, login: Login) -> None:
    name = login("tw_leadership")
    for (table,) in served.rows(
        "select relname::text from pg_class where relnamespace = 'marts'::regnamespace "
        "and relkind in ('r', 'v') "
        "and relname not in ('mart_reject', 'own_task', 'source_organisation')"
    ):
        every = served.value(f"select count(*) from marts.{table}")
        assert served.value(f"select count(*) from marts.{table}", name) == every, table
    assert served.rows("select reject_id, message_vi from marts.mart_reject order by 1", name) == [
        ("r1", "Ngày không có thật"),
        ("r2", "Không phải ngày"),
    ]
    for column in ("value", "raw", "*"):
        with pytest.raises(REFUSED):
            served.rows(f"select {column} from marts.mart_reject", name)
    with pytest.raises(REFUSED):
        served.rows("select * from task_warehouse.organisation_login", name)


def test_inspection_reads_all_tasks_and_findings(served: Database, login: Login) -> None:
    name = login("tw_inspection")
    for table in ("dim_task", "fct_task_status", "bridge_task_organisation", "mart_reporting"):
        every = served.value(f"select count(*) from marts.{table}")
        assert served.value(f"select count(*) from marts.{table}", name) == every
    assert len(served.rows("select * from marts.mart_reject_without_values", name)) == 2
    for refused in ("select value from marts.mart_reject", "select * from marts.fct_feedback"):
        with pytest.raises(REFUSED):
            served.rows(refused, name)


def test_engineers_read_everything_and_keep_the_mapping(served: Database, login: Login) -> None:
    name = login("tw_engineer")
    assert served.rows("select value, raw from marts.mart_reject where reject_id = 'r1'", name) == [
        ("31/02/2025", "1;31/02/2025")
    ]
    with served.connect(name) as connection:
        connection.execute("insert into task_warehouse.organisation_login values ('x', '01')")
        connection.execute("delete from task_warehouse.organisation_login where role_name = 'x'")
        with pytest.raises(REFUSED):
            connection.execute("delete from marts.dim_task")


def test_a_province_reads_itself_and_its_communes(served: Database, login: Login) -> None:
    name = member(served, login, "01")
    # 00004 is below it and 00001 was dissolved into that; 00100 has moved to another province
    assert codes(served, "mart_scorecard", name) == {"01", "00004"}
    assert codes(served, "fct_feedback", name) == {"01", "00004"}
    assert codes(served, "mart_reject", name) == {"01"}
    assert codes(served, "mart_reporting", name) == {"01"}
    assert codes(served, "mart_reconciliation", name, "source") == {"tinh-01"}
    assert served.rows("select reject_id from marts.mart_reject_without_values", name) == [("r1",)]
    # its own tasks, its commune's, and the one it exports that nobody known answers for
    for table in ("dim_task", "fct_task_status"):
        assert codes(served, table, name, "lead_code") == {"01", "00004", "UNRESOLVED"}
    own = served.value(
        "select count(*) from marts.dim_task "
        "where lead_code in ('01', '00004') or source_organisation_code = '01'"
    )
    assert served.value("select count(*) from marts.dim_task", name) == own
    for refused in (
        "select value from marts.mart_reject",
        "select * from marts.mart_run",
        "select * from task_warehouse.organisation_login",
    ):
        with pytest.raises(REFUSED):
            served.rows(refused, name)
    assert len(codes(served, "dim_organisation", name)) == 9


def test_a_commune_and_a_member_of_a_collective_read_their_own(
    served: Database, login: Login
) -> None:
    commune = member(served, login, "00004")
    assert codes(served, "mart_scorecard", commune) == {"00004"}
    moved = member(served, login, "79")
    assert codes(served, "mart_scorecard", moved) == {"79", "00100"}
    ministry = member(served, login, "G06")
    roles = served.rows(
        "select distinct organisation_code, role from marts.bridge_task_organisation "
        "where task_key in (select task_key from marts.dim_task where lead_code = 'TT-BN')",
        ministry,
    )
    assert set(roles) == {("TT-BN", "lead"), ("G06", "member")}


def test_an_organisation_without_a_code_reads_nothing(served: Database, login: Login) -> None:
    name = login("tw_organisation")
    for table in ("dim_task", "fct_task_status", "mart_scorecard", "mart_reject_without_values"):
        assert served.rows(f"select * from marts.{table}", name) == []


def test_the_code_may_be_mapped_to_a_group(served: Database, login: Login) -> None:
    group = member(served, login, "79")
    name = login(group)
    assert codes(served, "mart_scorecard", name) == {"79", "00100"}


def test_a_pooled_login_reads_as_the_role_it_takes_on(served: Database, login: Login) -> None:
    own = member(served, login, "01")
    pool = login()
    with served.connect() as connection:
        connection.execute(f"alter role {pool} noinherit")
        connection.execute(f"grant {own} to {pool}")
    with served.connect(pool) as connection:
        connection.execute(f"set role {own}")
        found = connection.execute("select organisation_code from marts.mart_scorecard").fetchall()
        assert set(found) == {("01",), ("00004",)}


def test_a_login_cannot_claim_to_be_another(served: Database, login: Login) -> None:
    own = member(served, login, "79")
    other = member(served, login, "01")
    with served.connect(own) as connection:
        for attempt in (
            f"set role {other}",
            f"select set_config('role', '{other}', false)",
            f"set session authorization {other}",
        ):
            with pytest.raises(REFUSED):
                connection.execute(attempt)
        # a function of its own, run beside the rows, is not shown the rows of others
        connection.execute(
            "create function pg_temp.spy(text) returns boolean language plpgsql cost 0.0001 "
            "as $$ begin raise notice '%', $1; return true; end $$"
        )
        heard: list[str] = []
        connection.add_notice_handler(lambda said: heard.append(said.message_primary or ""))
        connection.execute("select from marts.mart_scorecard where pg_temp.spy(organisation_code)")
        assert set(heard) == {"79", "00100"}
        own = {f"nq57/{n}" for n in range(200) if n % 7 in (2, 4)}
        for table in ("dim_task", "bridge_task_organisation", "own_task"):
            heard.clear()
            connection.execute(f"select from marts.{table} where pg_temp.spy(task_key)")
            assert set(heard) == own, table


def test_a_new_table_without_a_body_is_not_shown_to_organisations(
    database: Database, tmp_path: Path, login: Login
) -> None:
    extra = "create table marts.mart_everyone as select 1 as tasks"
    load_snapshot(make_snapshot(tmp_path, extra=extra), database.address)
    assert database.rows("select * from marts.mart_everyone", login("tw_leadership")) == [(1,)]
    for role in ("tw_organisation", "tw_inspection"):
        with pytest.raises(REFUSED):
            database.rows("select * from marts.mart_everyone", login(role))


def test_loading_again_keeps_the_mapping(served: Database, login: Login, tmp_path: Path) -> None:
    name = member(served, login, "01")
    load_snapshot(make_snapshot(tmp_path, morning=3), served.address)
    assert codes(served, "mart_scorecard", name) == {"01", "00004"}
