"""What is served is what was published: rows, types, keys, relations, words."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_snapshots import AS_OF, make_snapshot

from task_warehouse.errors import BuildError
from task_warehouse.postgres import load_snapshot
from task_warehouse.snapshots import DATABASE_NAME, Manifest

if TYPE_CHECKING:
    from conftest import Database

HOSTILE = [
    "",
    " ",
    "NULL",
    "\\N",
    "\\.",
    "a\n\\.\nb",
    "line\r\nbreak\rand\ttab",
    "it's \"quoted\" 'twice''",
    "back\\slash\\\\ \\n \\x41",
    "a,b;c|d{e}[f](g)",
    "{}",
    '{"a",NULL}',
    "'; drop schema marts cascade; --",
    "$$ %s %(name)s {0} ${HOME}",
    "<script>alert(1)</script>",
    "👩🏽‍💻 🇻🇳 \U0010ffff",
    "\u202eđảo ngược\u202c \u200f\u0639\u0631\u0628\u064a",
    "Nguyễn Văn Ẩn",  # decomposed letters stay as they are
    "\x01\x1f\x7f\x85\ufeff\ufffe",
    "dài " * 20_000,
]
SPECIAL = """
create table marts.every_type (
    id bigint primary key, a_date date, a_moment timestamptz, a_number double, a_whole bigint,
    a_small integer, a_money decimal(18, 3), a_huge hugeint, a_flag boolean, a_text varchar,
    a_list varchar[], a_number_list bigint[], a_time timestamp
);
insert into marts.every_type values
(1, '2025-07-01', '2025-07-01 00:00:00.000001+07', 0.1, 9223372036854775807, -2147483648,
    -0.001, 170141183460469231731687303715884105727, true, '', [], [1, null],
    '2025-01-01 00:00:00'),
(2, '0001-01-01', '9999-12-31 23:59:59.999999+00', 1.7976931348623157e308, -9223372036854775808,
    0, 999999999999999.999, 0, false, null, null, null, null),
(3, '9999-12-31', '1900-01-01 00:00:00+07', 5e-324, 0, 1, 0, -1, null, 'x', [null, '', 'NULL'],
    [], null),
