"""While a delivery waits the last good data stay, and the marts say so; a decision is taken in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest

from task_warehouse import building, holding
from tests.warehouse.conftest import FIXTURES, RUN
from tests.warehouse.rooms import Rooms

AT = datetime(2025, 10, 14, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Five sources: three tasks on the 13th, on the 14th an export of one task that is held."""
    rooms = Rooms()
    rooms.load_deliveries(FIXTURES / "held" / "deliveries.csv")
    rooms.load("tasks", FIXTURES / "held" / "tasks.csv")
    home = rooms.write(tmp_path_factory.mktemp("held"))
    for waiting in holding.held_deliveries(home):
        outcome = {"released": "release", "refused": "refuse"}.get(waiting.source)
        if outcome:
            holding.decide(home, waiting.delivery_id, outcome, note="đã hỏi", by="trực", at=AT)
    result = building.build(home, date(2025, 10, 15), RUN)
    with duckdb.connect(str(result.database), read_only=True) as connection:
        connection.execute("set search_path = 'marts'")
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()


@pytest.mark.parametrize(
    ("source", "titles"),
    [
        ("waits", ["Việc A", "Việc B", "Việc C"]),
        ("waits-again", ["Việc A", "Việc B", "Việc C"]),
        ("refused", ["Việc A", "Việc B", "Việc C"]),
        ("released", ["Việc A đã sửa"]),
        ("made-good", ["Việc A gửi lại", "Việc B gửi lại"]),
    ],
)
def test_only_what_is_decided_changes_or_closes_tasks(
    held: duckdb.DuckDBPyConnection, source: str, titles: list[str]
) -> None:
    found = rows(
        held,
        "select title from dim_task join fct_task_status using (task_key)"
        f" where dim_task.source = '{source}' order by 1",
    )
    assert [row[0] for row in found] == titles


def test_the_marts_say_that_the_last_good_data_stay(held: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        held,
        "select distinct source, source_as_of::varchar, is_source_held from fct_task_status"
        " order by 1",
    )
    assert found == [
        ("made-good", "2025-10-14", False),
        ("refused", "2025-10-13", False),
        ("released", "2025-10-14", False),
        ("waits", "2025-10-13", True),
        ("waits-again", "2025-10-13", True),
    ]


def test_reporting_shows_what_waits_since_when_and_how_many_rows(
    held: duckdb.DuckDBPyConnection,
) -> None:
    found = rows(
        held,
        "select source, status, verdict, held_deliveries, rows_received, rows_accepted,"
        " rows_rejected, rows_held, last_good_on::varchar, held_since is not null"
        " from mart_reporting where business_date >= '2025-10-14' and status != 'missing'"
        " order by source, business_date",
    )
    assert found == [
        ("made-good", "on_time", "accept", 1, 4, 2, 1, 1, "2025-10-14", True),
        ("refused", "refused", "refuse", 0, 2, 0, 2, 0, "2025-10-13", False),
        ("released", "on_time", "accept_with_warnings", 0, 2, 1, 1, 0, "2025-10-14", False),
        ("waits", "held", "hold", 1, 2, 0, 1, 1, "2025-10-13", True),
        ("waits-again", "held", "hold", 1, 2, 0, 1, 1, "2025-10-13", True),
        ("waits-again", "held", "hold", 1, 2, 0, 1, 1, "2025-10-13", True),
    ]


def test_the_ledger_is_a_table_that_balances(held: duckdb.DuckDBPyConnection) -> None:
    assert rows(
        held,
        "select verdict, decision, count(*), sum(rows_received)::int, sum(rows_accepted)::int,"
        " sum(rows_rejected)::int, sum(rows_held)::int from mart_ledger group by all order by all",
    ) == [
        ("accept", None, 6, 17, 17, 0, 0),
        ("accept_with_warnings", "release", 1, 2, 1, 1, 0),
        ("hold", None, 3, 6, 0, 3, 3),
        ("refuse", "refuse", 1, 2, 0, 2, 0),
    ]
    assert rows(held, "select rows_received, rows_held from mart_run") == [(27, 3)]


def test_who_was_refused_is_told_why(held: duckdb.DuckDBPyConnection) -> None:
    ((source, record, message),) = rows(
        held,
        "select source, record, message_vi from mart_reject"
        " where check_id = 'delivery.refused_by_person'",
    )
    assert (source, record) == ("refused", None)
    assert message.startswith("Lần gửi bị giữ lại để xem xét và đã bị từ chối.")