(4, null, null, 'inf', null, null, null, null, null, null, null, null, null),
(5, null, null, 'nan', null, null, null, null, null, null, null, null, null),
(6, null, null, 1.0000000000000002, null, null, null, null, null, null, null, null, null);
comment on table marts.every_type is 'One row per hazard.';
"""


def published_rows(snapshot: Path, table: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(snapshot / DATABASE_NAME), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        return connection.execute(f'select * from marts."{table}"').fetchall()


def in_order(rows: list[tuple[Any, ...]]) -> list[str]:
    return sorted(repr(tuple(_plain(value) for value in row)) for row in rows)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float) and math.isnan(value):
        return "nan"
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def served_rows(database: Database, table: str) -> list[tuple[object, ...]]:
    return database.rows(f'select * from marts."{table}"')


def test_every_table_is_equal_row_for_row(database: Database, tmp_path: Path) -> None:
    snapshot = make_snapshot(tmp_path, tasks=5_000, extra=SPECIAL)
    result = load_snapshot(snapshot, database.address)
    manifest = Manifest.read(snapshot)
    assert (result.outcome, result.tables) == ("loaded", len(manifest.tables))
    for table, entry in manifest.tables.items():
        served = served_rows(database, table)
        assert in_order(served) == in_order(published_rows(snapshot, table)), table
        assert len(served) == entry.rows


def test_types_are_real_types(database: Database, tmp_path: Path) -> None:
    load_snapshot(make_snapshot(tmp_path, extra=SPECIAL), database.address)
    found = database.rows(
        "select attname::text, format_type(atttypid, atttypmod) from pg_attribute "
        "where attrelid = 'marts.every_type'::regclass and attnum > 0 order by attnum"
    )
    assert found == [
        ("id", "bigint"),
        ("a_date", "date"),
        ("a_moment", "timestamp with time zone"),
        ("a_number", "double precision"),
        ("a_whole", "bigint"),
        ("a_small", "integer"),
        ("a_money", "numeric(18,3)"),
        ("a_huge", "numeric(39,0)"),
        ("a_flag", "boolean"),
        ("a_text", "text"),
        ("a_list", "text[]"),
        ("a_number_list", "bigint[]"),
        ("a_time", "timestamp without time zone"),
    ]


def test_a_type_without_a_counterpart_is_named(database: Database, tmp_path: Path) -> None:
    snapshot = make_snapshot(tmp_path, extra="create table marts.odd (part struct(a integer))")
    with pytest.raises(BuildError, match=r"STRUCT") as caught:
        load_snapshot(snapshot, database.address)
    assert caught.value.where == "marts.odd.part"
    assert database.value("select to_regnamespace('marts') is null")


def test_hostile_text_comes_through(database: Database, tmp_path: Path) -> None:
    snapshot = make_snapshot(tmp_path, extra=hostile_table(HOSTILE))
    load_snapshot(snapshot, database.address)
    assert in_order(served_rows(database, "hostile")) == in_order(
        [(n, text, [text, None, text]) for n, text in enumerate(HOSTILE)]
    )


def hostile_table(texts: list[str]) -> str:
    rows = ", ".join(
        "({}, {}, [{}, null, {}])".format(n, *(3 * ["'" + text.replace("'", "''") + "'"]))
        for n, text in enumerate(texts)
    )
    return (
        "create table marts.hostile (n integer primary key, text varchar, texts varchar[]); "
        f"insert into marts.hostile values {rows}"
    )


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
        min_size=1,
        max_size=200,
    )
)
def test_any_text_comes_through(
    database: Database, tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    load_snapshot(
        make_snapshot(folder, morning=int(folder.name[3:]), tasks=1, extra=hostile_table(texts)),
        database.address,
        keep=timedelta(0),
    )
    served = sorted(database.rows("select n, text, texts[3] from marts.hostile"))
    assert served == [(n, text, text) for n, text in enumerate(texts)]


def test_the_zero_character_does_not_stop_the_morning(database: Database, tmp_path: Path) -> None:
    extra = (
        "create table marts.zero as select 'a' || chr(0) || 'b' as text, ['c' || chr(0)] as texts"
    )
    load_snapshot(make_snapshot(tmp_path, extra=extra), database.address)
    assert served_rows(database, "zero") == [("a\ufffdb", ["c\ufffd"])]


def test_comments_are_copied(database: Database, tmp_path: Path) -> None:
    load_snapshot(make_snapshot(tmp_path), database.address)
    tables = dict(
        database.rows(
            "select relname::text, obj_description(oid) from pg_class "
            "where relnamespace = 'marts'::regnamespace and relkind in ('r', 'v')"
        )
    )
    assert tables["dim_task"] == "One row per task. Mỗi nhiệm vụ một dòng."
    assert tables["published_snapshot"]
    assert str(tables["source_organisation"]).startswith("Một dòng một nguồn")
    columns = "select col_description('marts.{}'::regclass, {})"
    assert database.value(columns.format("dim_task", 4)) == "Tên nhiệm vụ / Title"
    name = database.value(columns.format("dim_organisation", 4))
    assert name == "Tên cơ quan; 'gọi tắt' / Name"
    described = database.value("select obj_description('marts'::regnamespace)")
    assert "20/11/2026" in str(described)


def test_keys_and_relations_are_declared(database: Database, tmp_path: Path) -> None:
    load_snapshot(make_snapshot(tmp_path), database.address)
    found = {
        (table, kind): definition
        for table, kind, definition in database.rows(
            "select conrelid::regclass::text, contype, pg_get_constraintdef(oid) "
            "from pg_constraint where connamespace = 'marts'::regnamespace order by conname"
        )
    }
    assert found["marts.dim_task", "p"] == "PRIMARY KEY (task_key)"
    assert found["marts.fct_task_status", "f"] == (
        "FOREIGN KEY (task_key) REFERENCES marts.dim_task(task_key)"
    )
    assert found["marts.bridge_task_organisation", "f"].endswith("marts.dim_task(task_key)")
    assert found["marts.dim_task", "f"].endswith("marts.dim_document(document_code)")
    indexed = database.rows(
        "select indexdef from pg_indexes where schemaname = 'marts' "
        "and tablename = 'bridge_task_organisation' order by 1"
    )
    assert any("(organisation_code)" in str(row[0]) for row in indexed)
    required = database.value(
        "select attnotnull from pg_attribute where attrelid = 'marts.dim_task'::regclass "
        "and attname = 'title'"
    )
    assert required is True


def test_a_column_of_one_value_has_no_index(database: Database, tmp_path: Path) -> None:
    extra = """
    create table marts.one_day (as_of_date date, source varchar, lead_code varchar);
    insert into marts.one_day values ('2026-11-20', 'bo-g06', null), ('2026-11-20', 'bo-g09', null);
    """
    load_snapshot(make_snapshot(tmp_path, extra=extra), database.address)
    indexed = database.rows(
        "select indexdef from pg_indexes where schemaname = 'marts' and tablename = 'one_day'"
    )
    assert [str(row[0]).partition(" USING ")[2] for row in indexed] == ["btree (source)"]


def test_what_does_not_hold_is_noted_not_declared(database: Database, tmp_path: Path) -> None:
    extra = """
    create table marts.fct_task_event (task_key varchar not null, event varchar);
    insert into marts.fct_task_event values ('nowhere/1', 'assigned'), ('nq57/1', 'assigned');
    create table marts.long_key (code varchar primary key, organisation_code varchar);
    insert into marts.long_key
    select string_agg(md5((7 * n)::varchar), ''), string_agg(md5(n::varchar), '')
    from range(500) as each (n);
    """
    result = load_snapshot(make_snapshot(tmp_path, extra=extra), database.address)
    assert len(served_rows(database, "fct_task_event")) == 2
    assert len(served_rows(database, "long_key")) == 1
    assert sorted(result.notes) == [
        "fct_task_event.task_key: 1 rows point at no dim_task.task_key",
        "long_key: key (code) is too long for an index",
    ]


def test_the_imprint_says_which_snapshot_it_is(database: Database, tmp_path: Path) -> None:
    snapshot = make_snapshot(tmp_path)
    load_snapshot(snapshot, database.address)
    manifest = Manifest.read(snapshot)
    said = database.rows(
        "select snapshot_id, run_id, as_of_date, published_at, tables from marts.published_snapshot"
    )
    assert said == [
        (snapshot.name, "run-1", AS_OF, manifest.published_at, len(manifest.tables)),
    ]
    tables = {
        name: (rows, content) for name, rows, content in served_rows(database, "published_table")
    }
    assert tables == {n: (e.rows, e.content) for n, e in manifest.tables.items()}
